"""What keeps a refund from being sent: an open dispute of its payment.

It reads rows of disputes and imports nothing of `payments.disputes`, which is above it in the import order: the
end of a dispute sends refunds.
"""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from payments.models import Dispute, Payment, Refund

# A refund that waits for the end of a dispute is checked again after this, should no webhook announce the end.
PAUSE: Final = timedelta(hours=6)


class PaymentDisputed(Exception):
    """The payment is disputed, and its provider refunds nothing meanwhile. Trying again helps when that has ended."""

    def __init__(self, payment: Payment) -> None:
        super().__init__(
            f"{payment} is disputed: nothing goes back through the provider until that has ended"
        )
        self.payment = payment


def is_blocked(payment: Payment) -> bool:
    """Say whether an undecided dispute prevents refunds of a payment (docs/providers/stripe.md#refunds).

    A bank's inquiry does not, where the provider says so: refunding may be the answer to it.
    """
    running = list(payment.disputes.filter(status__in=Dispute.OPEN).values_list("is_refundable", flat=True))
    if not running:
        # Disputed, yet no dispute is known here so far.
        return payment.status == Payment.Status.DISPUTED
    return not all(running)


def put_off(refund: Refund) -> None:
    """Let a requested refund wait for the end of its payment's dispute; nothing was sent."""
    Refund.objects.filter(pk=refund.pk, status=Refund.Status.REQUESTED).update(
        next_try_at=timezone.now() + PAUSE,
        last_error="the payment is disputed: waits for the end of that",
        updated_at=timezone.now(),
    )
