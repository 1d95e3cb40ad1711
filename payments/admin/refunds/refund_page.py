"""Refunding in two steps: choose units of the order or a sum, see the preview, confirm."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from inventory.ledger import MoreThanSold
from inventory.models import Location
from orders.admin.returns import more_than_sold, place_field
from orders.models import Reimbursement
from orders.reimbursements.left import OrderLeft, TooMany, for_sum, left_of
from orders.returns import restocking
from payments.models import Payment, Refund
from payments.refunds import quotes, refund_requests, reimbursing
from payments.refunds.blocking import PaymentDisputed
from payments.refunds.quotes import NothingChosen, Quote
from payments.unmatched import unmatched_payments
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, run_verb
from shop.core.money import display as money
from shop.core.money import fits
from shop.core.user_input.fields import MoneyField, WholeField

_ZERO = Decimal(0)


class RefundForm(VerbForm):
    """What goes back, and why: a sum, or units of the order's lines and its shipping.

    `seen` is what could still go back when the preview was shown.
    """

    reason = forms.CharField(
        label=_("reason"), max_length=200, help_text=_("Your colleagues read it in the order's story.")
    )
    amount = MoneyField(label=_("or a sum"), min_value=Decimal("0.01"), required=False)
    shipping = forms.BooleanField(label=_("shipping"), required=False)
    seen = MoneyField(widget=forms.HiddenInput, is_recorded=True, required=False)

    def __init__(
        self, *args: Any, left: OrderLeft | None, currency: str, origins: Mapping[UUID, UUID], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(MoneyField, self.fields["amount"]).use_currency(currency)
        self.left = left
        if left is None:  # No lines to choose from: the sum is no alternative to them.
            self.fields["amount"].label = _("amount")
        places = list(Location.objects.all()) if left else []
        for one in left.lines if left else []:
            if one.out:
                # Units that were not picked are in their bin: they come back there unless another place is chosen.
                origin = origins.get(one.line.variant_id or one.line.pk) if one.is_in_stock else None
                self.fields[f"place_{one.line.pk.hex}"] = place_field(
                    places, origin, none=gettext("no: they stay with the buyer"), required=False
                )
            self.fields[f"units_{one.line.pk.hex}"] = WholeField(
                min_value=0, max_value=one.line.quantity, required=False, label=one.line.sku
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the order's lines, each with its field's name, value and errors."""
        fields = [(one, self[f"units_{one.line.pk.hex}"]) for one in (self.left.lines if self.left else [])]
        return [
            {
                "line": one.line,
                "unit_price": one.unit_price,
                "back": one.back,
                "left": one.left,
                "name": field.html_name,
                "value": field.value() or "",
                "errors": field.errors,
                "place": self[f"place_{one.line.pk.hex}"] if one.out else None,
            }
            for one, field in fields
        ]

    @property
    def places(self) -> dict[UUID, UUID]:
        """Return where the units of a line come back to, of those that do."""
        lines = [one.line.pk for one in (self.left.lines if self.left else [])]
        chosen = {key: self.cleaned_data.get(f"place_{key.hex}") for key in lines}
        return {key: UUID(place) for key, place in chosen.items() if place}

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return what the preview sends along: everything that was chosen."""
        names = [name for name in self.fields if name not in {"seen", "token"}]
        return [(name, str(self[name].value() or "")) for name in names if self[name].value()]

    def quote(self, payment: Payment, *, everything: bool) -> Quote:
        """Return the quote for what was chosen, at this moment.

        Raises:
            NothingChosen, TooMany: see `refund_quotes.quote`.
        """
        if everything:
            return quotes.everything(payment, self.left, places=self.places)
        data = self.cleaned_data
        units = {
            one.line.pk: data.get(f"units_{one.line.pk.hex}") or 0
            for one in (self.left.lines if self.left else [])
        }
        return quotes.quote(
            payment,
            self.left,
            amount=data.get("amount"),
            units=units,
            shipping=data.get("shipping", False),
            places=self.places,
        )


def page(request: HttpRequest, model_admin: AnyAdmin, payment: Payment) -> HttpResponse:
    """Show the form or the preview, or refund: once per token, only if nothing else was refunded since the preview."""
    order = payment.order
    left = left_of(order) if order and payment.role == Payment.Role.ORDER else None
    # An unmatched payment has no lines to choose from: all of it goes back, unless somebody types another sum.
    rest = refund_requests.refundable(payment)
    initial = {"amount": rest} if payment.is_unmatched and fits(rest, payment.currency) else {}
    sent = request.POST if request.method == "POST" else None
    origins = restocking.origins(order) if order and left else {}
    form = RefundForm(sent, left=left, currency=payment.currency, origins=origins, initial=initial)
    back = of(payment)
    everything, step = bool(request.POST.get("everything")), request.POST.get("step")
    # What was not shown is not confirmed.
    if form.is_valid() and step == "confirm" and form.cleaned_data["seen"] is not None:
        if _confirmed(request, form, payment, everything=everything):
            return done(request, gettext("The refund is on its way; it appears below."), back)
        form.left = left = left_of(order) if order and left else None
        rest = refund_requests.refundable(payment)
    quote = None
    if form.is_bound and step != "edit" and not any(name in form.errors for name in form.fields):
        quote = _quote(form, payment, everything=everything)
    shows = quote is not None and quote.fits
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": gettext("Refund"),
        "payment": payment,
        "order": order,
        "form": form,
        "back": back,
        "everything": everything,
        "quote": quote if shows else None,
        "coming": _coming(quote),
        "remaining": rest,
        "siblings": _siblings(payment, rest),
        "shipping_left": left.shipping if left else _ZERO,
        "other_charges": left.others if left else [],
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/payments/refund.html", context, status=status)


def _coming(quote: Quote | None) -> list[dict[str, Any]]:
    """Return the units that would come back to stock, each with the name of its location."""
    if quote is None or not quote.returns:
        return []
    names = Location.objects.in_bulk([one.location_id for one in quote.returns])
    return [
        {"units": one.quantity, "line": one.line, "place": names[one.location_id]} for one in quote.returns
    ]


def _quote(form: RefundForm, payment: Payment, *, everything: bool) -> Quote | None:
    """Return the quote at this moment; None, with errors on the form, when there can be none."""
    has_shown = bool(form.errors)
    try:
        refund_requests.check_money(payment)
        quote = form.quote(payment, everything=everything)
    except (refund_requests.NoMoney, PaymentDisputed, NothingChosen, TooMany) as error:
        if not has_shown:
            form.add_error(*_refusal(payment, error))
        return None
    if not quote.fits and not has_shown:
        form.add_error(*_refusal(payment, refund_requests.OverRefund(quote.amount, quote.before)))
    return quote


def _confirmed(request: HttpRequest, form: RefundForm, payment: Payment, *, everything: bool) -> bool:
    """Request the refund, once per token; return whether the form is finished."""

    def ask(data: dict[str, Any]) -> Reimbursement | Refund:
        quote = form.quote(payment, everything=everything)
        key = f"staff:{form.cleaned_data['token']}"
        if payment.role == Payment.Role.ORDER and payment.order_id:
            return reimbursing.ask(
                payment,
                quote.lines or for_sum(quote.amount),
                reason=data["reason"],
                dedupe_key=key,
                expected=data["seen"],
                actor=actor(request),
                returns=quote.returns,
            )
        # It paid for nothing here, so nothing is owed for an order: the money goes back without a reimbursement.
        return refund_requests.request(
            payment,
            quote.amount,
            Refund.Origin.STAFF,
            data["reason"],
            key,
            actor=actor(request),
            expected=data["seen"],
        )

    kinds: tuple[type[Exception], ...] = (
        refund_requests.OverRefund,
        refund_requests.Meanwhile,
        refund_requests.LinesTaken,
        refund_requests.NoMoney,
        PaymentDisputed,
        NothingChosen,
        TooMany,
        MoreThanSold,
    )
    tell = lambda error: _refusal(payment, error)  # noqa: E731  (one pair of words for each kind)
    return run_verb(request, form=form, scope="refund", verb=ask, refusals=dict.fromkeys(kinds, tell))


def _refusal(payment: Payment, error: Exception) -> tuple[str | None, str]:
    """Return field and words for what cannot go back."""
    match error:
        case refund_requests.Meanwhile():
            return None, gettext(
                "Meanwhile another refund of this payment was asked for, or a dispute was decided. %s may go back now: "
                "look again before you confirm."
            ) % money(error.remaining, payment.currency)
        case refund_requests.OverRefund():
            return "amount", gettext("At most %s may still go back.") % money(
                error.remaining, payment.currency
            )
        case refund_requests.LinesTaken():
            return None, gettext("Some of these units have gone back by another refund meanwhile.")
        case MoreThanSold():
            return None, more_than_sold(error)
        case refund_requests.NoMoney():
            return None, gettext("This payment brought no money, so none can go back.")
        case PaymentDisputed():
            return None, gettext(
                "The buyer or their bank disputes this payment: nothing can go back until that has ended."
            )
        case TooMany():
            return f"units_{error.line.pk.hex}", ngettext(
                "At most %d unit may still go back.", "At most %d units may still go back.", error.left
            ) % error.left
    return None, gettext("Choose units or shipping, or type a sum: one of the two.")


def _siblings(payment: Payment, rest: Decimal) -> list[dict[str, Any]]:
    """Return the other payments of the same order, so that the right one is chosen."""
    if payment.order is None:
        return []
    others = list(
        payment.order.payments.exclude(role=Payment.Role.NONE)
        .order_by("created_at")
        .prefetch_related("refunds")
    )
    owed = refund_requests.owed_shares(payment.order.pk) if len(others) > 1 else {}
    return [
        {
            "payment": other,
            "left": rest if other.pk == payment.pk else quotes.remaining(other, owed),
            "is_this": other.pk == payment.pk,
        }
        for other in others
    ]


def of(payment: Payment) -> str:
    """Return the page to go to after the refund form: its order's payments, its unmatched payment, or itself."""
    if payment.is_unmatched:
        unmatched_payment = unmatched_payments.of(payment)
        return (
            reverse("admin:payments_straypayment_change", args=[unmatched_payment.pk])
            if unmatched_payment
            else _own(payment)
        )
    if payment.order_id:
        return reverse("admin:payments_order", args=[payment.order_id])
    return _own(payment)


def _own(payment: Payment) -> str:
    return reverse("admin:payments_payment_change", args=[payment.pk])
