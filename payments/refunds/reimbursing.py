"""Paying reimbursements: rows of orders become rows of refunds (or of another way, `payments.refunds.ways`).

A reimbursement is written by orders, in a transaction of theirs, and paid here in a second one: a worker that dies
between the two leaves it owed and due, one that dies before the provider is called leaves the refund due. The staff's
refund page writes both in one transaction, since what staff saw is checked below the payment's lock.

Not all money that goes back was owed for an order: what came late, twice, or too much bought nothing, and an unmatched
payment belongs to no order. Their refunds have no reimbursement (`payments.settlement.settle`, `adoption`); neither
have those made in a provider's panel, which nobody here decided, nor those of versions before this one: what they gave
back is counted by their own lines.
"""

import logging
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from orders.installments import reductions
from orders.models import Order, Reimbursement, ReimbursementLine
from orders.reimbursements import owing
from orders.reimbursements.left import check_sent, left_of
from orders.returns.restocking import UnitsBack, put_back
from payments import notices
from payments.models import Payment, Refund, RefundLine
from payments.refunds import refund_requests, refund_state
from payments.refunds.blocking import PaymentDisputed
from payments.refunds.refund_requests import LinesTaken, Meanwhile, NoMoney, OverRefund
from payments.refunds.ways import WAYS
from shop.core.due.fairness import run_each
from shop.core.money import display as money

log = logging.getLogger(__name__)


class NothingToPayWith(Exception):
    """No payment of the order, or no way of paying out, can pay it. Trying again may help later."""


def ask(
    payment: Payment,
    lines: Sequence[ReimbursementLine],
    *,
    reason: str,
    dedupe_key: str,
    expected: Decimal | None,
    actor: str,
    returns: Sequence[UnitsBack] = (),
) -> Reimbursement:
    """Have an order's payment pay back `lines` (not saved yet) by a person's decision; sent after commit.

    `expected` is what could still go back when somebody decided, `returns` what comes back to stock with it. One
    transaction: the payment is locked, then the order, with returns the levels of their variants. The same `dedupe_key`
    again returns the reimbursement there is.

    Raises:
        OverRefund, Meanwhile, LinesTaken, NoMoney, PaymentDisputed: see `refund_requests.request`.
        SentUnclear: units were sent, or came back, since somebody said how many of these had been sent.
        MoreThanSold: of the returns, some are back in stock already.
    """
    amount = sum((line.amount for line in lines), Decimal(0))
    with transaction.atomic():
        locked = Payment.objects.select_for_update().get(pk=payment.pk)
        there = Reimbursement.objects.filter(dedupe_key=dedupe_key).first()
        if there:
            return there
        if locked.order is None or reductions.plan_of(locked.order.pk):
            # Of an order paid in instalments the plan decides what falls and what is money (`plan_returns`).
            raise NothingToPayWith(str(payment))
        _demand_money(locked, amount, expected)
        order = _locked_order(locked.order.pk, lines)
        try:
            owed = owing.owe(
                order,
                lines,
                reason=reason,
                dedupe_key=dedupe_key,
                actor=actor,
                origin=Reimbursement.Origin.STAFF,
            )
        except owing.MoreThanPaid as error:
            raise LinesTaken(str(error)) from error
        if returns:
            put_back(order, returns, note=reason or "refund", actor=actor)
        pay_locked(owed, [locked], actor=actor)
    return owed


def _demand_money(payment: Payment, amount: Decimal, expected: Decimal | None) -> None:
    """Raise what `ask` says unless a payment, locked, has `amount` left, and as much as was `expected`."""
    refund_requests.check_money(payment)
    remaining = refund_requests.refundable(payment)
    if expected is not None and expected != remaining:
        raise Meanwhile(expected, remaining)
    if not Decimal(0) < amount <= remaining:
        raise OverRefund(amount, remaining)


def _locked_order(order_id: UUID, lines: Sequence[ReimbursementLine]) -> Order:
    """Lock an order, below which nothing leaves; return it. Raises: SentUnclear: see `ask`."""
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order_id)
    if any(line.kind == ReimbursementLine.Kind.LINE for line in lines):
        check_sent(left_of(order), lines)
    return order


def pay(reimbursement_id: UUID | str, *, actor: str = "job:reimbursements") -> str:
    """Pay one reimbursement that is due; return its state. Two workers at once pay once; twice in a row is harmless.

    One that cannot be paid is tried again later, and given up after a day; the staff is notified.
    """
    owed = owing.take(reimbursement_id)
    if owed is None:
        return "skipped"
    try:
        with transaction.atomic():
            # The payments first (docs/locking.md): settling may have locked one.
            pay_locked(owed, refund_requests.lock_paying(owed.order_id), actor=actor)
    except (NothingToPayWith, OverRefund, LinesTaken, NoMoney, PaymentDisputed) as error:
        log.warning("Reimbursement %s of order %s could not be paid: %s", owed.pk, owed.order, error)
        _put_off(owed, str(error), actor=actor)
    owed.refresh_from_db()
    return str(owed.status)


def pay_due(*, limit: int = 200, actor: str = "job:reimbursements") -> dict[str, int]:
    """Pay reimbursements that are due: those whose message was lost, and those put off."""
    refund_state.catch_up(limit=limit, actor=actor)
    keys = list(owing.due().values_list("pk", flat=True)[:limit])
    return dict(run_each(keys, lambda key: pay(key, actor=actor)))


def pay_locked(owed: Reimbursement, payments: Sequence[Payment], *, actor: str) -> None:
    """Write what pays a reimbursement, all of it or nothing; the payments are locked, the reimbursement will be.

    Of an order paid in instalments the order and its plan are locked after it.

    Raises:
        NothingToPayWith: no way pays all of it.
        OverRefund, LinesTaken, NoMoney, PaymentDisputed: see `refund_requests.request`.
    """
    row = owing.lock(owed)
    if row.status != Reimbursement.Status.OWED or not owing.begin(row, actor=actor):
        return
    left = row.amount
    for way in WAYS.values():
        if left > 0:
            left -= sum((part.amount for part in way.pay(row, payments, left, actor=actor)), Decimal(0))
    if left > 0:
        why = f"{left} of {row.amount} cannot be paid" if payments else f"order {row.order} has no payment"
        raise NothingToPayWith(why)
    units = row.lines.exclude(kind=ReimbursementLine.Kind.SUM)
    if units and not RefundLine.objects.filter(refund__reimbursement_part__reimbursement=row).exists():
        owing.count_by_itself(row)
    refund_state.follow(row, actor=actor)


def _put_off(owed: Reimbursement, error: str, *, actor: str) -> None:
    with transaction.atomic():
        has_failed = owing.put_off(owed, error, actor=actor)
        payment = refund_requests.paying(owed.order_id).first()
        if has_failed and payment is not None:
            detail = f"{money(owed.amount, owed.currency)}: {error}"
            notices.tell_staff(payment, "reimbursement-failed", detail, actor=actor, about=owed)


def refund_of(owed: Reimbursement) -> Refund | None:
    """Return the first refund that pays a reimbursement; None: none does (yet)."""
    return Refund.objects.filter(reimbursement_part__reimbursement=owed).order_by("created_at").first()
