"""Money that came to the shop's account is assigned to a bank transfer: by a clerk who saw it, or from a statement.

A credit is assigned once. Which payment of the attempt it is (the first, the second) is decided under the
instruction's lock; what follows from it is decided by settling, as for every provider (`payments.settlement.settle`).
Locks: the instruction, then the credits, by primary key.
"""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from payments import bank_account as account
from payments.models import BankCredit, TransferInstruction
from payments.transfers import codes
from shop.core.jobs import dispatch
from shop.core.states import IllegalTransition, move, record

Source, Status = BankCredit.Source, BankCredit.Status
# A clerk looks at the bank a day or two before the statement has it, or after.
NEAR_DAYS: Final = 3


class CreditedBefore(Exception):
    """Money was assigned to this bank transfer already: is this another payment? `credit` is the last one."""

    def __init__(self, credit: BankCredit) -> None:
        super().__init__(str(credit))
        self.credit = credit


class NumberTaken(Exception):
    """The bank's number was typed for another credit (`credit`): the same money cannot count twice."""

    def __init__(self, credit: BankCredit) -> None:
        super().__init__(credit.number)
        self.credit = credit


def confirm(
    instruction: TransferInstruction,
    *,
    amount: Decimal,
    booked_on: date,
    number: str,
    actor: str,
    is_another: bool = False,
) -> BankCredit:
    """Note that a clerk has seen the money of a bank transfer at the bank; return its credit.

    A statement's line that is waiting and certainly this money (amount and reference) is taken instead of a new one.
    `is_another`: there was a payment before, and this is one more.

    Raises:
        CreditedBefore: there was a payment before.
        NumberTaken: see there.
    """
    try:
        with transaction.atomic():
            locked = lock(instruction)
            if (line := _line_of(locked, amount)) is not None:
                return _book(line, locked, actor=actor)
            if (last := last_credit(locked)) is not None and not is_another:
                raise CreditedBefore(last)
            return _created(locked, amount, booked_on, number, actor=actor)
    except IntegrityError:
        # Only the bank's number can be taken: the position is counted under the instruction's lock.
        other = BankCredit.objects.filter(
            source=Source.STAFF, bank=account.own_bank(), number=number
        ).select_related("instruction")
        if taken := other.first():
            raise NumberTaken(taken) from None
        raise


def assign(
    credit: BankCredit, instruction: TransferInstruction, *, actor: str, is_another: bool = False
) -> BankCredit:
    """Assign a statement's line to a bank transfer, also a closed one; return the credit that counts.

    The line of what a clerk has confirmed with the same amount confirms that, and adds nothing (unless `is_another`).

    Raises:
        CreditedBefore: there was another payment before.
        IllegalTransition: the line was decided about meanwhile.
    """
    with transaction.atomic():
        locked = lock(instruction)
        row = BankCredit.objects.select_for_update().get(pk=credit.pk)
        if row.status != Status.OPEN:
            raise IllegalTransition(row, row.status, Status.BOOKED)
        if not is_another:
            if (known := confirmed_by_hand(locked, row.amount)) is not None:
                return link(row, known, actor=actor)
            if (last := last_credit(locked)) is not None:
                raise CreditedBefore(last)
        return _book(row, locked, actor=actor)


def set_aside(credit: BankCredit, *, note: str, actor: str) -> bool:
    """Note that a credit is no sale of the shop; False: somebody decided otherwise first."""
    return move(credit, Status.OTHER, actor=actor, reason=note, note=note[:300])


def reopen(credit: BankCredit, *, actor: str) -> bool:
    """Look at a credit again that was noted as no sale; False: somebody did so first."""
    return move(credit, Status.OPEN, actor=actor)


def lock(instruction: TransferInstruction) -> TransferInstruction:
    """Lock an instruction's row for the rest of the transaction."""
    rows = TransferInstruction.objects.select_for_update(of=("self",)).select_related("attempt")
    return rows.get(pk=instruction.pk)


def last_credit(instruction: TransferInstruction) -> BankCredit | None:
    """Return the last credit that was assigned to an instruction."""
    return instruction.credits.order_by("-position").first()


def link(line: BankCredit, known: BankCredit, *, actor: str) -> BankCredit:
    """Note that a statement's line is the money that a clerk has confirmed before; return that. Both are locked."""
    move(line, Status.CONFIRMS, actor=actor, reason=known.payment_number, confirms=known)
    return known


def next_position(instruction: TransferInstruction) -> int:
    """Return the number of an instruction's next payment. It is locked."""
    last: int | None = instruction.credits.aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def _line_of(instruction: TransferInstruction, amount: Decimal) -> BankCredit | None:
    """Return the locked line of a statement that waits and is certainly an instruction's money."""
    waiting = BankCredit.objects.select_for_update().filter(
        status=Status.OPEN, source=Source.STATEMENT, amount=amount, currency=instruction.currency
    )
    fits = (row for row in waiting.order_by("pk") if instruction.code in codes.within(row.reference))
    return next(fits, None)


def confirmed_by_hand(instruction: TransferInstruction, amount: Decimal) -> BankCredit | None:
    """Return the credit of this amount that a clerk confirmed and no statement has shown yet.

    Under the instruction's lock nobody else can link it.
    """
    rows = instruction.credits.filter(source=Source.STAFF, amount=amount)
    return rows.filter(confirmed_by=None).order_by("pk").first()


def _created(
    instruction: TransferInstruction, amount: Decimal, booked_on: date, number: str, *, actor: str
) -> BankCredit:
    credit = BankCredit.objects.create(
        source=Source.STAFF,
        status=Status.BOOKED,
        bank=account.own_bank(),
        booked_on=booked_on,
        amount=amount,
        currency=instruction.currency,
        reference=instruction.code,
        number=number[:100],
        instruction=instruction,
        position=next_position(instruction),
        noted_at=timezone.now(),
        settle_at=timezone.now(),
        actor=actor[:150],
    )
    record(credit, "confirmed by hand", actor=actor, reason=number, to_state=credit.status)
    wake(credit)
    return credit


def _book(line: BankCredit, instruction: TransferInstruction, *, actor: str) -> BankCredit:
    """Assign a locked line to a locked instruction."""
    moved = move(
        line,
        Status.BOOKED,
        actor=actor,
        reason=instruction.code,
        trail=instruction.trail,
        instruction=instruction,
        position=next_position(instruction),
        noted_at=timezone.now(),
        settle_at=Now(),
    )
    if moved:
        wake(line)
    return line


def wake(credit: BankCredit) -> None:
    """Enqueue the settling of a credit after commit."""
    transaction.on_commit(partial(dispatch, "payments.tasks.settle_credit", str(credit.pk)))
