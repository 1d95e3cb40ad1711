"""What cancelling would do, before it is confirmed: which units go back to stock, and what the buyer gets back, how.

What goes back is what was paid for these units, with their shares of discounts, fees and taxes
(`orders.pricing.refundable`); with the last units of an order of which nothing has left go its shipping and the other
charges. Never more than is left of what was paid: what was refunded before, and what a bank took, is not owed again.
What is confirmed is computed once more below the order's lock and compared (`cancelling.cancel`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _

from orders.fulfilment import holds, shipments
from orders.fulfilment.remaining import lines as remaining_lines
from orders.installments import reductions
from orders.installments.reductions import Reduction
from orders.models import (
    Cancellation,
    InstallmentPlan,
    Order,
    OrderHold,
    OrderLine,
    ReimbursementLine,
    Shipment,
)
from orders.reimbursements.left import OrderLeft, for_sum, for_units, left_of
from orders.reimbursements.money import money_left, within
from orders.shown import digest_of
from shop.core.money import ZERO

By = Cancellation.By


class Why(StrEnum):
    """Why nothing of an order can be cancelled."""

    ENDED = "ended"
    PACKED = "packed"
    LEFT = "left"
    DISPUTED = "disputed"


class CannotCancel(Exception):
    """Nothing of the order can be cancelled by this party. Trying again does not help."""

    def __init__(self, order: Order, why: Why) -> None:
        super().__init__(f"order {order} cannot be cancelled: {why}")
        self.why = why

    @property
    def words(self) -> str:
        """Return the sentence that says why, for the buyer and the staff alike."""
        match self.why:
            case Why.ENDED:
                return _("This order has ended: there is nothing left to cancel.")
            case Why.PACKED:
                return _(
                    "It is packed already, so it cannot be cancelled any more. Once it has arrived you can return it."
                )
            case Why.LEFT:
                return _("Everything has left already: what comes back is a return.")
        return _(
            "The payment is disputed: until that has ended the order cannot be cancelled here. Write to us."
        )


class WrongUnits(Exception):
    """More units of a line were chosen than can be cancelled, none of any, or a line of another order.

    `lines`: those of which too many were chosen; `line.unsent` units of each can be.
    """

    def __init__(self, lines: Sequence[OrderLine] = ()) -> None:
        super().__init__(", ".join(f"{line.unsent} × {line.sku} can be cancelled" for line in lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class LineQuote:
    """Units of a line that would be cancelled, what goes back for them, and how many were picked from their bins."""

    line: OrderLine
    units: int
    amount: Decimal
    picked: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What cancelling would do. Sums in the order's currency.

    `charges`: what goes back besides the lines (shipping, other charges, late interest). `back`: the lines of the
    reimbursement, not saved; empty: nothing is owed. `reduction`: how it is given back of an order in instalments.
    `shipments`: those being packed that would be cancelled. `is_whole`: the order ends with it.
    """

    order: Order
    lines: Sequence[LineQuote]
    back: Sequence[ReimbursementLine]
    is_whole: bool
    shipments: Sequence[Shipment] = ()
    plan: InstallmentPlan | None = None
    reduction: Reduction | None = None
    ends_plan: bool = False

    @property
    def units(self) -> int:
        return sum(one.units for one in self.lines)

    @property
    def amount(self) -> Decimal:
        """What the buyer gets back in all, in money and by instalments that fall."""
        return sum((line.amount for line in self.back), ZERO)

    @property
    def charges(self) -> Decimal:
        return self.amount - sum((one.amount for one in self.lines), ZERO)

    @property
    def money(self) -> Decimal:
        """What of it is money; the rest falls from what is still to be paid."""
        return self.reduction.money if self.reduction else self.amount

    @property
    def less(self) -> Decimal:
        return self.amount - self.money

    @property
    def picked(self) -> int:
        return sum(one.picked for one in self.lines)

    @property
    def seen(self) -> str:
        """Return a digest of all that is shown, and of how many units there were: what was done is not done again."""
        shown = [
            *sorted((str(one.line.pk), one.units, one.line.unsent, str(one.amount)) for one in self.lines),
            (str(self.amount), str(self.money), self.is_whole, self.ends_plan),
            *sorted(str(one.pk) for one in self.shipments),
        ]
        return digest_of(shown)


@dataclass(frozen=True, slots=True)
class _State:
    """An order as it stands: its lines with what may go back of each, its plan, what is left of its money."""

    order: Order
    left: OrderLeft
    plan: InstallmentPlan | None
    rest: Decimal
    lines: Mapping[UUID, OrderLine] = field(default_factory=dict)


def can_cancel(order: Order, *, by: str) -> bool:
    """Say whether something of an order can be cancelled by the buyer or the staff now (four queries at most)."""
    try:
        demand_allowed(order, list(remaining_lines().filter(order=order)), by=by)
    except CannotCancel:
        return False
    return True


