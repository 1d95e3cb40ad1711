"""What buyers are owed back: written by orders in the transaction of what causes it, paid by payments.

The row must not be lost. `owe` enqueues the job that pays it by its key; should the message be lost, or the worker
die, the row stays due. Payments move its state as the money moves (`follow`). Nothing here imports payments.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from orders.models import Order, Reimbursement, ReimbursementLine
from shop.core.due.back_off import BackOff
from shop.core.due.leases import Lease
from shop.core.jobs import dispatch
from shop.core.money import ZERO
from shop.core.states import move, record

Status = Reimbursement.Status
Origin = Reimbursement.Origin

CLAIM: Final = Lease("next_try_at", timedelta(minutes=2), tries="tries")
# About a day; then it fails, and the staff is notified.
BACK_OFF: Final = BackOff.minutes(1, 5, 15, 60, 180, 360, 720, most_tries=8)


class MoreThanPaid(Exception):
    """The order has fewer units, or less money, left to go back. Trying again does not help."""


def owe(
    order: Order,
    lines: Sequence[ReimbursementLine],
    *,
    reason: str,
    dedupe_key: str,
    actor: str,
    origin: str = Origin.AUTOMATIC,
) -> Reimbursement:
    """Write what the buyer of an order is owed, the sum of `lines` (not saved yet); it is paid after commit.

    Locks the order (`NO KEY UPDATE`). The same `dedupe_key` again returns the one there is.

    Raises:
        MoreThanPaid: more would go back than was paid for a line, a unit, the shipping or the order.
        ValueError: there is nothing to pay.
    """
    amount = sum((line.amount for line in lines), ZERO)
    if amount <= 0:
        raise ValueError(f"a reimbursement of {amount}")
    with transaction.atomic():
        Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
        there = Reimbursement.objects.filter(dedupe_key=dedupe_key).first()
        if there:
            return there
        with _reported_as_too_much():
            owed = Reimbursement.objects.create(
                order=order,
                origin=origin,
                amount=amount,
                currency=order.currency,
                reason=reason[:200],
                dedupe_key=dedupe_key,
                next_try_at=timezone.now(),
            )
            for line in lines:
                line.reimbursement = owed
            ReimbursementLine.objects.bulk_create(lines)
        record(owed, "owed", actor=actor, reason=reason, to_state=owed.status)
        transaction.on_commit(partial(dispatch, "payments.tasks.pay_reimbursement", str(owed.pk)))
    return owed


@contextmanager
def _reported_as_too_much() -> Iterator[None]:
    """Raise `MoreThanPaid` where the database refuses what an order has no more of."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "percha: " not in str(error):
            raise
        raise MoreThanPaid(str(error)) from error


def due() -> "QuerySet[Reimbursement]":
    """Return what is owed and nobody has begun to pay, the longest waiting first."""
    return CLAIM.due(Reimbursement.objects.filter(status=Status.OWED))


def take(reimbursement_id: UUID | str) -> Reimbursement | None:
    """Claim one that is due for a while; None: it is not, or somebody has it."""
    if not CLAIM.take(Reimbursement.objects.filter(pk=reimbursement_id, status=Status.OWED), waits=True):
        return None
    return Reimbursement.objects.select_related("order").get(pk=reimbursement_id)


def lock(reimbursement: Reimbursement) -> Reimbursement:
    """Lock one for the rest of the transaction, after the payment that pays it; return it as it is now."""
    return Reimbursement.objects.select_for_update(of=("self",), no_key=True).get(pk=reimbursement.pk)


def put_off(owed: Reimbursement, error: str, *, actor: str) -> bool:
    """Record that one could not be paid, and plan the next try; True: it was the last one, and it has failed."""
    mine = CLAIM.mine(Reimbursement.objects.filter(status=Status.OWED), owed)
    pause = BACK_OFF.next(owed.tries)
    if pause is not None:
        CLAIM.put_off(mine, pause, last_error=error[:500])
        return False
    return mine.exists() and move(
        owed, Status.FAILED, actor=actor, reason=error, last_error=error[:500], next_try_at=None
    )


def begin(owed: Reimbursement, *, actor: str) -> bool:
    """Record that its payment begins, in the transaction that writes what pays it; False: another one was first."""
    return move(owed, Status.PAYING, actor=actor, next_try_at=None, last_error="")


def count_by_itself(row: Reimbursement) -> None:
    """Let a reimbursement's own lines go on counting: no refund's lines say what it gives back. It is locked."""
    Reimbursement.objects.filter(pk=row.pk).update(counts_itself=True)
    row.counts_itself = True


def follow(row: Reimbursement, *, promised: Decimal, paid: Decimal, actor: str) -> bool:
    """Move one to the state of its money; return whether it moved. Called below the lock of the payment that pays it.

    `promised` is what has not failed of what was to pay it, `paid` what has arrived; in its currency.
    """
    if paid >= row.amount:
        target = Status.PAID
    elif promised >= row.amount:
        target = Status.PAYING
    else:
        target = Status.FAILED
    if row.status in {target, Status.OWED}:
        return False
    return move(row, target, actor=actor, paid_at=timezone.now() if target == Status.PAID else None)
