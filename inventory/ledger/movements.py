"""Write movements: receipts, returns, adjustments, losses and sales."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q, Sum

from inventory.locking import lock_levels
from inventory.models import StockLevel, StockMovement
from inventory.sql import load
from shop.core.database.kept_queries import named, together
from shop.core.ids import uuid7

RECORD_MOVEMENTS = load("record_movements")
Kind = StockMovement.Kind
# What the statement returns of each movement: all columns.
_COLUMNS: Final = (
    *(
        "id",
        "level_id",
        "variant_id",
        "location_id",
        "kind",
        "quantity",
        "unit_cost",
        "reference",
        "cause_type",
    ),
    *("cause_id", "note", "actor", "occurred_at", "on_hand_after"),
)


class InsufficientOnHand(Exception):
    """A movement would take more than is on hand and unreserved. Trying again helps only once either changes."""

    def __init__(self, *, level_id: UUID, wanted: int, on_hand: int, reserved: int) -> None:
        super().__init__(f"level {level_id}: {wanted} wanted, {on_hand} on hand of which {reserved} held")
        self.level_id = level_id
        self.wanted = wanted
        self.on_hand = on_hand
        self.reserved = reserved


class MoreThanSold(Exception):
    """A customer's return brings back more than the order took out. Trying again does not help."""

    def __init__(self, *, wanted: int, sold: int, returned: int) -> None:
        super().__init__(f"{wanted} to be returned of {sold} sold, {returned} of them are back already")
        self.wanted = wanted
        self.sold = sold
        self.returned = returned


@dataclass(frozen=True)
class Receipt:
    """One line of a delivery: units of a variant that arrived at a location. `unit_cost` in the shop's currency."""

    variant_id: UUID
    location_id: UUID
    quantity: int
    unit_cost: Decimal | None = None
    reference: str = ""
    note: str = ""


@dataclass(frozen=True)
class MovementEntry:
    """One movement to be booked at a level; a positive `quantity` adds units, a negative one removes them."""

    level_id: UUID
    quantity: int
    unit_cost: Decimal | None = None
    reference: str = ""
    note: str = ""


def receive(
    *,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    unit_cost: Decimal | None = None,
    reference: str = "",
    note: str = "",
    actor: str,
    cause: models.Model | None = None,
) -> StockMovement:
    """Book a delivery of `quantity` > 0 units (a purchase movement), making the stock level when there is none.

    `unit_cost` is one unit's cost in the shop's currency. `cause` is the row that explains it (a purchase order).
    Locks the one level, until the caller's transaction ends.

    Raises: ValueError for a quantity below one, TypeError for a cost that is not Decimal.
    """
    row = Receipt(variant_id, location_id, quantity, unit_cost, reference, note)
    return receive_many([row], actor=actor, cause=cause)[0]


def receive_many(
    rows: Iterable[Receipt], actor: str, *, cause: models.Model | None = None
) -> list[StockMovement]:
    """Book many deliveries at once, all or nothing: one statement for the levels, one for the movements.

    Locks the levels in primary key order. Movements come back in that order.

    Raises: ValueError for a quantity below one, TypeError for a cost that is not Decimal.
    """
    receipts = list(rows)
    for receipt in receipts:
        if receipt.quantity < 1:
            raise ValueError(f"A delivery brings at least one unit, not {receipt.quantity}.")
        if receipt.unit_cost is not None and not isinstance(receipt.unit_cost, Decimal):
            raise TypeError("unit_cost must be Decimal: binary fractions lose cents.")
    with transaction.atomic():
        levels = ensure_levels({(receipt.variant_id, receipt.location_id) for receipt in receipts})
        entries = [
            MovementEntry(levels[r.variant_id, r.location_id], r.quantity, r.unit_cost, r.reference, r.note)
            for r in receipts
        ]
        return record(Kind.PURCHASE, entries, actor=actor, cause=_key(cause))


def adjust(
    *,
    variant_id: UUID,
    location_id: UUID,
    difference: int,
    note: str,
    actor: str,
    reference: str = "",
) -> StockMovement:
    """Correct `on_hand` at a location by `difference` units, with the reason in `note` (required: the ledger is read).

    Locks the one level, until the caller's transaction ends.

    Raises:
        InsufficientOnHand: the correction takes units that are not on hand or are reserved. ValueError: no difference,
        or no note.
    """
    if not difference:
        raise ValueError("An adjustment of nothing explains nothing.")
    if not note.strip():
        raise ValueError("Say why in the note.")
    with transaction.atomic():
        level_id = ensure_levels({(variant_id, location_id)})[variant_id, location_id]
        entry = MovementEntry(level_id, difference, reference=reference, note=note)
        return record(Kind.ADJUSTMENT, [entry], actor=actor)[0]