def demand_allowed(order: Order, lines: Sequence[OrderLine], *, by: str) -> None:
    """Make sure that something of an order can be cancelled; `lines` are those of `remaining.lines`.

    The buyer can until units of it are packed, the staff until they have left. While its payment is disputed the buyer
    cannot, since the bank may give the money back as well; the staff can, and money that is owed waits for the
    dispute's end (`payments.refunds.blocking`).

    Raises:
        CannotCancel: with the reason.
    """
    if order.status != Order.Status.CONFIRMED:
        raise CannotCancel(order, Why.ENDED)
    if by == By.SHOPPER:
        if shipments.is_packed(order):
            raise CannotCancel(order, Why.PACKED)
        if any(hold.kind == OrderHold.Kind.DISPUTE for hold in holds.holds_of(order)):
            raise CannotCancel(order, Why.DISPUTED)
    if not any(line.unsent for line in lines):
        raise CannotCancel(order, Why.LEFT if any(line.sent for line in lines) else Why.ENDED)


def quote(order: Order, units: Mapping[UUID, int] | None = None, *, by: str) -> Quote:
    """Return what cancelling so many `units` of its lines would do at this moment; None: all that is in the house.

    A fixed number of queries; no lock.

    Raises:
        CannotCancel: nothing can be cancelled.
        WrongUnits: more of a line than can be, none at all, or a line of another order.
    """
    left = left_of(order)
    lines = {one.line.pk: one.line for one in left.lines}
    demand_allowed(order, list(lines.values()), by=by)
    chosen = _chosen(lines, units)
    plan = reductions.plan_of(order.pk)
    state = _State(order, left, plan, money_left(order), lines)
    is_whole = not any(line.sent or line.unsent != chosen.get(key, 0) for key, line in lines.items())
    back = _back(state, chosen, is_whole=is_whole)
    amount = sum((line.amount for line in back), ZERO)
    by_line = {line.order_line_id: line.amount for line in back if line.order_line_id}
    return Quote(
        order=order,
        lines=[
            LineQuote(line, chosen[key], by_line.get(key, ZERO), _picked(line, chosen[key]))
            for key, line in lines.items()
            if key in chosen
        ],
        back=back if amount else [],
        is_whole=is_whole,
        shipments=_shipments(order, lines, chosen, is_whole=is_whole),
        plan=plan,
        reduction=reductions.quote(plan, amount) if plan and amount else None,
        ends_plan=is_whole and _is_unpaid(plan),
    )


def _is_unpaid(plan: InstallmentPlan | None) -> bool:
    """Say whether nothing was paid of a plan: with its order it ends at once, and nobody is owed anything."""
    if plan is None or plan.status != InstallmentPlan.Status.AWAITING:
        return False
    return not plan.installments.filter(paid__gt=0).exists()


def _chosen(lines: Mapping[UUID, OrderLine], units: Mapping[UUID, int] | None) -> dict[UUID, int]:
    if units is None:
        return {key: line.unsent for key, line in lines.items() if line.unsent}
    wrong = [line for key, line in lines.items() if not 0 <= units.get(key, 0) <= line.unsent]
    chosen = {key: number for key, number in units.items() if number}
    if wrong or not chosen or set(units) - set(lines):
        raise WrongUnits(wrong)
    return chosen


def _picked(line: OrderLine, units: int) -> int:
    """Return how many of the cancelled units lie on a packing table: those in their bins are cancelled first."""
    taken = max(line.picked - line.sent, line.packed, 0)
    return max(taken - (line.unsent - units), 0)


def _back(state: _State, chosen: Mapping[UUID, int], *, is_whole: bool) -> list[ReimbursementLine]:
    """Return what goes back for the chosen units, with the shipping where nothing is left of the order."""
    found = for_units(state.left, chosen, shipping=is_whole)
    missing = state.rest - sum((line.amount for line in found), ZERO)
    if missing > 0 and is_whole and state.plan is not None:
        found += for_sum(missing)  # Late interest goes back, or falls, as well.
    # Sums were given before, or a bank took some: what is left goes back, the charges being the first to fall short.
    for line, amount in zip(found, within([line.amount for line in found], state.rest), strict=True):
        line.amount = amount
    return [line for line in found if line.amount or line.kind == ReimbursementLine.Kind.LINE]


def _shipments(
    order: Order, lines: Mapping[UUID, OrderLine], chosen: Mapping[UUID, int], *, is_whole: bool
) -> list[Shipment]:
    """Return the shipments being packed that have units which are cancelled; those in no shipment are cancelled first.

    Of the shipments those of which nothing is packed come first, then the youngest. With the whole order all of them
    end, also one whose units were put back in stock or refunded since it was prepared.
    """
    if is_whole:
        return list(order.shipments.filter(status=Shipment.Status.PENDING).prefetch_related("lines"))
    missing = {key: number - lines[key].left for key, number in chosen.items()}
    if not any(number > 0 for number in missing.values()):
        return []
    pending = order.shipments.filter(status=Shipment.Status.PENDING).prefetch_related("lines")
    found = []
    for shipment in sorted(pending, key=lambda one: (_is_begun(one), -one.ordinal)):
        if not any(missing.get(line.order_line_id, 0) > 0 for line in shipment.lines.all()):
            continue
        found.append(shipment)
        for line in shipment.lines.all():
            missing[line.order_line_id] = missing.get(line.order_line_id, 0) - line.quantity
    return found


def _is_begun(shipment: Shipment) -> bool:
    return shipment.packed_at is not None or any(line.packed for line in shipment.lines.all())
