"""What the stock is worth: units × weighted average cost, now or at any instant, all from the ledger.

It is a moving average of a variant over all locations: every delivery with a cost changes it, weighted with the units
that the shop owned at that moment; sales, losses, returns and transfers do not. Units owned are those on hand at all
levels and those on the way between them. Deliveries before the first known cost count at that cost.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from inventory.ledger.history import levels_at
from inventory.models import StockLevel
from shop.core.database.snapshot import one_instant
from shop.core.spreadsheets import batches

CENT = Decimal("0.01")
# Averages have six decimals while they are computed, so that rounding does not add up over many deliveries.
FINE = Decimal("0.000001")


@dataclass(frozen=True)
class Holding:
    """Units of a variant at a place (`location` None: on the way). `cost` None: no delivery has a cost."""

    variant_id: UUID
    sku: str
    product: str
    variant: str
    category: str
    location: str | None
    units: int
    cost: Decimal | None

    @property
    def value(self) -> Decimal | None:
        """Units × average cost, rounded to cents, in the shop's currency."""
        return None if self.cost is None else (self.units * self.cost).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Sum:
    """The holdings of one place or category together; `unpriced` of the units have no known cost."""

    name: str | None
    units: int
    value: Decimal
    unpriced: int


def average_costs(
    variant_ids: Collection[UUID] | None = None, *, at: datetime | None = None
) -> dict[UUID, Decimal]:
    """Return the weighted average cost of each variant, at the instant `at` (now, unless given), to six places.

    One query: it reads the deliveries that have a cost, and for each of them looks up what was owned just before it;
    sales are not read, however many there are. Variants without a known cost are left out.
    """
    result: dict[UUID, Decimal] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            DELIVERIES, {"variants": list(variant_ids) if variant_ids is not None else None, "at": at}
        )
        for variant_id, units, cost, owned in cursor.fetchall():
            result[variant_id] = mix(result.get(variant_id), max(0, owned), cost, units)
    return result


def mix(average: Decimal | None, owned: int, cost: Decimal, units: int) -> Decimal:
    """Return the average cost after `units` at `cost` each join `owned` units at `average`. Pure."""
    if average is None or not owned:
        return cost
    return ((average * owned + cost * units) / (owned + units)).quantize(FINE, ROUND_HALF_UP)


# `owned` just before a delivery: the last figure of each level of the variant, and what was on the way.
DELIVERIES = """
SELECT delivery.variant_id, delivery.quantity, delivery.unit_cost,
       (SELECT coalesce(sum(before.on_hand_after), 0)
          FROM inventory_stocklevel AS level
          CROSS JOIN LATERAL (SELECT movement.on_hand_after
                                FROM inventory_stockmovement AS movement
                               WHERE movement.level_id = level.id AND movement.id < delivery.id
                               ORDER BY movement.id DESC
                               LIMIT 1) AS before
         WHERE level.variant_id = delivery.variant_id)
     - (SELECT coalesce(sum(movement.quantity), 0)
          FROM inventory_stockmovement AS movement
         WHERE movement.variant_id = delivery.variant_id AND movement.id < delivery.id
           AND movement.kind IN ('transfer_in', 'transfer_out')) AS owned
  FROM inventory_stockmovement AS delivery
 WHERE delivery.unit_cost IS NOT NULL AND delivery.quantity > 0
   AND delivery.kind NOT IN ('transfer_in', 'transfer_out')
   AND (%(variants)s::uuid[] IS NULL OR delivery.variant_id = ANY (%(variants)s::uuid[]))
   AND (%(at)s::timestamptz IS NULL OR delivery.occurred_at <= %(at)s)
 ORDER BY delivery.variant_id, delivery.id
"""


def holdings(
    *, at: datetime | None = None, location_id: UUID | None = None, category_path: str | None = None
) -> list[Holding]:
    """Return the stock of each location with its worth, without empty ones, by product. Four queries at most.

    `location_id` leaves the other places out, `category_path` (a tree path) all but a category and those below it.
    What is in transit comes last, unless one location is asked for. All as of one instant: a concurrent transfer is
    counted once.
    """
    with one_instant():
        rows = list(levels(at=at, location_id=location_id, category_path=category_path))
        result = list(_valued(rows, at))
        if location_id is None:
            result += _on_the_way(at, category_path)
    return result


