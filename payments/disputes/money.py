"""What disputes do to money: refunds wait while one runs, go on when it is won, and end when the bank took the sum."""

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from payments.models import Dispute, Payment, Refund
from shop.core.states import move

log = logging.getLogger(__name__)

# A refund that waits for the end of a dispute is looked at again after this, should nobody tell the end.
PAUSE: Final = timedelta(hours=6)


class PaymentDisputed(Exception):
    """The payment is disputed, and its provider refunds nothing meanwhile. Trying again helps when that has ended."""

    def __init__(self, payment: Payment) -> None:
        super().__init__(
            f"{payment} is disputed: nothing goes back through the provider until that has ended"
        )
        self.payment = payment


def is_blocked(payment: Payment) -> bool:
    """Say whether an undecided dispute keeps a payment's money (docs/providers/stripe.md#refunds).

    A bank's mere question does not, where the provider says so: refunding may be the answer to it.
    """
    running = list(payment.disputes.filter(status__in=Dispute.OPEN).values_list("is_refundable", flat=True))
    if not running:
        # Disputed, yet no dispute is known here so far.
        return payment.status == Payment.Status.DISPUTED
    return not all(running)


def recount(payment: Payment) -> Decimal:
    """Write down what the lost disputes of a locked payment took, and return it.

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
    return lost


def put_off(refund: Refund) -> None:
    """Let a requested refund wait for the end of its payment's dispute; nothing was sent."""
    Refund.objects.filter(pk=refund.pk, status=Refund.Status.REQUESTED).update(
        next_try_at=timezone.now() + PAUSE,
        last_error="the payment is disputed: waits for the end of that",
        updated_at=timezone.now(),
    )


def resume(payment: Payment, *, actor: str) -> None:
    """Send the refunds that waited for a dispute which is over: every payment ends as an order or as a refund.

    Called in the settling transaction, the payment locked.
    """
    from payments.refunds import refund_requests

    for refund in payment.refunds.select_for_update().order_by("created_at"):
        if refund.status == Refund.Status.REQUESTED:
            Refund.objects.filter(pk=refund.pk).update(next_try_at=timezone.now(), last_error="")
            refund_requests.wake(refund)
        elif _ended_in_vain(refund) and refund.amount <= refund_requests.refundable(payment):
            refund_requests.retry(refund, actor=actor)


def _ended_in_vain(refund: Refund) -> bool:
    return refund.status == Refund.Status.FAILED and refund.origin == Refund.Origin.AUTOMATIC


def drop(payment: Payment, *, actor: str) -> None:
    """End refunds that were never sent and for which the bank left no money; what waits for a transfer by hand, too.

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
                move(
                    refund,
                    Refund.Status.FAILED,
                    actor=actor,
                    reason="the bank took the money back in a dispute",
                    next_try_at=None,
                )
            taken -= refund.amount
