"""Purchases that wait for a bank transfer, and the money that comes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders import payables
from orders.models import CheckoutSession
from orders.tests.factories import make_session
from payments.checkout import attempts
from payments.models import BankCredit, PaymentAttempt, TransferInstruction
from payments.reconciliation import due_attempts
from payments.settlement import settle
from payments.transfers import crediting, settling

STAFF = "staff:ana@percha.test"


def waiting(session: CheckoutSession | None = None) -> TransferInstruction:
    """Return the instruction of a purchase whose buyer has seen the page."""
    session = session or make_session()
    attempt = attempts.start(payable=payables.of_purchase(session), gateway="transfer", actor="shopper")
    settle.settle(attempt_id=attempt.pk, actor="shopper")
    return TransferInstruction.objects.select_related("attempt__purchase").get(attempt=attempt)


def see(instruction: TransferInstruction, amount: Decimal | None = None, **more: Any) -> BankCredit:
    """Let a clerk confirm the money, by default all of it, and settle it."""
    credit = crediting.confirm(
        instruction,
        amount=instruction.amount if amount is None else amount,
        booked_on=more.pop("booked_on", date.today()),
        number=more.pop("number", f"COELSA-{BankCredit.objects.count()}"),
        actor=STAFF,
        **more,
    )
    settling.settle_credit(credit.pk)
    return credit


def attempt_of(instruction: TransferInstruction) -> PaymentAttempt:
    return PaymentAttempt.objects.get(pk=instruction.attempt_id)


def let_end(instruction: TransferInstruction) -> None:
    """Let the time of a transfer and its margin be over, and run the job that ends attempts."""
    past = timezone.now() - timedelta(hours=1)
    TransferInstruction.objects.filter(pk=instruction.pk).update(valid_until=past)
    PaymentAttempt.objects.filter(pk=instruction.attempt_id).update(
        voucher_until=past, expires_at=past, next_check_at=past
    )
    due_attempts.reconcile_due()


def guest(session: CheckoutSession) -> Client:
    return Client()


def page_of(instruction: TransferInstruction) -> str:
    return reverse("payments:transfer", args=[attempt_of(instruction).token])
