"""What a payment of a bill books: instalments, the waived interest, and what the plan and its order become."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from orders.checkout import mails as checkout_mails
from orders.checkout.placement import CannotFulfil
from orders.fulfilment import holds, lateness
from orders.installments import bills, mails, plan_state
from orders.installments.money import cause_of
from orders.installments.placing import hold_source
from orders.models import (
    Installment,
    InstallmentBill,
    InstallmentEvent,
    InstallmentPlan,
    Order,
    OrderHold,
)
from orders.models.payables import Received
from shop.core.states import move, record

Kind = InstallmentEvent.Kind
Status = InstallmentBill.Status


class NotOwedAnyMore(CannotFulfil):
    """What the bill settles was settled otherwise: the money goes back. Nothing was changed."""

    def __init__(self, bill: InstallmentBill) -> None:
        super().__init__([])
        self.args = (f"{bill} is not owed any more",)


def book(bill: InstallmentBill, received: Received, *, actor: str) -> Order:
    """Book a payment of a bill, once, in the caller's transaction; return the plan's order.

    Of the bill's own amount each instalment gets what its line says, and its waived interest falls; late interest that
    was booked while it was being paid stays open. Where the bill was paid too late for that, or people accepted another
    amount, the money settles its instalments and then the others that are open, the first first; of those only what
    nobody would pay on that day is waived.
    Locks the order, the plan, then the bill.

    Raises:
        NotOwedAnyMore: less is open of one of its instalments than it was, or more came than is owed at all.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("book() belongs into the transaction which settles the payment")
    plan = plan_state.lock(bill.plan_id)
    fresh = InstallmentBill.objects.select_for_update(of=("self",), no_key=True).get(pk=bill.pk)
    if fresh.status == Status.PAID:
        return plan.order
    rows = list(plan.installments.order_by("number"))
    if plan.status == InstallmentPlan.Status.CANCELLED:
        raise NotOwedAnyMore(fresh)
    events = _events(plan, fresh, rows, received)
    cause = cause_of(received.payment_id)
    InstallmentEvent.objects.bulk_create(
        InstallmentEvent(
            installment=row, kind=kind, amount=amount, cause=cause, note=str(fresh.pk), actor=actor[:150]
        )
        for row, kind, amount in events
        if amount
    )
    move(fresh, Status.PAID, actor=actor, reason=received.transaction_id, paid_at=received.paid_at)
    was_awaiting = plan.status == InstallmentPlan.Status.AWAITING
    plan_state.follow(plan, actor=actor, reason=received.transaction_id)
    mails.paid(fresh)
    _release(plan, actor=actor)
    if was_awaiting and plan.status != InstallmentPlan.Status.AWAITING and plan.order.email:
        checkout_mails.confirm(plan.order)
    bills.end_stale(plan, actor=actor)
    return plan.order


def _events(
    plan: InstallmentPlan, bill: InstallmentBill, rows: Sequence[Installment], received: Received
) -> Iterable[tuple[Installment, str, Decimal]]:
    if not bills.is_covered(bill):
        raise NotOwedAnyMore(bill)
    lines = list(bill.lines.select_related("installment"))
    if received.amount == bill.amount and not _came_too_late(plan, bill, rows, received):
        return [
            *((line.installment, Kind.PAID, line.amount) for line in lines),
            *((line.installment, Kind.WAIVED, line.waived) for line in lines),
        ]
    chosen = {line.installment_id for line in lines}
    order = sorted(
        (row for row in rows if row.open_amount > 0), key=lambda row: (row.pk not in chosen, row.number)
    )
    if received.amount > sum(row.open_amount for row in order):
        raise NotOwedAnyMore(bill)
    filled = _filled(order, received.amount)
    return [*filled, *_waived(plan, rows, filled, received)]


def _filled(rows: Sequence[Installment], amount: Decimal) -> list[tuple[Installment, str, Decimal]]:
    found: list[tuple[Installment, str, Decimal]] = []
    for row in rows:
        part = min(row.open_amount, amount)
        if part > 0:
            found.append((row, Kind.PAID, part))
        amount -= part
    return found


def _waived(
    plan: InstallmentPlan,
    rows: Sequence[Installment],
    filled: Sequence[tuple[Installment, str, Decimal]],
    received: Received,
) -> list[tuple[Installment, str, Decimal]]:
    """Return what is waived where a payment of another amount was all that an instalment costs on its day.

    Without it interest would stay open that settling on that day does not cost, and that nobody could pay.
    """
    for row, _kind, part in filled:
        row.open_amount -= part  # In memory alone: the database adds up the events.
    touched = {row.number: row for row, _kind, _part in filled}
    costs = bills.payoff_on(plan, rows, timezone.localdate(received.paid_at), numbers=touched.keys())
    return [
        (row, Kind.WAIVED, line.waived)
        for line in costs.lines
        if (row := touched[line.number]) and not line.paid and not bills.late_open(row)
    ]


def _came_too_late(
    plan: InstallmentPlan, bill: InstallmentBill, rows: Sequence[Installment], received: Received
) -> bool:
    """Say whether a payment came after the bill's end, and settling costs more by the day on which it was made."""
    if received.paid_at <= bill.expires_at or not any(line.waived for line in bill.lines.all()):
        return False
    numbers = {line.installment.number for line in bill.lines.select_related("installment")}
    now = bills.payoff_on(plan, rows, timezone.localdate(received.paid_at), numbers=numbers)
    return now.total + sum(bills.late_open(row) for row in rows if row.number in numbers) > bill.amount


def _release(plan: InstallmentPlan, *, actor: str) -> None:
    """Let the order be sent once the first instalment is settled."""
    if plan.status == InstallmentPlan.Status.AWAITING:
        return
    hold = OrderHold.objects.filter(source=hold_source(plan), status=OrderHold.Status.ACTIVE).first()
    if hold is not None and holds.release_hold(hold, actor=actor, reason="first instalment paid"):
        lateness.promise_anew(plan.order, now=timezone.now())
        record(plan.order, "first instalment paid", actor=actor)
