"""What falls of a plan when goods come back, or the shop gives a sum: open instalments first, then waived interest.

`shop.core.installments.reduction` computes it; every unit carries its share of the interest, so its amount is what the
whole debt falls by. What is neither open nor waived is money, and goes back by the payments. Number and due days of the
instalments stay. What leaves nothing of the order leaves nothing open, late interest included, and gives back all that
was paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from orders.fulfilment import holds
from orders.installments import bills, mails, plan_state
from orders.installments.placing import hold_source
from orders.models import Installment, InstallmentEvent, InstallmentPlan, Order, OrderHold
from shop.core.installments import reduction
from shop.core.installments.payoff import Position
from shop.core.money import ZERO
from shop.core.states import move

Kind = InstallmentEvent.Kind


@dataclass(frozen=True, slots=True)
class InstallmentFall:
    """How much of one instalment falls: of what is `open`, and of interest waived before."""

    installment: Installment
    falls: Decimal
    waiver: Decimal

    @property
    def open_after(self) -> Decimal:
        left: Decimal = self.installment.open_amount - self.falls
        return left


@dataclass(frozen=True, slots=True)
class Reduction:
    """How an amount that goes back of a plan's order is given back, in the plan's currency."""

    amount: Decimal
    rows: Sequence[InstallmentFall]
    money: Decimal

    @property
    def less(self) -> Decimal:
        """What of the amount is given by less to pay; `amount` = `less` + `money`."""
        return self.amount - self.money

    @property
    def open_before(self) -> Decimal:
        return sum((row.installment.open_amount for row in self.rows), ZERO)

    @property
    def open_after(self) -> Decimal:
        return sum((row.open_after for row in self.rows), ZERO)


def plan_of(order_id: UUID) -> InstallmentPlan | None:
    """Return the plan by which an order is paid; None: it is paid at once."""
    return InstallmentPlan.objects.select_related("order").filter(order_id=order_id).first()


def quote(plan: InstallmentPlan, amount: Decimal) -> Reduction:
    """Return how `amount` would be given back at this moment; no lock.

    Raises:
        ValueError: it is more than is owed and was paid.
    """
    rows = list(Installment.objects.filter(plan=plan).order_by("number"))
    return _reduction(rows, amount, plan.currency)


def reduce(plan: InstallmentPlan, amount: Decimal, *, cause: str, actor: str, reason: str = "") -> Reduction:
    """Let fall what falls when `amount` is given back; return how, with the money that is still to go back.

    `cause` names what gives it back (`reimbursement:<key>`). Called in a transaction, the plan locked
    (`plan_state.lock`). An order of which nothing was paid and nothing is left is cancelled with its plan.

    Raises:
        ValueError: it is more than is owed and was paid.
    """
    with transaction.atomic():
        found = quote(plan, amount)
        for row in found.rows:
            for kind, part in ((Kind.REDUCED, row.falls), (Kind.WAIVER_FALLEN, row.waiver)):
                if part > 0:
                    InstallmentEvent.objects.create(
                        installment=row.installment, kind=kind, amount=part, cause=cause, actor=actor[:150]
                    )
        if plan_state.follow(plan, actor=actor, reason=reason):
            _cancel_order(plan, actor=actor, reason=reason)
        bills.end_stale(plan, actor=actor)
        fallen = found.open_before - found.open_after
        if fallen and plan.order.email:
            mails.reduced(plan, fallen, cause=cause)
    return found


def _cancel_order(plan: InstallmentPlan, *, actor: str, reason: str) -> None:
    """End the order of a plan of which nothing was paid and nothing is left; `plan_state.lock` has locked it."""
    if plan.status != InstallmentPlan.Status.CANCELLED:
        return
    if plan.order.status == Order.Status.CONFIRMED:
        move(plan.order, Order.Status.CANCELLED, actor=actor, reason=reason)
    hold = OrderHold.objects.filter(source=hold_source(plan), status=OrderHold.Status.ACTIVE).first()
    if hold is not None:
        holds.release_hold(hold, actor=actor, reason=reason)


def _owed(row: Installment) -> Decimal:
    amount: Decimal = row.amount + row.late - row.reduced
    return amount


def _reduction(rows: Sequence[Installment], amount: Decimal, currency: str) -> Reduction:
    owed, paid = sum((_owed(row) for row in rows), ZERO), sum((row.paid for row in rows), ZERO)
    if not ZERO < amount <= owed:
        raise ValueError(f"{amount} of {owed} cannot be given back")
    if amount >= owed - sum((row.late for row in rows), ZERO):
        everything = [InstallmentFall(row, row.open_amount, row.waived) for row in rows]
        return Reduction(amount, everything, min(paid, amount))
    found = reduction.reduce([_position(row) for row in rows], amount, currency=currency)
    falls = [
        InstallmentFall(row, line.falls, line.waived_falls)
        for row, line in zip(rows, found.lines, strict=True)
    ]
    return Reduction(amount, falls, found.paid_back)


def _position(row: Installment) -> Position:
    """Return an instalment as it stands, late interest included: that falls like everything else that is open."""
    return Position(
        number=row.number,
        amount=row.amount + row.late,
        interest=row.interest,
        open=row.open_amount,
        reduced=row.reduced,
        waived=row.waived,
    )
