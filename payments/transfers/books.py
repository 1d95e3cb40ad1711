"""The books that the gateway `transfer` asks in the place of a provider (`payments.gateways.transfer.ledger`).

The gateway stands below the models and may not name them; so these rows are given to it from here, at the start.
Locks: the instruction's row, where it is closed. Nothing here settles.
"""

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from payments import bank_account as account
from payments.gateways.transfer.ledger import Credited, Instructed, ListedCredit, NoAccount, keep_in
from payments.models import BankCredit, PaymentAttempt, TransferInstruction
from payments.transfers import codes
from shop.core.states import record

_PAGE: Final = 100
_TRIES: Final = 5


class Books:
    """The shop's rows as a `Ledger`."""

    def instruct(
        self, *, reference: str, amount: Decimal, currency: str, valid_until: datetime
    ) -> Instructed:
        """Write an attempt's instruction, or find it. Raises: NoAccount."""
        attempt = PaymentAttempt.objects.get(pk=UUID(hex=reference))
        found = TransferInstruction.objects.filter(attempt=attempt).first()
        return _read(found or _written(attempt, amount, currency, valid_until))

    def close(self, code: str) -> Instructed | None:
        """Close an instruction, once; a credit that is being assigned to it is waited for."""
        with transaction.atomic():
            row = _rows().select_for_update(of=("self",)).filter(code=code).first()
            if row is None:
                return None
            if row.closed_at is None:
                TransferInstruction.objects.filter(pk=row.pk).update(closed_at=Now(), remind_at=None)
                row.refresh_from_db(fields=["closed_at"])
                record(row, "closed", actor="shop")
        return _read(row)

    def read(self, *, reference: str = "", code: str = "") -> Instructed | None:
        """Return an instruction with its credits."""
        wanted = Q(code=code)
        if reference:
            try:
                wanted = Q(attempt_id=UUID(hex=reference))
            except ValueError:
                return None
        row = _rows().filter(wanted).first()
        return _read(row) if row else None

    def page(self, *, since: datetime, until: datetime, cursor: str) -> tuple[Sequence[ListedCredit], str]:
        """Return a hundred assigned credits after the place that the cursor names."""
        rows = BankCredit.objects.filter(noted_at__gte=since, noted_at__lt=until)
        if cursor:
            moment, _bar, key = cursor.partition("|")
            at = datetime.fromisoformat(moment)
            rows = rows.filter(Q(noted_at__gt=at) | Q(noted_at=at, pk__gt=UUID(key)))
        found = list(rows.select_related("instruction").order_by("noted_at", "pk")[: _PAGE + 1])
        listed = [
            ListedCredit(row.instruction.attempt_id.hex, _credit(row))
            for row in found[:_PAGE]
            if row.instruction
        ]
        if len(found) <= _PAGE:
            return listed, ""
        last = found[_PAGE - 1]
        return listed, f"{last.booked_at.isoformat()}|{last.pk}"


def address_of(attempt: PaymentAttempt) -> str:
    """Return the full address of the page that shows an attempt's instruction."""
    return f"{settings.SITE_URL}{reverse('payments:transfer', args=[attempt.token])}"


def _rows() -> QuerySet[TransferInstruction]:
    return TransferInstruction.objects.select_related("attempt")


def _written(
    attempt: PaymentAttempt, amount: Decimal, currency: str, valid_until: datetime
) -> TransferInstruction:
    """Write the instruction under a code that nobody has. Two calls at once write one."""
    shown = account.current()
    if shown is None:
        raise NoAccount
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                made = TransferInstruction.objects.create(
                    attempt=attempt,
                    code=codes.new(),
                    amount=amount,
                    currency=currency,
                    account=shown,
                    valid_until=valid_until,
                    remind_at=valid_until - settings.BANK_TRANSFER_REMIND
                    if settings.BANK_TRANSFER_REMIND
                    else None,
                )
                record(made, "instructed", actor="shop")
                return made
        except IntegrityError:
            if row := _rows().filter(attempt=attempt).first():
                return row
    raise RuntimeError("no free reference code was found")  # One in nine hundred million, five times.


def _read(row: TransferInstruction) -> Instructed:
    assigned = BankCredit.objects.filter(instruction=row).select_related("instruction").order_by("position")
    return Instructed(
        reference=row.attempt_id.hex,
        code=row.code,
        amount=row.amount,
        currency=row.currency,
        address=address_of(row.attempt),
        made_at=row.created_at,
        valid_until=row.valid_until,
        closed_at=row.closed_at,
        credits=[_credit(credit) for credit in assigned],
    )


def _credit(row: BankCredit) -> Credited:
    return Credited(row.payment_number, row.amount, row.currency, row.booked_at, paid_at(row))


def paid_at(row: BankCredit) -> datetime:
    """Return when an assigned credit was paid: at the latest at the end of the bank's day, and after it was asked for.

    Whoever transferred in time has paid in time, though people see it after a weekend.
    """
    ends = timezone.make_aware(datetime.combine(row.booked_on, time.max))
    return min(row.booked_at, max(ends, row.booked_to.created_at))


keep_in(Books())
