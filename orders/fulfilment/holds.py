"""Whether an order may be sent: it is paid, its money is still here, units of it are left, it has no active hold."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from orders.fulfilment import remaining
from orders.models import MoneyState, Order, OrderHold
from shop.core.states import move, record

# To be put into an `annotate` or a `filter`: one sub-query however many orders are listed.
IS_HELD = Exists(OrderHold.objects.filter(order=OuterRef("pk"), status=OrderHold.Status.ACTIVE))


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


def has_units_left() -> Exists:
    """Return whether a unit of an order is left to send, for an `annotate`: one sub-query however many are listed."""
    return Exists(remaining.lines().filter(order=OuterRef("pk"), left__gt=0))


def holds_of(order: Order) -> list[OrderHold]:
    """Return the active holds of an order, oldest first."""
    return list(order.holds.filter(status=OrderHold.Status.ACTIVE))


def may_fulfil(order: Order) -> bool:
    """Say whether an order may be picked, packed and sent."""
    return ready().filter(pk=order.pk).exists()


def demand_free(order: Order) -> Order:
    """Lock an order for being sent, inside the caller's transaction, and return its fresh row.

    A hold is placed under the same lock: it either came first and is seen here, or it waits until the caller is done.

    Refunds that name units lock the order as well; one of a mere sum that comes in the same moment is not waited for.

    Raises:
        HeldBack: it has an active hold.
        NothingToSend: its money has gone back, it has ended, or nothing of it is left.
    """
    locked = Order.objects.select_for_update().get(pk=order.pk)
    holds = holds_of(locked)
    if holds:
        raise HeldBack(locked, holds)
    money = locked.money
    is_left = remaining.lines().filter(order=locked, left__gt=0).exists()
    if locked.status != Order.Status.CONFIRMED or money.is_gone or not is_left:
        raise NothingToSend(locked, money.state)
    return locked


def ready() -> QuerySet[Order]:
    """Return the orders that may be sent now, oldest first."""
    orders = Order.objects.with_money_left().filter(~Q(IS_HELD), status=Order.Status.CONFIRMED)
    return remaining.with_units_left(orders).order_by("placed_at")


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
