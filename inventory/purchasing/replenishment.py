"""What to buy: optimal less available less on order, grouped by supplier, and turned into drafts of purchase orders."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, islice
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from inventory import purchasing
from inventory.models import PurchaseOrder, StockLevel
from inventory.sql import load
from shop.core.spreadsheets import batches

LIST = load("replenish")
# An arbitrary, unique key: the advisory lock of drafting.
_ONE_AT_A_TIME: Final = 7_305_116


@dataclass(frozen=True)
class Need:
    """A stock level below its optimum. Costs in the shop's currency, as last paid (None when never bought)."""

    level_id: UUID
    variant_id: UUID
    location_id: UUID
    location: str
    sku: str
    product: str
    variant: str
    supplier_id: UUID | None
    supplier: str
    available: int
    minimum: int
    optimal: int
    on_order: int
    drafted: int
    unit_cost: Decimal | None

    @property
    def wanted(self) -> int:
        """Units to the optimum: optimal − available − on order."""
        return self.optimal - self.available - self.on_order

    @property
    def basis(self) -> str:
        """The figures besides the stock on which a quantity is decided: optimum, on order, drafted, supplier."""
        return f"{self.optimal} {self.on_order} {self.drafted} {self.supplier_id or '-'}"

    @property
    def suggested(self) -> int:
        """Units to order now: what is wanted and not in a draft already."""
        return max(0, self.wanted - self.drafted)


@dataclass(frozen=True)
class SupplierNeeds:
    """What is needed from one supplier; None for variants without a supplier."""

    supplier_id: UUID | None
    supplier: str
    needs: list[Need]

    @property
    def units(self) -> int:
        """All units to order now."""
        return sum(need.suggested for need in self.needs)

    @property
    def cost(self) -> Decimal:
        """The cost, as last paid, of the units of variants bought before."""
        return sum((need.suggested * (need.unit_cost or Decimal(0)) for need in self.needs), Decimal("0.00"))

    @property
    def never_bought(self) -> int:
        """Units to order now of variants never bought: their cost is unknown."""
        return sum(need.suggested for need in self.needs if need.unit_cost is None)


class NoSupplier(Exception):
    """Something chosen has no supplier in the catalogue, so it cannot be ordered."""

    def __init__(self, skus: list[str]) -> None:
        super().__init__(f"no supplier: {', '.join(skus)}")
        self.skus = skus


class Changed(Exception):
    """Since the list was shown, somebody has ordered or drafted what was chosen, or changed how much is wanted."""

    def __init__(self, level_ids: list[UUID], skus: list[str]) -> None:
        super().__init__(f"changed meanwhile: {', '.join(skus)}")
        self.level_ids, self.skus = level_ids, skus


def needs(
    *, location_id: UUID | None = None, supplier_id: UUID | None = None, below_minimum: bool = False
) -> list[Need]:
    """Return what is below its optimum (or only what is at or below its minimum), sorted by supplier. One query."""
    with connection.cursor() as cursor:
        cursor.execute(LIST, _params(location_id, supplier_id, below_minimum))
        return [Need(*row) for row in cursor.fetchall()]


def each_need(
    *, location_id: UUID | None = None, supplier_id: UUID | None = None, below_minimum: bool = False
) -> Iterator[Need]:
    """Yield what `needs` returns, however long it is, in constant memory; inside a transaction."""
    for row in batches.of_statement(LIST, _params(location_id, supplier_id, below_minimum)):
        yield Need(*row)


def count(
    *,
    location_id: UUID | None = None,
    supplier_id: UUID | None = None,
    below_minimum: bool = False,
    most: int | None = None,
) -> int:
    """Return how many rows `needs` has, counted no further than `most`."""
    found = each_need(location_id=location_id, supplier_id=supplier_id, below_minimum=below_minimum)
    with transaction.atomic():
        return sum(1 for _need in islice(found, most))


def _params(location_id: UUID | None, supplier_id: UUID | None, below_minimum: bool) -> dict[str, Any]:
    return {"location_id": location_id, "supplier_id": supplier_id, "below_minimum": below_minimum}


def by_supplier(found: Iterable[Need]) -> list[SupplierNeeds]:
    """Group needs, which are sorted by supplier, by supplier."""
    return [
        SupplierNeeds(supplier_id, name, list(rows))
        for (supplier_id, name), rows in groupby(found, key=lambda need: (need.supplier_id, need.supplier))
    ]


def draft_orders(
    *, quantities: Mapping[UUID, int], shown: Mapping[str, str] | None = None, actor: str
) -> list[PurchaseOrder]:
    """Draft purchase orders for the quantities chosen (stock level → units): one for each supplier and location.

    All or nothing. Costs are those last paid, empty for what was never bought; they can be changed in the draft. One
    call at a time drafts (an advisory lock until the commit), so that the second sees what the first drafted.

    Args:
        shown: stock level → `Need.basis` when the list was shown; None: the quantities are not from a list.

    Raises:
        NoSupplier: something chosen has none.
        Changed: something chosen is no longer as it was shown. Nothing is drafted then.
        purchasing.NothingInIt: nothing was chosen.
    """
    wanted = {level_id: units for level_id, units in quantities.items() if units > 0}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        chosen = [need for need in needs() if need.level_id in wanted]
        if shown is not None:
            _demand_as_shown(wanted, chosen, shown)
        if not chosen:
            raise purchasing.NothingInIt("Nothing was chosen.")
        orphans = [need.sku for need in chosen if need.supplier_id is None]
        if orphans:
            raise NoSupplier(orphans)
        places: dict[tuple[UUID, UUID], list[purchasing.Wanted]] = {}
        for need in chosen:
            if need.supplier_id is not None:
                line = purchasing.Wanted(need.variant_id, wanted[need.level_id], need.unit_cost)
                places.setdefault((need.supplier_id, need.location_id), []).append(line)
        return [
            purchasing.draft(supplier_id=supplier, location_id=location, lines=lines, actor=actor)
            for (supplier, location), lines in places.items()
        ]


def _demand_as_shown(wanted: Mapping[UUID, int], chosen: list[Need], shown: Mapping[str, str]) -> None:
    """Raise Changed when a chosen level has another basis now, or is no longer below its optimum."""
    now = {need.level_id: need.basis for need in chosen}
    changed = [level_id for level_id in wanted if now.get(level_id) != shown.get(str(level_id), "")]
    if changed:
        levels = StockLevel.objects.filter(pk__in=changed).select_related("variant").order_by("variant__sku")
        raise Changed(changed, [level.variant.sku for level in levels])
