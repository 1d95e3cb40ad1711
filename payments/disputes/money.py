"""The money of disputes: what the bank took, and the refunds that continue or end when a dispute does.

That refunds wait while one runs is decided below, in `payments.refunds.blocking`.
"""

from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from payments import notices
from payments.models import Dispute, Payment, Refund
from payments.refunds import kept, refund_requests
from payments.refunds.refund_state import move_refund


def recount(payment: Payment, *, actor: str = "job:settle") -> Decimal:
    """Store what the lost disputes of a locked payment took, tell what it paid for, and return it.

    A bank takes back no more than is there: what was refunded before a dispute is not lost a second time. Where the
    provider speaks of a lost payment and names no dispute, all that was left of it is lost.
    """
    lost: Decimal | None = payment.disputes.filter(status=Dispute.Status.LOST).aggregate(sum=Sum("amount"))[
        "sum"
    ]
    left = max(payment.amount - payment.refunded_amount, Decimal("0.00"))
    if lost is None:
        lost = left if payment.status == Payment.Status.CHARGED_BACK else Decimal("0.00")
    lost = min(lost, left)
    if payment.charged_back_amount != lost:
        payment.charged_back_amount = lost
        payment.save(update_fields=["charged_back_amount", "updated_at"])
        _send_back_surplus(payment, kept.tell(payment.pk, actor=actor), actor=actor)
    return lost


def _send_back_surplus(payment: Payment, surplus: Decimal, *, actor: str) -> None:
    """Refund what the end of a dispute brought back and nobody owes any more (the buyer has paid it again since)."""
    amount = min(surplus, refund_requests.refundable(payment))
    if amount > 0:
        key = f"{notices.SURPLUS}:{payment.pk}:{payment.refunds.count()}"
        refund_requests.request(payment, amount, Refund.Origin.AUTOMATIC, notices.SURPLUS, key, actor=actor)


def resume(payment: Payment, *, actor: str) -> None:
    """Send the refunds that waited for a dispute which is over: every payment ends as an order or as a refund.

    Called in the settling transaction, the payment locked.
    """
    for refund in payment.refunds.select_for_update().order_by("created_at"):
        if refund.status == Refund.Status.REQUESTED:
            Refund.objects.filter(pk=refund.pk).update(next_try_at=timezone.now(), last_error="")
            refund_requests.wake(refund)
        elif _ended_in_vain(refund) and refund.amount <= refund_requests.refundable(payment):
            refund_requests.retry(refund, actor=actor)


def _ended_in_vain(refund: Refund) -> bool:
    return refund.status == Refund.Status.FAILED and refund.origin == Refund.Origin.AUTOMATIC


def drop(payment: Payment, *, actor: str) -> None:
    """End refunds that were never sent and for which the bank left no money, manual ones included.

    Called as `resume` is.
    """
    live = list(
        payment.refunds.select_for_update().exclude(status=Refund.Status.FAILED).order_by("-created_at")
    )
    taken = sum((refund.amount for refund in live), payment.charged_back_amount)
    for refund in live:
        if taken <= payment.amount:
            return
        unsent = refund.status == Refund.Status.REQUESTED and not refund.external_id
        if unsent or refund.status == Refund.Status.MANUAL:
            with transaction.atomic():
                move_refund(
                    refund,
                    Refund.Status.FAILED,
                    actor=actor,
                    reason="the bank took the money back in a dispute",
                    next_try_at=None,
                )
            taken -= refund.amount
