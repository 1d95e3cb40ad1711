"""Choose the locations from which units are reserved, on locked levels. The slow path, for several lines or locations.

One line at one location is a single guarded statement (`inventory/sql/reserve.sql`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from inventory.models import StockLevel


@dataclass(frozen=True)
class Shortage:
    """A line that cannot be had: `wanted` units of a variant, of which only `available` may still be promised."""

    variant_id: UUID
    wanted: int
    available: int


class InsufficientStock(Exception):
    """There are not enough units. Trying again helps only when others release theirs."""

    def __init__(self, lines: Iterable[Shortage]) -> None:
        self.lines = list(lines)
        super().__init__(
            "; ".join(f"{s.variant_id}: {s.wanted} wanted, {s.available} available" for s in self.lines)
        )


@dataclass(frozen=True)
class Share:
    """So many units from one stock level."""

    level_id: UUID
    variant_id: UUID
    quantity: int


def allocate(levels: Collection[StockLevel], wanted: Mapping[UUID, int]) -> list[Share]:
    """Choose where the wanted units come from: the first place by priority that has enough, else as few as possible.

    Pure: it reads `on_hand` and `reserved` of the levels given, which the caller has locked. Shares come in primary
    key order of their level.

    Raises:
        InsufficientStock: names every line that is short; nothing is allocated.
    """
    shares: list[Share] = []
    short: list[Shortage] = []
    for variant_id, quantity in wanted.items():
        locations = sorted(
            (level for level in levels if level.variant_id == variant_id and level.location.is_sold_from),
            key=lambda level: (level.location.priority, level.pk),
        )
        total = sum(level.available for level in locations)
        if total < quantity:
            short.append(Shortage(variant_id, quantity, total))
            continue
        shares += _from_levels(locations, quantity)
    if short:
        raise InsufficientStock(short)
    return sorted(shares, key=lambda share: share.level_id)


def _from_levels(locations: list[StockLevel], quantity: int) -> list[Share]:
    enough = next((level for level in locations if level.available >= quantity), None)
    if enough:
        return [Share(enough.pk, enough.variant_id, quantity)]
    shares: list[Share] = []
    # No location has enough alone: the fullest first, so that few locations are used.
    for level in sorted(locations, key=lambda level: -level.available):
        share = min(level.available, quantity)
        if share > 0:
            shares.append(Share(level.pk, level.variant_id, share))
            quantity -= share
    return shares
