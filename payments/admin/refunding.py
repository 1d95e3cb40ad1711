"""Sending money back in two steps: choose units of the order or a sum, look at what that means, confirm."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from payments import refund_quotes, refunds, strays
from payments.disputed_money import PaymentDisputed
from payments.models import Payment, Refund
from payments.refund_quotes import NothingChosen, OrderLeft, Quote, TooMany
from shop.core.backoffice import VerbForm, actor, done, run_verb
from shop.core.fields import MoneyField, WholeField
from shop.core.money import display as money
from shop.core.money import fits

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

    def __init__(self, *args: Any, left: OrderLeft | None, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(MoneyField, self.fields["amount"]).use_currency(currency)
        self.left = left
        if left is None:  # No lines to choose from: the sum is no alternative to them.
            self.fields["amount"].label = _("amount")
        for one in left.lines if left else []:
            self.fields[f"units_{one.line.pk.hex}"] = WholeField(
                min_value=0, max_value=one.line.quantity, required=False, label=one.line.sku
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the order's lines, each with its field's name, value and errors."""
        fields = [(one, self[f"units_{one.line.pk.hex}"]) for one in (self.left.lines if self.left else [])]
        return [
            {"line": one.line, "back": one.back, "left": one.left, "name": field.html_name,
             "value": field.value() or "", "errors": field.errors}
            for one, field in fields
        ]  # fmt: skip

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return what the preview sends along: everything that was chosen."""
        names = [name for name in self.fields if name not in {"seen", "token"}]
        return [(name, str(self[name].value() or "")) for name in names if self[name].value()]

    def quote(self, payment: Payment, *, everything: bool) -> Quote:
        """Return what was chosen, as it stands now.

        Raises:
            NothingChosen, TooMany: see `refund_quotes.quote`.
        """
        if everything:
            return _all_of(payment, self.left)
        data = self.cleaned_data
        units = {
            one.line.pk: data.get(f"units_{one.line.pk.hex}") or 0
            for one in (self.left.lines if self.left else [])
        }
        return refund_quotes.quote(
            payment, self.left, amount=data.get("amount"), units=units, shipping=data.get("shipping", False)
        )


def _all_of(payment: Payment, left: OrderLeft | None) -> Quote:
    """Quote all that is left of a payment: by line where that is the same sum."""
    sum_left = refunds.refundable(payment)
    if left:
        units = {one.line.pk: one.left for one in left.lines}
        try:
            by_line = refund_quotes.quote(payment, left, units=units, shipping=True)
        except NothingChosen:
            pass
        else:
            if by_line.amount == sum_left:
                return by_line
    return refund_quotes.quote(payment, None, amount=sum_left)


def page(request: HttpRequest, model_admin: Any, payment: Payment) -> HttpResponse:
    """Show the form, the preview, or do it: once per token, and only if nothing else went back since the preview."""
    order = payment.order
    left = refund_quotes.left_of(order) if order and payment.role == Payment.Role.ORDER else None
    # A stray has no lines to choose from: all of it goes back, unless somebody types another sum.
    rest = refunds.refundable(payment)
    initial = {"amount": rest} if payment.is_stray and fits(rest, payment.currency) else {}
    sent = request.POST if request.method == "POST" else None
    form = RefundForm(sent, left=left, currency=payment.currency, initial=initial)
    back = of(payment)
    everything, step = bool(request.POST.get("everything")), request.POST.get("step")
    # What nobody saw is not confirmed.
    if form.is_valid() and step == "confirm" and form.cleaned_data["seen"] is not None:
        if _confirmed(request, form, payment, everything=everything):
            return done(request, gettext("The refund is on its way; it appears below."), back)
        form.left = left = refund_quotes.left_of(order) if order and left else None
    quote = None
    if form.is_bound and step != "edit" and not any(name in form.errors for name in form.fields):
        quote = _quote(form, payment, everything=everything)
    shows = quote is not None and quote.fits
    context = {
        **model_admin.admin_site.each_context(request), "opts": model_admin.model._meta, "title": gettext("Refund"),
        "payment": payment, "order": order, "form": form, "back": back, "everything": everything,
        "quote": quote if shows else None, "remaining": refunds.refundable(payment),
        "siblings": _siblings(payment), "shipping_left": left.shipping if left else _ZERO,
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/payments/refund.html", context, status=status)


def _quote(form: RefundForm, payment: Payment, *, everything: bool) -> Quote | None:
    """Return the quote as things stand now; None, with words beside the form, when there can be none."""
    has_told = bool(form.errors)
    try:
        refunds.check_money(payment)
        quote = form.quote(payment, everything=everything)
    except (refunds.NoMoney, PaymentDisputed, NothingChosen, TooMany) as error:
        if not has_told:
            form.add_error(*_refusal(payment, error))
        return None
    if not quote.fits and not has_told:
        form.add_error(*_refusal(payment, refunds.OverRefund(quote.amount, quote.before)))
    return quote


def _confirmed(request: HttpRequest, form: RefundForm, payment: Payment, *, everything: bool) -> bool:
    """Ask for the refund, once per token; say whether the form is done with."""

    def ask(data: dict[str, Any]) -> Refund:
        quote = form.quote(payment, everything=everything)
        return refunds.request(
            payment, quote.amount, Refund.Origin.STAFF, data["reason"], f"staff:{form.cleaned_data['token']}",
            actor=actor(request), lines=quote.lines, expected=data["seen"],
        )  # fmt: skip

    kinds: tuple[type[Exception], ...] = (
        refunds.OverRefund, refunds.Meanwhile, refunds.LinesTaken, refunds.NoMoney, PaymentDisputed, NothingChosen,
        TooMany,
    )  # fmt: skip
    tell = lambda error: _refusal(payment, error)  # noqa: E731  (one pair of words for each kind)
    return run_verb(request, form=form, scope="refund", verb=ask, refusals=dict.fromkeys(kinds, tell))


def _refusal(payment: Payment, error: Exception) -> tuple[str | None, str]:
    """Return field and words for what cannot go back."""
    match error:
        case refunds.Meanwhile():
            return None, gettext(
                "Meanwhile another refund of this payment was asked for, or a dispute was decided. %s may go back now: "
                "look again before you confirm."
            ) % money(error.remaining, payment.currency)
        case refunds.OverRefund():
            return "amount", gettext("At most %s may still go back.") % money(
                error.remaining, payment.currency
            )
        case refunds.LinesTaken():
            return None, gettext("Some of these units have gone back by another refund meanwhile.")
        case refunds.NoMoney():
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


def _siblings(payment: Payment) -> list[dict[str, Any]]:
    """Return the payments of the same order that brought money, so that the right one is chosen."""
    if payment.order is None:
        return []
    others = (
        payment.order.payments.exclude(role=Payment.Role.NONE)
        .order_by("created_at")
        .prefetch_related("refunds")
    )
    return [
        {"payment": other, "left": refund_quotes.remaining(other), "is_this": other.pk == payment.pk}
        for other in others
    ]


def of(payment: Payment) -> str:
    """Return where a payment's refund form is left for: its order's payments, its stray, or itself."""
    if payment.is_stray:
        stray = strays.of(payment)
        return reverse("admin:payments_straypayment_change", args=[stray.pk]) if stray else _own(payment)
    if payment.order_id:
        return reverse("admin:payments_order", args=[payment.order_id])
    return _own(payment)


def _own(payment: Payment) -> str:
    return reverse("admin:payments_payment_change", args=[payment.pk])
