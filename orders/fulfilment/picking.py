"""Picking: which units are to be taken from which bin, and which have been. It moves no stock: the sale did.

Each order is checked every time: one with a hold, refunded, cancelled or disputed is not picked, and of a line only the
units that are still to be sent, whether they are in a shipment or not; what is packed was picked.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from inventory.models import Location, StockMovement
from orders.fulfilment import holds, remaining
from orders.models import Order, OrderLine, OrderPick
from shop.core.states import record


@dataclass(frozen=True, slots=True)
class ToPick:
    """Units of an order's line to be taken from a bin (`bin`) of a location."""

    line: OrderLine
    location: Location
    bin: str
    units: int

    @property
    def key(self) -> str:
        """Return what a form sends back about it: line, location, and the units that were seen."""
        return f"{self.line.pk.hex}.{self.location.pk.hex}.{self.units}"


def to_pick(orders: QuerySet[Order] | None = None, *, location: Location | None = None) -> list[ToPick]:
    """Return what is to be picked, by location, bin and SKU (five queries, however much it is).

    `orders` leaves out all others; what may not be sent is left out anyhow.
    """
    keys = remaining.keys_not_sent()
    if orders is not None:
        keys = list(orders.filter(pk__in=keys).order_by().values_list("pk", flat=True))
    lines = remaining.lines().filter(order__in=holds.free(keys).order_by().values("pk"), unsent__gt=0)
    found = _by_bin(list(lines.select_related("order", "variant__product")))
    if location is not None:
        found = [one for one in found if one.location.pk == location.pk]
    return sorted(
        found,
        key=lambda one: (
            one.location.priority,
            one.location.name,
            one.bin,
            one.line.sku,
            one.line.order.number,
        ),
    )


def _by_bin(lines: Collection[OrderLine]) -> list[ToPick]:
    """Return the bins from which the rest of lines (of `remaining.lines`) is taken, less what was picked there."""
    sales = StockMovement.objects.filter(
        kind=StockMovement.Kind.SALE,
        cause_type__in=remaining.CAUSES,
        cause_id__in={line.sale_cause_key for line in lines},
    ).select_related("location", "level")
    bins: dict[tuple[UUID | None, UUID], list[StockMovement]] = defaultdict(list)
    for sale in sales.order_by("location__priority", "location__name", "pk"):
        bins[sale.cause_id, sale.variant_id].append(sale)
    picked: dict[tuple[UUID, UUID], int] = {
        (line, place): units
        for line, place, units in OrderPick.objects.filter(line__in=[line.pk for line in lines])
        .order_by()
        .values_list("line", "location")
        .annotate(units=Sum("quantity"))
    }
    found = []
    for line in lines:
        # Units that have left are not in the house any more, whether somebody noted picking them or not.
        wanted = line.unsent - max(line.picked - line.sent, line.packed)
        for sale in bins[line.sale_cause_key, line.variant_id] if line.variant_id else []:
            there = -sale.quantity - picked.get((line.pk, sale.location_id), 0)
            units = min(wanted, there)
            if units > 0:
                found.append(ToPick(line, sale.location, sale.level.bin, units))
                wanted -= units
    return found


def mark(keys: Iterable[str], *, actor: str) -> tuple[list[OrderPick], int]:
    """Note that units were picked; return the picks written, and how many of the keys did not hold any more.

    `keys` are those of `ToPick` as somebody saw them: a line whose order is not to be sent any more, of which other
    units are left, or that somebody else has picked meanwhile is left out. Locks the orders, by primary key; two that
    mark the same line write one pick.
    """
    wanted = set(keys)
    lines = {UUID(hex=key.split(".")[0]) for key in wanted if _is_key(key)}
    with transaction.atomic():
        locked = _lock(Order.objects.filter(lines__in=lines))
        now = timezone.now()
        remaining_picks = to_pick(Order.objects.filter(pk__in=[order.pk for order in locked]))
        picks = OrderPick.objects.bulk_create(
            OrderPick(
                line=one.line, location=one.location, quantity=one.units, picked_at=now, picked_by=actor[:150]
            )
            for one in remaining_picks
            if one.key in wanted
        )
        for order, numbers in _by_order(picks).items():
            record(order, "picked", actor=actor, reason=numbers)
    return picks, len(wanted) - len(picks)


def undo(picks: Collection[UUID], *, actor: str) -> int:
    """Take picks back: the units are to be picked once more. Return how many there were. Locks their orders."""
    with transaction.atomic():
        _lock(Order.objects.filter(lines__picks__in=picks))
        found = list(OrderPick.objects.filter(pk__in=picks).select_related("line__order", "location"))
        for order, numbers in _by_order(found).items():
            record(order, "pick taken back", actor=actor, reason=numbers)
        OrderPick.objects.filter(pk__in=[pick.pk for pick in found]).delete()
    return len(found)


def _lock(orders: QuerySet[Order]) -> list[Order]:
    return list(Order.objects.filter(pk__in=orders.values("pk")).order_by("pk").select_for_update())


def picked(*, location: Location | None = None, orders: QuerySet[Order] | None = None) -> QuerySet[OrderPick]:
    """Return what was picked, newest first."""
    place = Q(location=location) if location else Q()
    mine = Q(line__order__in=orders.values("pk")) if orders is not None else Q()
    return OrderPick.objects.filter(place, mine).select_related(
        "line__order", "line__variant__product", "location"
    )


def _by_order(picks: Iterable[OrderPick]) -> dict[Order, str]:
    found: dict[Order, list[str]] = defaultdict(list)
    for pick in picks:
        found[pick.line.order].append(f"{pick.quantity} × {pick.line.sku} · {pick.location}")
    return {order: ", ".join(numbers) for order, numbers in found.items()}


def _is_key(text: str) -> bool:
    try:
        line, place, units = text.split(".")
        return bool(UUID(hex=line)) and bool(UUID(hex=place)) and int(units) > 0
    except ValueError:
        return False
