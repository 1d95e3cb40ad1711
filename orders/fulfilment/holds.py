"""Whether an order may be sent: it is paid, its money is still here, units of it are left, it has no active hold."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from orders.fulfilment import remaining
from orders.models import MoneyState, Order, OrderHold, OrderLine, Shipment
from shop.core.database.kept_queries import KeptQuery
from shop.core.database.read_ahead import of
from shop.core.states import move, record


def is_held(order: str = "pk") -> Exists:
    """Return whether an order has an active hold, for an `annotate` or a `filter`; `order` names its column."""
    return Exists(OrderHold.objects.filter(order=OuterRef(order), status=OrderHold.Status.ACTIVE))


# One sub-query however many orders are listed.
IS_HELD = is_held()


class HeldBack(Exception):
    """The order must not be sent. `holds` say why; trying again helps once they are released."""

    def __init__(self, order: Order, holds: list[OrderHold]) -> None:
        super().__init__(f"order {order} is held: " + "; ".join(hold.reason for hold in holds))
        self.holds = holds


class NothingToSend(Exception):
    """Nothing of the order is sent (any more): its money has gone (`state`), it has ended, or no unit is left.

    Trying again helps only when a refund turns out to have failed.
    """

    def __init__(self, order: Order, state: MoneyState) -> None:
        super().__init__(f"nothing of order {order} is to be sent: {order.status}, {state}")
        self.state = state


class UnitsGone(Exception):
    """Units of a shipment are not to be sent any more: they were refunded, or are back in stock. `lines` say of which.

    Cancel the shipment and prepare what is left.
    """

    def __init__(self, order: Order, lines: list[OrderLine]) -> None:
        super().__init__(f"order {order}: " + ", ".join(f"{line.unsent} × {line.sku} left" for line in lines))
        self.lines = lines


def has_units_left() -> GreaterThan:
    """Return whether a unit of an order is left to send and in no shipment, for an `annotate`.

    One sub-query however many are listed. A sum and no EXISTS: that would be answered for all orders at once, however
    few are on the page.
    """
    left = (
        remaining.lines().filter(order=OuterRef("pk")).order_by().values("order").annotate(units=Sum("left"))
    )
    return GreaterThan(Coalesce(Subquery(left.values("units")), 0), 0)


def _active(order_id: UUID) -> "QuerySet[OrderHold]":
    return OrderHold.objects.filter(order_id=order_id, status=OrderHold.Status.ACTIVE)


ACTIVE: Final = KeptQuery(_active, UUID)


def holds_of(order: Order) -> list[OrderHold]:
    """Return the active holds of an order, oldest first."""
    return of(order, ACTIVE, order.pk)


def may_fulfil(order: Order) -> bool:
    """Say whether an order may be packed and sent, and something of it is in no shipment yet."""
    return _ready([order.pk]).exists()


def demand_free(order: Order, *, shipment: Shipment | None = None) -> Order:
    """Lock an order for being sent, inside the caller's transaction, and return its fresh row.

    With a shipment its units are those that leave; without one, units must be left that are in no shipment.

    A hold is placed under the same lock: it either came first and is seen here, or it waits until the caller is done.

    Refunds that name units lock the order as well; one of a mere sum that comes in the same moment is not waited for.

    Raises:
        HeldBack: it has an active hold.
        NothingToSend: its money has gone back, it has ended, or nothing of it is left.
        UnitsGone: of the shipment's units some were refunded or came back to stock since it was prepared.
    """
    locked = Order.objects.select_for_update().get(pk=order.pk)
    holds = holds_of(locked)
    if holds:
        raise HeldBack(locked, holds)
    money = locked.money
    lines = list(remaining.lines().filter(order=locked))
    is_left = any(line.left if shipment is None else line.unsent for line in lines)
    if locked.status != Order.Status.CONFIRMED or money.is_gone or not is_left:
        raise NothingToSend(locked, money.state)
    if shipment is not None:
        wanted = dict(shipment.lines.values_list("order_line", "quantity"))
        if gone := [line for line in lines if wanted.get(line.pk, 0) > line.unsent]:
            raise UnitsGone(locked, gone)
    return locked


def ready() -> QuerySet[Order]:
    """Return the orders of which something may be packed now that is in no shipment yet, oldest first.

    Asks the database at once which orders have a unit in no shipment; the rest is asked about these alone.
    """
    return _ready(remaining.keys_outside_shipments()).order_by("placed_at")


def _ready(keys: list[UUID]) -> QuerySet[Order]:
    return free(keys).filter(remaining.have_units_left(keys))


def free(keys: Iterable[UUID]) -> QuerySet[Order]:
    """Return those of the orders that nothing keeps from being sent: confirmed, with their money, without a hold."""
    among = Q(status=Order.Status.CONFIRMED, pk__in=list(keys))
    return Order.objects.filter(among).with_money_left(among=among).filter(~Q(IS_HELD))


def place_hold(order: Order, *, kind: str, source: str, reason: str, actor: str) -> OrderHold:
    """Hold an order back. The same `source` again returns the hold there is, also one that was released since.

    Locks the order.
    """
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=order.pk)
        there = OrderHold.objects.filter(source=source).first()
        if there is not None:
            return there
        hold = OrderHold.objects.create(
            order=locked, kind=kind, source=source, reason=reason[:300], placed_by=actor[:150]
        )
        record(locked, "held", actor=actor, reason=reason, data={"hold": str(hold.pk)})
    return hold


def release_hold(hold: OrderHold, *, actor: str, reason: str) -> bool:
    """Release this hold of an order; False: it was released already. Locks the order."""
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=hold.order_id)
        fresh = OrderHold.objects.select_for_update(of=("self",)).select_related("order").get(pk=hold.pk)
        if fresh.status != OrderHold.Status.ACTIVE:
            return False
        move(
            fresh,
            OrderHold.Status.RELEASED,
            actor=actor,
            reason=reason,
            released_at=timezone.now(),
            released_by=actor[:150],
            release_reason=reason[:300],
        )
        record(order, "hold released", actor=actor, reason=reason, data={"hold": str(hold.pk)})
    return True


def restate(hold: OrderHold, reason: str) -> None:
    """Change the reason of an active hold to the present facts (a dispute that was lost)."""
    OrderHold.objects.filter(pk=hold.pk, status=OrderHold.Status.ACTIVE).update(
        reason=reason[:300], updated_at=timezone.now()
    )