def return_from_customer(
    *,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    note: str,
    actor: str,
    reference: str = "",
    unit_cost: Decimal | None = None,
    cause: models.Model | None = None,
) -> StockMovement:
    """Take back `quantity` > 0 units from a customer, with the reason in `note`.

    `cause` is the row that explains the return. When it is the order that sold them, it cannot bring back more than its
    sale took out. Without `unit_cost` the units come back at the variant's average cost. Locks all levels of the
    variant by primary key, until the caller's transaction ends, so that two concurrent returns of one order count one
    another.

    Raises: MoreThanSold; ValueError for a quantity below one or no note; TypeError for a cost that is not Decimal.
    """
    _require(quantity, note, unit_cost)
    with transaction.atomic():
        level_id = ensure_levels({(variant_id, location_id)})[variant_id, location_id]
        lock_levels(variant_ids=[variant_id])
        if cause is not None:
            _require_sold(variant_id, quantity, _key(cause))
        entry = MovementEntry(level_id, quantity, unit_cost, reference, note)
        return record(Kind.CUSTOMER_RETURN, [entry], actor=actor, cause=_key(cause))[0]


def send_back_to_customer(
    *,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    note: str,
    actor: str,
    reference: str = "",
    cause: models.Model,
) -> StockMovement:
    """Send `quantity` > 0 units back to the customer who had returned them: a return that is not accepted.

    An adjustment of the order that sold them (`cause`): they may come back to it once more. Locks the one level.

    Raises:
        InsufficientOnHand: they are not on hand, or reserved. ValueError: a quantity below one, or no note.
    """
    _require(quantity, note, None)
    return _take_out(Kind.ADJUSTMENT, variant_id, location_id, quantity, None, reference, note, actor, cause)


def return_to_supplier(
    *,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    note: str,
    actor: str,
    reference: str = "",
    unit_cost: Decimal | None = None,
    cause: models.Model | None = None,
) -> StockMovement:
    """Send `quantity` > 0 units back to their supplier, with the reason in `note`. Locks the one level.

    `unit_cost` is what the supplier credits for one; the average cost of what stays is not changed by it.

    Raises:
        InsufficientOnHand: they are not on hand, or reserved. ValueError: a quantity below one, or no note; TypeError
        for a cost that is not Decimal.
    """
    _require(quantity, note, unit_cost)
    return _take_out(
        Kind.SUPPLIER_RETURN, variant_id, location_id, quantity, unit_cost, reference, note, actor, cause
    )


def write_off(
    *,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    note: str,
    actor: str,
    reference: str = "",
    cause: models.Model | None = None,
) -> StockMovement:
    """Book `quantity` > 0 units as lost or damaged, with the reason in `note`. Locks the one level.

    Raises:
        InsufficientOnHand: they are not there, or somebody holds them.
        ValueError: a quantity below one, or no note.
    """
    _require(quantity, note, None)
    return _take_out(Kind.LOSS, variant_id, location_id, quantity, None, reference, note, actor, cause)


def sell(sales: Mapping[UUID, int], *, order_id: UUID, reference: str, actor: str) -> list[StockMovement]:
    """Book the sale of `sales` (stock level → units) for an order. Internal to `reservations.convert`.

    The unique constraint stockmovement_one_sale_per_cause refuses a second sale of one order from one level.
    """
    entries = [
        MovementEntry(level_id, -quantity, reference=reference) for level_id, quantity in sales.items()
    ]
    return record(Kind.SALE, entries, actor=actor, cause=("orders.order", order_id))


def record(
    kind: StockMovement.Kind,
    entries: Sequence[MovementEntry],
    *,
    actor: str,
    cause: tuple[str, UUID | None] = ("", None),
) -> list[StockMovement]:
    """Write movements of one kind in one statement, in primary key order of their levels; all or nothing.

    Raises:
        InsufficientOnHand: one of them takes units that are not on hand or are reserved.
    """
    if not entries:
        return []
    params = {
        "kind": kind.value,
        "level_ids": [entry.level_id for entry in entries],
        "quantities": [entry.quantity for entry in entries],
        "unit_costs": [entry.unit_cost for entry in entries],
        "references": [entry.reference[:120] for entry in entries],
        "notes": [entry.note[:300] for entry in entries],
        "cause_type": cause[0],
        "cause_id": cause[1],
        "actor": actor[:150],
    }
    try:
        with transaction.atomic():
            (rows,) = together(named(RECORD_MOVEMENTS, params))
            return [StockMovement.from_db(connection.alias, _COLUMNS, row) for row in rows]
    except IntegrityError as error:
        shortage = _shortage(entries) if "stocklevel_" in str(error) else None
        if shortage is None:
            raise
        raise shortage from error


