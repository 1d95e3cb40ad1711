"""Mails about bank transfers besides the instructions: a reminder, and "your money came, we look at it"."""

from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from payments import bank_account, notices
from payments.models import BankCredit, Payment, PaymentAttempt, TransferInstruction
from payments.transfers.books import address_of
from shop.core.due.locked import one_by_one


def remind_due(*, limit: int = 200) -> dict[str, int]:
    """Remind the buyers whose transfer ends soon and who did not say that they have paid; one transaction each."""
    due = TransferInstruction.objects.filter(remind_at__lte=Now()).order_by("remind_at")
    return dict(one_by_one(due, _remind, limit=limit))


def _remind(instruction: TransferInstruction) -> str:
    attempt = PaymentAttempt.objects.select_related("purchase").get(pk=instruction.attempt_id)
    until = attempt.voucher_until or instruction.valid_until
    is_waiting = attempt.status == PaymentAttempt.Status.PENDING and instruction.closed_at is None
    TransferInstruction.objects.filter(pk=instruction.pk).update(
        remind_at=None, **({"reminded_at": Now()} if is_waiting else {})
    )
    # A transfer whose units were kept for a short time only has a mail that says so; it is not long ago.
    if not is_waiting or until <= timezone.now() or not attempt.is_reserved_for_cash_voucher:
        return "passed over"
    notices.to_shopper(
        attempt.purchase,
        template="transfer_reminder",
        dedupe_key=f"transfer-reminder:{instruction.pk}",
        transfer=instruction,
        account=bank_account.rows(instruction.account),
        page_url=address_of(attempt),
        until=until,
    )
    return "reminded"


def tell_received(credit: BankCredit) -> None:
    """Write the buyer, once for each credit, that money came which people have to look at first.

    What fits has the order's confirmation instead; what goes back has the mails of refunds.
    """
    instruction = credit.booked_to
    payment = Payment.objects.filter(
        attempt_id=instruction.attempt_id, external_id=credit.payment_number
    ).first()
    if payment is None or payment.role != Payment.Role.MISMATCH:
        return
    notices.to_shopper(
        payment.purchase,
        template="transfer_received",
        dedupe_key=f"transfer-received:{credit.pk}",
        amount=payment.amount,
        currency=payment.currency,
        wanted=instruction.amount,
        status_url=f"{settings.SITE_URL}{reverse('payments:status', args=[instruction.attempt.token])}",
    )