def each_holding(
    *, at: datetime | None = None, location_id: UUID | None = None, category_path: str | None = None
) -> Iterator[Holding]:
    """Yield what `holdings` returns, however long it is, in constant memory; inside a transaction."""
    for rows in batches.of_models(levels(at=at, location_id=location_id, category_path=category_path)):
        yield from _valued(rows, at)
    if location_id is None:
        yield from _on_the_way(at, category_path)


def levels(
    *, at: datetime | None = None, location_id: UUID | None = None, category_path: str | None = None
) -> QuerySet[StockLevel]:
    """Return the levels that may have units: all of them for a past instant."""
    found = StockLevel.objects.select_related("variant__product__category", "location").order_by(
        "variant__product__name", "variant__sort_order", "variant__sku", "location__priority"
    )
    if location_id is not None:
        found = found.filter(location_id=location_id)
    if category_path is not None:
        found = found.filter(variant__product__category__path__startswith=category_path)
    return found if at is not None else found.filter(on_hand__gt=0)


def _valued(rows: list[StockLevel], at: datetime | None) -> Iterator[Holding]:
    units = levels_at([level.pk for level in rows], at) if at is not None else {}
    variant_ids = {level.variant_id for level in rows}
    costs = average_costs(variant_ids if len(rows) <= batches.SIZE else None, at=at)
    for level in rows:
        if there := units.get(level.pk, level.on_hand):
            yield _holding(level, level.location.name, there, costs.get(level.variant_id))


def _holding(level: StockLevel, location: str | None, units: int, cost: Decimal | None) -> Holding:
    variant = level.variant
    return Holding(
        variant_id=variant.pk,
        sku=variant.sku,
        product=variant.product.name,
        variant=variant.name,
        category=variant.product.category.name,
        location=location,
        units=units,
        cost=cost,
    )


def _on_the_way(at: datetime | None, category_path: str | None) -> Iterator[Holding]:
    with connection.cursor() as cursor:
        cursor.execute(ON_THE_WAY, {"at": at})
        units = dict(cursor.fetchall())
    if not units:
        return
    costs = average_costs(units, at=at)
    found = StockLevel.objects.filter(variant_id__in=units).select_related("variant__product__category")
    if category_path is not None:
        found = found.filter(variant__product__category__path__startswith=category_path)
    for level in found.order_by("variant__product__name", "variant__sort_order", "variant_id").distinct(
        "variant__product__name", "variant__sort_order", "variant_id"
    ):
        yield _holding(level, None, units[level.variant_id], costs.get(level.variant_id))


# What left by a transfer and has not come in: from the ledger, so that it is right at any instant.
ON_THE_WAY = """
SELECT variant_id, -sum(quantity)
  FROM inventory_stockmovement
 WHERE kind IN ('transfer_in', 'transfer_out') AND (%(at)s::timestamptz IS NULL OR occurred_at <= %(at)s)
 GROUP BY variant_id
HAVING sum(quantity) <> 0
"""


def by_location(rows: Iterable[Holding]) -> list[Sum]:
    """Return the sums by place; what is on the way has no name."""
    return _sums((row.location, row) for row in rows)


def by_category(rows: Iterable[Holding]) -> list[Sum]:
    """Return the sums by category."""
    return _sums((row.category, row) for row in rows)


def total(rows: Iterable[Holding]) -> Sum:
    """Return the sum of all rows."""
    found = _sums((None, row) for row in rows)
    return found[0] if found else Sum(None, 0, Decimal("0.00"), 0)


def _sums(rows: Iterable[tuple[str | None, Holding]]) -> list[Sum]:
    sums: dict[str | None, Sum] = {}
    for name, row in rows:
        before = sums.get(name) or Sum(name, 0, Decimal("0.00"), 0)
        unpriced = row.units if row.cost is None else 0
        sums[name] = Sum(
            name, before.units + row.units, before.value + (row.value or 0), before.unpriced + unpriced
        )
    return sorted(sums.values(), key=lambda found: (-found.value, found.name or ""))
