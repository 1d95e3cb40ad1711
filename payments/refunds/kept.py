"""What the shop has of a payment now, and telling it to what the payment paid for."""

from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from orders import payables
from payments.models import Payment, Refund
from shop.core.money import ZERO


def tell(payment_id: UUID, *, actor: str) -> Decimal:
    """Tell what a payment paid for how much of it is left; return what of that is owed to nobody.

    Called in the transaction in which that changed, with the payment locked. Repeating it changes nothing. What it paid
    for locks its own row (of instalments, the plan's).
    """
    payment = Payment.objects.select_related("payable").get(pk=payment_id)
    if payment.role != Payment.Role.ORDER or payment.payable is None:
        return ZERO
    live = payment.refunds.exclude(status=Refund.Status.FAILED).aggregate(sum=Sum("amount"))["sum"] or ZERO
    taken = payment.charged_back_amount
    return payables.kind_of(payment.payable).money_changed(
        payment.payable,
        payment_id=payment.pk,
        kept=max(payment.amount - live - taken, ZERO),
        charged_back=taken,
        actor=actor,
    )
