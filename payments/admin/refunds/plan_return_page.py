"""Goods of an order paid in instalments come back, in two steps: choose, see what falls and what is money, confirm."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext

from orders.models import Installment, Order, Reimbursement
from orders.reimbursements.left import left_of
from orders.reimbursements.money import debt_of
from orders.returns import restocking
from payments.admin.refunds.back_form import REFUSED, BackForm, coming, refusal
from payments.refunds import plan_returns
from payments.refunds.plan_returns import Choice, PlanQuote
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import AnyAdmin, done, run_verb


class PlanReturnForm(BackForm):
    """`seen` is a digest of all that the preview showed."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def choice(self, *, everything: bool) -> Choice:
        """Return what was chosen; the form is valid."""
        data = self.cleaned_data
        return Choice(
            amount=data.get("amount"),
            units=self.units,
            shipping=data.get("shipping", False),
            places=self.places,
            sent=self.sent,
            is_everything=everything,
        )


def page(request: HttpRequest, model_admin: AnyAdmin, order: Order) -> HttpResponse:
    """Show the form or the preview, or do what was previewed: once per token, only if it still is as it was shown."""
    left = left_of(order)
    sent = request.POST if request.method == "POST" else None
    form = PlanReturnForm(sent, left=left, currency=order.currency, origins=restocking.origins(order))
    back = reverse("admin:payments_order", args=[order.pk])
    everything, step = bool(request.POST.get("everything")), request.POST.get("step")
    # What was not shown is not confirmed.
    if form.is_valid() and step == "confirm" and form.cleaned_data["seen"]:
        if _confirmed(request, form, order, everything=everything):
            return done(request, gettext("It is done: what falls has fallen, and money is on its way."), back)
        form.left = left = left_of(order)
    quote = None
    if form.is_bound and step != "edit" and not any(name in form.errors for name in form.fields):
        quote = _quote(form, order, everything=everything)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": gettext("Goods come back"),
        "order": order,
        "form": form,
        "back": back,
        "everything": everything,
        "quote": quote,
        "coming": coming(quote.returns if quote else []),
        "installments": list(Installment.objects.filter(plan__order=order).order_by("number")),
        "debt": debt_of(order.pk),
        "shipping_left": left.shipping,
        "other_charges": left.others,
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/payments/plan_return.html", context, status=status)


def _quote(form: PlanReturnForm, order: Order, *, everything: bool) -> PlanQuote | None:
    """Return the quote at this moment; None, with errors on the form, when there can be none."""
    has_shown = bool(form.errors)
    try:
        return plan_returns.quote(order, form.choice(everything=everything))
    except REFUSED as error:
        if not has_shown:
            form.add_error(*refusal(order.currency, error))
    return None


def _confirmed(request: HttpRequest, form: PlanReturnForm, order: Order, *, everything: bool) -> bool:
    """Do what was shown, once per token; return whether the form is finished."""

    def act(data: dict[str, Any]) -> Reimbursement:
        return plan_returns.give_back(
            order,
            form.choice(everything=everything),
            reason=data["reason"],
            dedupe_key=f"staff:{form.cleaned_data['token']}",
            expected=data["seen"],
            actor=actor(request),
        )

    tell = lambda error: refusal(order.currency, error)  # noqa: E731  (one pair of words for each kind)
    return run_verb(request, form=form, scope="goods-back", verb=act, refusals=dict.fromkeys(REFUSED, tell))
