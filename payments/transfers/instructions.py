"""Bank transfers as their buyers meet them: the page, "I have paid", the mails."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import get_format

from payments import bank_account as account
from payments.models import PaymentAttempt, TransferInstruction
from shop.core import money
from shop.core.states import record

Status = PaymentAttempt.Status
# So long after the end people still look for money that was said to be on its way.
_LATELY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shown:
    """An instruction for its page. `until`: until when it counts; the units may be kept for less than it says."""

    instruction: TransferInstruction
    attempt: PaymentAttempt
    receipts: int

    @property
    def copied(self) -> list[account.Row]:
        """Return what is typed into the bank's form."""
        return [row for row in account.rows(self.instruction.account) if row.is_copied]

    @property
    def others(self) -> list[account.Row]:
        """Return what the bank shows before the money is sent, to be compared."""
        return [row for row in account.rows(self.instruction.account) if not row.is_copied]

    @property
    def plain_amount(self) -> str:
        """Return the amount as it is pasted into a bank's form: without thousands, with the language's decimal mark."""
        places = money.decimals(self.instruction.currency)
        text = f"{self.instruction.amount:.{places}f}"
        return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))

    @property
    def until(self) -> datetime:
        return self.attempt.voucher_until or self.instruction.valid_until

    @property
    def is_open(self) -> bool:
        """Say whether money is still waited for."""
        return self.attempt.is_live and not self.instruction.is_closed and self.until > timezone.now()


def of(attempt: PaymentAttempt) -> Shown | None:
    """Return what the page of an attempt shows; None: it has no instruction. Two queries."""
    found = TransferInstruction.objects.filter(attempt=attempt).first()
    return Shown(found, attempt, found.receipts.count()) if found else None


def claimed() -> QuerySet[TransferInstruction]:
    """Return the transfers that their buyers say to have made and nothing came for: waiting, or over for a week."""
    recent = Q(attempt__status=Status.EXPIRED, closed_at__gte=Now() - _LATELY)
    rows = TransferInstruction.objects.filter(claimed_at__isnull=False, credits=None)
    return rows.filter(Q(attempt__status__in=PaymentAttempt.LIVE) | recent)


def claim(instruction: TransferInstruction, *, actor: str) -> bool:
    """Note that the buyer says to have paid; False: noted before."""
    with transaction.atomic():
        mine = TransferInstruction.objects.filter(pk=instruction.pk, claimed_at=None)
        if not mine.update(claimed_at=Now(), remind_at=None, updated_at=Now()):
            return False
        record(instruction, "said to be paid", actor=actor)
    return True
