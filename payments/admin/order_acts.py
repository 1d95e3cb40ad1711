"""The acts of payments on an order's page: giving money back."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.admin.order_acts import Act, Facts, Rank, contribute
from payments.models import Payment


def _refundable(facts: Facts) -> list[Any]:
    """Return the payments of an order of which something is left, by the refunds that the page has read."""
    return [
        payment
        for payment in facts.payments
        if payment.role == Payment.Role.ORDER and payment.refunded_amount < payment.amount
    ]


def _address(facts: Facts) -> str:
    """Return the page of the one payment; of an order in instalments, or with several payments, its own."""
    if getattr(facts.order, "plan", None) is not None:
        return reverse("admin:payments_order_goods_back", args=[facts.order.pk])
    payments = _refundable(facts)
    if len(payments) == 1:
        return reverse("admin:payments_payment_refund", args=[payments[0].pk])
    return reverse("admin:payments_order", args=[facts.order.pk]) if payments else ""


contribute(
    Act(
        code="refund",
        label=_("Refund"),
        rank=Rank.REFUND,
        permissions=("payments.view_payment", "payments.add_refund"),
        makes_sense=lambda facts: facts.money.paid > facts.money.returned or bool(facts.money.due),
        address=_address,
    )
)
