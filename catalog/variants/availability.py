"""What may still be promised, and when: stock through the reverse relation, and the windows of drops.

`catalog` does not import `inventory`: it only reads the figures of `variant.stock_levels`. These are for screens;
whether a unit is sold is decided by the guarded statement of the reservation.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db.models import BooleanField, F, Func, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest

from catalog.models import Collection, Variant

Window = tuple[datetime | None, datetime | None]


def sold_from(location: str = "") -> Func:
    """Return the condition that units at a location may be sold: the SQL function which the reservation asks as well.

    `location`: the path of the location in the queryset (`stock_levels__location`); none, of locations themselves.
    """
    path = f"{location}__" if location else ""
    return Func(
        F(f"{path}is_sellable"), F(f"{path}kind"), function="inventory_sellable", output_field=BooleanField()
    )


def with_available(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Annotate `available`: units on hand less units reserved, at the locations sold from, never below zero."""
    free = Sum(
        F("stock_levels__on_hand") - F("stock_levels__reserved"), filter=sold_from("stock_levels__location")
    )
    return variants.annotate(available=Greatest(Coalesce(free, 0), 0))


class Availability(StrEnum):
    """How many units are left, in words: how many exactly is nobody's business."""

    IN = "in"
    FEW = "few"
    OUT = "out"


def availability_of(units: int) -> Availability:
    """Return the bucket of so many units: few are at most LOW_STOCK_HINT."""
    if units <= 0:
        return Availability.OUT
    return Availability.FEW if units <= settings.LOW_STOCK_HINT else Availability.IN


def phase_of(windows: Iterable[Window], now: datetime) -> Collection.Phase:
    """Return whether a product may be sold, given the windows of the drops it belongs to (none: always open).

    One open window is enough; otherwise a window to come outweighs one that is over.
    """
    phases = {Collection(starts_at=start, ends_at=end).phase(now) for start, end in windows}
    if not phases or Collection.Phase.OPEN in phases:
        return Collection.Phase.OPEN
    return Collection.Phase.UPCOMING if Collection.Phase.UPCOMING in phases else Collection.Phase.CLOSED


def next_opening(windows: Iterable[Window], now: datetime) -> datetime | None:
    """Return the earliest future opening, if there is one."""
    return min((start for start, _end in windows if start and start > now), default=None)
