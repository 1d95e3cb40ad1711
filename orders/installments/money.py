"""A plan's instalments follow what is left of each payment that paid them.

Of a payment the instalments have what was paid by it, less what was given back and what a bank took:
Σ paid − refunded − reversed of the events with its cause. That is what the shop has kept of it. `follow` books the
difference, however many refunds, failures and decisions of banks came between two calls, and nothing when called again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from orders.installments import bills, plan_state
from orders.models import Installment, InstallmentEvent, InstallmentPlan
from shop.core.money import ZERO

Kind = InstallmentEvent.Kind
_OF_MONEY: Final = (Kind.PAID, Kind.REFUNDED, Kind.REVERSED, Kind.RESTORED)


def cause_of(payment_id: UUID) -> str:
    """Return the cause of the events that book a payment."""
    return f"payment:{payment_id}"


@dataclass(slots=True)
class _Booked:
    """What was booked of one payment: as it came (`first`), and by instalment what is left and what was given back.

    `refunded` and `reversed` are net: less what counts again since a refund failed, or the bank gave back.
    """

    first: Decimal = ZERO
    refunded: Decimal = ZERO
    reversed: Decimal = ZERO
    has: dict[UUID, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    given: dict[UUID, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @classmethod
    def of(cls, events: Iterable[InstallmentEvent]) -> "_Booked":
        """Add up the events of one payment, oldest first.

        Before anything went back, `paid` is the money as it came. Afterwards it is money that counts again: beside
        `restored` that of a refund that failed, otherwise what the bank gave back.
        """
        booked, restored, is_first = cls(), ZERO, True
        for event in events:
            key = event.installment_id
            if event.kind == Kind.PAID:
                booked.has[key] += event.amount
                if is_first:
                    booked.first += event.amount
                else:
                    booked.reversed -= event.amount
                continue
            is_first = False
            if event.kind == Kind.RESTORED:
                restored += event.amount
                booked.given[key] -= event.amount
            else:
                booked.has[key] -= event.amount
            if event.kind == Kind.REFUNDED:
                booked.refunded += event.amount
                booked.given[key] += event.amount
            elif event.kind == Kind.REVERSED:
                booked.reversed += event.amount
        booked.refunded -= restored
        booked.reversed += restored  # Of a refund that failed the money was paid again, too.
        return booked


def follow(plan_id: UUID, *, payment_id: UUID, kept: Decimal, charged_back: Decimal, actor: str) -> Decimal:
    """Book what changed of a payment on the instalments that it paid; return what counts again and nobody owes.

    `kept` is the payment's amount less refunds that have not failed and less `charged_back`. What was refunded is not
    owed any more; what a bank took is owed again. A refund that failed, and money that a bank gave back, count again;
    where the buyer has paid that again meanwhile the rest is returned, and has to go back.

    Called in the transaction in which the payment changed, below its lock. Locks the plan.
    """
    with transaction.atomic():
        plan = plan_state.lock(plan_id)
        rows = {row.pk: row for row in Installment.objects.filter(plan=plan).order_by("number")}
        events = InstallmentEvent.objects.filter(
            installment__in=rows, cause=cause_of(payment_id), kind__in=_OF_MONEY
        )
        booked = _Booked.of(events.order_by("created_at", "id"))
        refunded = min(max(booked.first - kept - charged_back, ZERO), booked.first)
        reversed_ = min(charged_back, booked.first - refunded)
        given, came_back = refunded - booked.refunded, booked.reversed - reversed_
        if given > 0 and came_back > 0:
            # What the bank gave back found no open instalment and went back to the buyer: neither is booked.
            both = min(given, came_back)
            given, came_back = given - both, came_back - both
        book = _Book(plan, rows, booked, cause_of(payment_id), actor)
        book.count_again(-given)
        surplus = book.pay_again(came_back)
        book.take(Kind.REFUNDED, given)
        book.take(Kind.REVERSED, -came_back)
        if book.is_written:
            plan_state.follow(plan, actor=actor)
            bills.end_stale(plan, actor=actor)
    return surplus


@dataclass(slots=True)
class _Book:
    """Writes the events of one payment; `booked.has`, `booked.given` and the rows' `open_amount` follow in memory."""

    plan: InstallmentPlan
    rows: dict[UUID, Installment]
    booked: _Booked
    cause: str
    actor: str
    is_written: bool = False

    def take(self, kind: str, amount: Decimal) -> None:
        """Take money from the instalments that the payment paid, the last ones first; below zero: none."""
        for row in reversed(self.rows.values()):
            part = min(amount, self.booked.has[row.pk])
            if part > 0:
                self._write(row, kind, part)
                self.booked.has[row.pk] -= part
                amount -= part
                row.open_amount += part if kind == Kind.REVERSED else ZERO

    def count_again(self, amount: Decimal) -> None:
        """Undo that money was given back: it is owed and paid again, the first instalments first; below zero: none."""
        for row in self.rows.values():
            part = min(amount, self.booked.given[row.pk])
            if part > 0:
                self._write(row, Kind.RESTORED, part)
                self._write(row, Kind.PAID, part)
                self.booked.given[row.pk] -= part
                self.booked.has[row.pk] += part
                amount -= part

    def pay_again(self, amount: Decimal) -> Decimal:
        """Pay open instalments with what the bank gave back, those that it had paid first; return what is left."""
        mine = [row for row in self.rows.values() if row.pk in self.booked.has]
        others = [row for row in self.rows.values() if row.pk not in self.booked.has]
        for row in [*mine, *others]:
            part = min(amount, row.open_amount)
            if part > 0:
                self._write(row, Kind.PAID, part)
                self.booked.has[row.pk] += part
                row.open_amount -= part
                amount -= part
        return max(amount, ZERO)

    def _write(self, row: Installment, kind: str, amount: Decimal) -> None:
        InstallmentEvent.objects.create(
            installment=row, kind=kind, amount=amount, cause=self.cause, actor=self.actor[:150]
        )
        self.is_written = True
