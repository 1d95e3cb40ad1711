"""Refunding in two steps: choose units of the order or a sum, see the preview, confirm."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext

from orders.models import Reimbursement
from orders.reimbursements.left import SentUnclear, TooMany, for_sum, left_of
from orders.returns import restocking
from payments.admin.refunds.back_form import REFUSED, BackForm, coming, refusal
from payments.models import Payment, Refund
from payments.refunds import quotes, refund_requests, reimbursing
from payments.refunds.blocking import PaymentDisputed
from payments.refunds.quotes import NothingChosen, Quote
from payments.unmatched import unmatched_payments
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import AnyAdmin, done, run_verb
from shop.core.money import fits
from shop.core.user_input.fields import MoneyField

_ZERO = Decimal(0)


class RefundForm(BackForm):
    """`seen` is what could still go back when the preview was shown."""

    seen = MoneyField(widget=forms.HiddenInput, is_recorded=True, required=False)

    def quote(self, payment: Payment, *, everything: bool) -> Quote:
        """Return the quote for what was chosen, at this moment.

        Raises:
            NothingChosen, TooMany, SentUnclear: see `refund_quotes.quote`.
        """
        if everything:
            return quotes.everything(payment, self.left, places=self.places)
        data = self.cleaned_data
        return quotes.quote(
            payment,
            self.left,
            amount=data.get("amount"),
            units=self.units,
            shipping=data.get("shipping", False),
            places=self.places,
            sent=self.sent,
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
        "coming": coming(quote.returns if quote else []),
        "remaining": rest,
        "siblings": _siblings(payment, rest),
        "shipping_left": left.shipping if left else _ZERO,
        "other_charges": left.others if left else [],
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/payments/refund.html", context, status=status)


def _quote(form: RefundForm, payment: Payment, *, everything: bool) -> Quote | None:
    """Return the quote at this moment; None, with errors on the form, when there can be none."""
    has_shown = bool(form.errors)
    try:
        refund_requests.check_money(payment)
        quote = form.quote(payment, everything=everything)
    except (refund_requests.NoMoney, PaymentDisputed, NothingChosen, TooMany, SentUnclear) as error:
        if not has_shown:
            form.add_error(*refusal(payment.currency, error))
        return None
    if not quote.fits and not has_shown:
        form.add_error(*refusal(payment.currency, refund_requests.OverRefund(quote.amount, quote.before)))
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

    tell = lambda error: refusal(payment.currency, error)  # noqa: E731  (one pair of words for each kind)
    return run_verb(request, form=form, scope="refund", verb=ask, refusals=dict.fromkeys(REFUSED, tell))


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
