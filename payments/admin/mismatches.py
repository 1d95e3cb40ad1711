"""Payments under review: what was offered, what the purchase is now, and the decision to sell or to refund."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders import payables
from payments import provider_requests
from payments.admin.refunds.refund_page import of
from payments.masking import masked_text
from payments.models import Payment
from payments.refunds import refund_requests
from payments.refunds.blocking import PaymentDisputed
from payments.settlement import settle
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, run_verb
from shop.core.models import Event
from shop.core.money import display as money


class DecisionForm(VerbForm):
    """Sell or refund. `seen` is the digest of what the page showed (`settle.sight`)."""

    choice = forms.ChoiceField(
        choices=[("accept", _("sell")), ("return", _("send back"))], widget=forms.HiddenInput
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)


@dataclass(frozen=True, slots=True)
class MismatchRow:
    """One line of the comparison; words and sums as they were and as they are now, "" for not there."""

    name: str
    offered: str
    now: str

    @property
    def is_changed(self) -> bool:
        return self.offered != self.now


def _changed(_error: Exception) -> tuple[None, str]:
    return None, gettext("The purchase has changed since this page was shown. Look at it again, then decide.")


def _disputed(_error: Exception) -> tuple[None, str]:
    return None, gettext(
        "The buyer or their bank disputes this payment: nothing can go back until that has ended."
    )


def _decide(request: HttpRequest, form: DecisionForm, payment: Payment) -> bool:
    return run_verb(
        request,
        form=form,
        scope="decide",
        verb=lambda data: settle.resolve(
            payment, actor=actor(request), accept=data["choice"] == "accept", seen=data["seen"]
        ),
        refusals={settle.PurchaseChanged: _changed, PaymentDisputed: _disputed},
    )


def page(request: HttpRequest, model_admin: AnyAdmin, payment: Payment) -> HttpResponse:
    """Show what would be sold beside what was offered, and do what is decided, once."""
    attempt = payment.attempt
    if attempt is None:  # An unmatched payment buys nothing: there is no purchase to decide about.
        raise Http404
    kind = payables.kind_of(attempt.payable)
    bill, order = kind.bill(attempt.payable), kind.order(attempt.payable)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _decide(request, form, payment):
        payment.refresh_from_db()
        return done(request, _outcome(payment, form.cleaned_data["choice"]), of(payment))
    now = provider_requests.snapshot(bill)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": gettext("Decide about this payment"),
        "payment": payment,
        "order": order,
        "form": form,
        "token": form["token"].value(),
        "seen": settle.sight(payment, bill),
        "back": of(payment),
        "is_open": payment.role == Payment.Role.MISMATCH,
        "rows": _rows(attempt.offer, now),
        "was_kept": bool(attempt.offer),
        "reason": _why(payment),
        **_sums(payment, now),
    }
    return TemplateResponse(
        request, "admin/payments/decide.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _rows(offered: dict[str, Any], now: dict[str, Any]) -> list[MismatchRow]:
    """Compare both purchases line by line, then what was added or deducted, shipping and total."""
    before, after = _lines(offered), _lines(now)
    names = {
        **{sku: name for sku, (name, _words) in after.items()},
        **{sku: name for sku, (name, _w) in before.items()},
    }
    rows = [
        MismatchRow(name, before.get(sku, ("", ""))[1], after.get(sku, ("", ""))[1])
        for sku, name in names.items()
    ]
    return [
        *rows,
        *_charges(offered, now),
        MismatchRow(gettext("Shipping"), _shipping(offered), _shipping(now)),
        MismatchRow(gettext("Total"), _sum(offered, "total"), _sum(now, "total")),
    ]


def _lines(purchase: dict[str, Any]) -> dict[str, tuple[str, str]]:
    currency = purchase.get("currency", "")
    found: dict[str, tuple[str, str]] = {}
    for line in purchase.get("lines", []):
        words = f"{line['quantity']} × {money(Decimal(line['unit_price']), currency)}"
        found[line["sku"]] = (f"{line['name']} · {line['sku']}", words)
    return found


def _charges(offered: dict[str, Any], now: dict[str, Any]) -> list[MismatchRow]:
    """Compare the adjustments besides the shipping, by their names."""
    before, after = ({one["name"]: one for one in which.get("charges", [])} for which in (offered, now))

    def words(purchase: dict[str, Any], charge: dict[str, Any] | None) -> str:
        return money(Decimal(charge["amount"]), purchase["currency"]) if charge else ""

    return [
        MismatchRow(name, words(offered, before.get(name)), words(now, after.get(name)))
        for name in after | before
    ]


def _shipping(purchase: dict[str, Any]) -> str:
    return " · ".join(part for part in (purchase.get("shipping_name"), _sum(purchase, "shipping")) if part)


def _sum(purchase: dict[str, Any], name: str) -> str:
    return money(Decimal(purchase[name]), purchase["currency"]) if name in purchase else ""


def _sums(payment: Payment, now: dict[str, Any]) -> dict[str, Any]:
    """Return the difference between what was paid and what the purchase costs now, where the currency is the same."""
    total = Decimal(now["total"])
    same = payment.currency == now["currency"]
    difference = payment.amount - total
    return {
        "paid": money(payment.amount, payment.currency),
        "left": money(refund_requests.refundable(payment), payment.currency),
        "has_left": bool(refund_requests.refundable(payment)),
        "total_now": money(total, now["currency"]),
        "other_currency": not same,
        "too_much": money(difference, payment.currency) if same and difference > 0 else "",
        "too_little": money(-difference, payment.currency) if same and difference < 0 else "",
    }


def _why(payment: Payment) -> str:
    """Return the recorded reason why the payment was put under review."""
    under_review = Event.objects.filter(
        subject_type=payment._meta.label_lower,
        subject_id=payment.pk,
        field="role",
        to_state=Payment.Role.MISMATCH,
    )
    return masked_text(under_review.order_by("-occurred_at").values_list("reason", flat=True).first() or "")


def _outcome(payment: Payment, choice: str) -> str:
    if payment.role == Payment.Role.ORDER and payment.order:
        return gettext("Order %s was made of it.") % payment.order
    if choice == "accept":
        return gettext(
            "It could not be sold: the stock is gone, or the purchase has an order. The money goes back."
        )
    return gettext("The money goes back to the buyer.")
