"""Rows of refunds: requested, put back into the queue, settled by hand.

Nothing here calls a provider: `payments.refunds.sending` does, once the row is committed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from orders.reimbursements.left import owed_of
from orders.returns.restocking import UnitsBack, put_back
from payments.models import Payment, Refund, RefundLine
from payments.refunds import kept
from payments.refunds.blocking import PaymentDisputed, is_blocked
from payments.refunds.refund_state import move_refund
from shop.core.database.kept_queries import KeptQuery
from shop.core.jobs import dispatch
from shop.core.states import can_move, record


class OverRefund(Exception):
    """More would go back than came in. `remaining` is what may still be refunded; trying again does not help."""

    def __init__(self, wanted: Decimal, remaining: Decimal) -> None:
        super().__init__(f"{wanted} is more than the {remaining} that may still be refunded")
        self.remaining = remaining


class Meanwhile(Exception):
    """Another refund was requested since the amount was shown. `remaining` is what may go back now: reload."""

    def __init__(self, expected: Decimal, remaining: Decimal) -> None:
        super().__init__(f"{expected} could go back a moment ago, {remaining} can now")
        self.remaining = remaining


class LinesTaken(Exception):
    """Units of the order that would go back have gone back by another refund. Trying again does not help."""


class NoMoney(Exception):
    """The payment has brought no money, so none can go back."""


def request(
    payment: Payment,
    amount: Decimal,
    origin: str,
    reason: str,
    dedupe_key: str,
    *,
    actor: str,
    lines: Sequence[RefundLine] = (),
    returns: Sequence[UnitsBack] = (),
    expected: Decimal | None = None,
) -> Refund:
    """Ask for `amount` (major units, the payment's currency) to go back; it is sent after commit.

    `lines`, not saved yet, say which units of the order it is for; `returns` those that come back to stock, booked in
    the same transaction. `expected` is what could still go back when it was decided: if it is another sum by now,
    nothing is asked for. Locks the payment's row, with lines or returns the order's too, with returns then the levels
    of their variants. The same `dedupe_key` again returns the refund there is. The sum of refunds that have not failed
    never exceeds the payment; the database refuses it too (`refund_within_payment`).

    Raises:
        OverRefund: too much.
        Meanwhile: another sum than `expected` may go back.
        LinesTaken: the order has not as many units left.
        MoreThanSold: of the returns, some are back in stock already.
        NoMoney: the payment was never approved.
        PaymentDisputed: its bank or buyer disputes it. What goes back by itself waits for the end of that instead.
    """
    with transaction.atomic():
        locked = Payment.objects.select_for_update().get(pk=payment.pk)
        if there := Refund.objects.filter(dedupe_key=dedupe_key).first():
            return there
        check_money(locked, is_automatic=origin == Refund.Origin.AUTOMATIC)
        _check_amount(locked, amount, expected)
        refund = Refund.objects.create(
            payment=locked,
            amount=amount,
            currency=locked.currency,
            origin=origin,
            reason=reason[:200],
            dedupe_key=dedupe_key,
            next_try_at=timezone.now(),
        )
        _keep_lines(refund, lines)
        kept.tell(locked.pk, actor=actor)
        if returns and locked.order:
            put_back(locked.order, returns, note=reason or "refund", actor=actor)
        record(refund, "requested", actor=actor, reason=reason, to_state=refund.status)
        wake(refund)
    return refund


def check_money(payment: Payment, *, is_automatic: bool = False) -> None:
    """Make sure that a payment brought money, and that no dispute keeps it (what goes back by itself waits instead).

    Raises:
        NoMoney, PaymentDisputed: see `request`.
    """
    if payment.approved_at is None and payment.role in {Payment.Role.NONE, Payment.Role.UNMATCHED}:
        raise NoMoney(str(payment))
    if not is_automatic and is_blocked(payment):
        raise PaymentDisputed(payment)


def _check_amount(payment: Payment, amount: Decimal, expected: Decimal | None) -> None:
    """Make sure that so much of a locked payment may go back, and no other sum than was shown.

    Raises:
        Meanwhile, OverRefund: see `request`.
    """
    remaining = refundable(payment)
    if expected is not None and expected != remaining:
        raise Meanwhile(expected, remaining)
    if not Decimal(0) < amount <= remaining:
        raise OverRefund(amount, remaining)


def _keep_lines(refund: Refund, lines: Sequence[RefundLine]) -> None:
    """Write what a refund gives back; the sum must be the refund's own.

    Raises:
        LinesTaken: the order has not as many units (or not as much shipping) left.
    """
    if not lines:
        return
    if sum((line.amount for line in lines), Decimal(0)) != refund.amount:
        raise ValueError(f"the lines of a refund of {refund.amount} have another sum")
    for line in lines:
        line.refund = refund
    with _reported_as_taken():
        RefundLine.objects.bulk_create(lines)


@contextmanager
def _reported_as_taken() -> Iterator[None]:
    """Raise `LinesTaken` where the database refuses what an order has no more of."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "percha: " not in str(error):
            raise
        raise LinesTaken(str(error)) from error


def refundable(payment: Payment) -> Decimal:
    """Return how much of a payment may still go back: not what has, and not what it is to pay back already."""
    return max(_left(payment) - owed_by(payment), Decimal("0.00"))


def _live(payment_id: UUID) -> "QuerySet[Refund, tuple[Decimal]]":
    rows = Refund.objects.filter(payment_id=payment_id).exclude(status=Refund.Status.FAILED)
    return rows.order_by().values_list("amount")


_LIVE: Final = KeptQuery(_live, UUID)


def _left(payment: Payment) -> Decimal:
    """Return what is left of a payment after refunds that have not failed and what a bank took."""
    taken = sum((amount for (amount,) in _LIVE(payment.pk)), Decimal("0.00"))
    return max(payment.amount - payment.charged_back_amount - taken, Decimal("0.00"))


def owed_by(payment: Payment) -> Decimal:
    """Return what a payment is to pay back and of which there is no refund yet (`orders.reimbursements`)."""
    if payment.role != Payment.Role.ORDER or payment.order_id is None:
        return Decimal("0.00")
    return owed_shares(payment.order_id).get(payment.pk, Decimal("0.00"))


def owed_shares(order_id: UUID) -> dict[UUID, Decimal]:
    """Return which of an order's payments is to pay back how much of what its buyer is owed, the newest first.

    Two queries, one where nothing is owed; however many payments there are.
    """
    owed = owed_of(order_id)
    if not owed:
        return {}
    gone = Sum("refunds__amount", filter=~Q(refunds__status=Refund.Status.FAILED))
    shares = {}
    for payment in paying(order_id).annotate(gone=gone):
        left = payment.amount - payment.charged_back_amount - (payment.gone or Decimal("0.00"))
        shares[payment.pk] = min(max(left, Decimal("0.00")), owed)
        owed -= shares[payment.pk]
    return shares


def paying(order_id: UUID) -> "QuerySet[Payment]":
    """Return the payments that paid an order, the newest first: money goes back by them in this order."""
    return Payment.objects.filter(order_id=order_id, role=Payment.Role.ORDER).order_by("-created_at", "-pk")


def lock_paying(order_id: UUID) -> list[Payment]:
    """Lock all payments that paid an order, by primary key; return them as `paying` does."""
    rows = Payment.objects.select_for_update().filter(order_id=order_id, role=Payment.Role.ORDER)
    locked = list(rows.order_by("pk"))
    return sorted(locked, key=lambda payment: (payment.created_at, payment.pk), reverse=True)


def allocate(payments: Sequence[Payment], amount: Decimal) -> list[tuple[Payment, Decimal]]:
    """Return which of these payments pays back how much of `amount`: one alone if it can, else the first ones first.

    One that is disputed pays only what the others cannot.

    Raises:
        OverRefund: all together have less left.
    """
    left = [(payment, refundable(payment)) for payment in payments]
    left.sort(key=lambda one: is_blocked(one[0]))  # Stable: otherwise as they came.
    free = [one for one in left if not is_blocked(one[0])]
    for payment, rest in free:
        if rest >= amount:
            return [(payment, amount)]
    found, missing = [], amount
    for payment, rest in left:
        part = min(rest, missing)
        if part > 0:
            found.append((payment, part))
            missing -= part
    if missing:
        raise OverRefund(amount, amount - missing)
    return found


def retry(refund: Refund, *, actor: str) -> bool:
    """Put a failed refund back into the queue, at a person's request; return whether it was failed.

    Raises:
        LinesTaken: since it failed, other refunds have given back the sum or the units.
        OverRefund: since it failed, a bank has taken so much that the sum is not left.
    """
    if not can_move(refund, Refund.Status.REQUESTED):
        return False
    with transaction.atomic(), _reported_as_taken():
        payment = lock_payment(refund)
        left = refundable(payment)
        if payment.charged_back_amount and refund.amount > left:
            raise OverRefund(refund.amount, left)
        numbers = Refund.objects.values_list("external_id", "failed_ids").get(pk=refund.pk)
        # What failed has ended at the provider too: a new try is a new refund, so it takes a new key.
        moved = move_refund(
            refund,
            Refund.Status.REQUESTED,
            actor=actor,
            next_try_at=timezone.now(),
            attempts=0,
            key_try=refund.key_try + 1,
            external_id="",
            failed_ids=[*numbers[1], numbers[0]] if numbers[0] else numbers[1],
        )
        if moved:
            wake(refund)
    return moved


def settle_by_hand(refund: Refund, *, actor: str, note: str) -> bool:
    """Note that people have transferred the money of a manual refund."""
    with transaction.atomic():
        lock_payment(refund)
        return move_refund(
            refund, Refund.Status.SUCCEEDED, actor=actor, reason=note, succeeded_at=timezone.now()
        )


def lock_payment(refund: Refund) -> Payment:
    """Lock the payment before its refund, as settling does: the trigger of the refund's row asks for it too."""
    return Payment.objects.select_for_update().get(pk=refund.payment_id)


def wake(refund: Refund) -> None:
    """Enqueue the sending of a refund after commit."""
    transaction.on_commit(partial(dispatch, "payments.tasks.send_refund", str(refund.pk)))