def _take_out(
    kind: StockMovement.Kind,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    unit_cost: Decimal | None,
    reference: str,
    note: str,
    actor: str,
    cause: models.Model | None,
) -> StockMovement:
    with transaction.atomic():
        level_id = ensure_levels({(variant_id, location_id)})[variant_id, location_id]
        entry = MovementEntry(level_id, -quantity, unit_cost, reference, note)
        return record(kind, [entry], actor=actor, cause=_key(cause))[0]


def _require(quantity: int, note: str, unit_cost: Decimal | None) -> None:
    if quantity < 1:
        raise ValueError(f"A movement is of at least one unit, not {quantity}.")
    if not note.strip():
        raise ValueError("Say why in the note.")
    if unit_cost is not None and not isinstance(unit_cost, Decimal):
        raise TypeError("unit_cost must be Decimal: binary fractions lose cents.")


def _require_sold(variant_id: UUID, quantity: int, cause: tuple[str, UUID | None]) -> None:
    """Refuse more than the cause's sale took out, less what came back of it before. The variant's levels are locked."""
    of_cause = StockMovement.objects.filter(cause_type=cause[0], cause_id=cause[1])
    if not of_cause.filter(kind=Kind.SALE).exists():
        return
    sums = of_cause.filter(variant_id=variant_id).aggregate(
        sold=Sum("quantity", filter=Q(kind=Kind.SALE)),
        # What was sent back to the customer again is an adjustment of the same cause, below zero.
        back=Sum("quantity", filter=Q(kind__in=(Kind.CUSTOMER_RETURN, Kind.ADJUSTMENT))),
    )
    sold, returned = -(sums["sold"] or 0), sums["back"] or 0
    if returned + quantity > sold:
        raise MoreThanSold(wanted=quantity, sold=sold, returned=returned)


def _shortage(entries: Sequence[MovementEntry]) -> InsufficientOnHand | None:
    """Return InsufficientOnHand with the figures of the level that has too little. None: all have enough by now."""
    levels = StockLevel.objects.in_bulk([entry.level_id for entry in entries])
    for level_id, level in sorted(levels.items()):
        taken = -sum(entry.quantity for entry in entries if entry.level_id == level_id)
        if taken > level.on_hand - level.reserved:
            return InsufficientOnHand(
                level_id=level_id, wanted=taken, on_hand=level.on_hand, reserved=level.reserved
            )
    return None


def ensure_levels(places: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], UUID]:
    """Return the level of each (variant, location), making those that are missing, in a fixed order. Locks none."""
    ordered = sorted(places)
    params = {
        "ids": [uuid7() for _place in ordered],
        "variants": [variant for variant, _location in ordered],
        "locations": [location for _variant, location in ordered],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_LEVELS, params)
        cursor.execute(_FIND_LEVELS, params)
        return {(variant, location): level for level, variant, location in cursor.fetchall()}


_MAKE_LEVELS = """
INSERT INTO inventory_stocklevel
       (id, created_at, updated_at, variant_id, location_id, on_hand, reserved, minimum, optimal, bin)
SELECT id, statement_timestamp(), statement_timestamp(), variant_id, location_id, 0, 0, 0, 0, ''
  FROM unnest(%(ids)s::uuid[], %(variants)s::uuid[], %(locations)s::uuid[]) AS row (id, variant_id, location_id)
 WHERE NOT EXISTS (SELECT 1 FROM inventory_stocklevel AS level
                    WHERE level.variant_id = row.variant_id AND level.location_id = row.location_id)
    ON CONFLICT (variant_id, location_id) DO NOTHING
"""

_FIND_LEVELS = """
SELECT level.id, level.variant_id, level.location_id
  FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS row (variant_id, location_id)
  JOIN inventory_stocklevel AS level
    ON level.variant_id = row.variant_id AND level.location_id = row.location_id
"""


def _key(cause: models.Model | None) -> tuple[str, UUID | None]:
    return (cause._meta.label_lower, cause.pk) if cause is not None else ("", None)
