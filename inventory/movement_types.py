"""The types of movements that people book, with the public numbers by which clients of the API name them.

Sales are written by orders, transfers by transfers and counts by counts, each with what causes it; nobody books them by
hand, and their numbers are left free.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from inventory import ledger
from inventory.ledger import Kind, MovementEntry
from inventory.locking import lock_levels
from inventory.models import Location, StockLevel, StockMovement
from inventory.reservations.allocation import InsufficientStock, Share, Shortage, allocate


class NoPlace(Exception):
    """The shop has no location that it sells from, so units have nowhere to go. Making one helps."""


@dataclass(frozen=True)
class MovementType:
    """A type: its public number and code, never changed; its kind in the ledger; whether it adds or takes units."""

    number: int
    code: str
    kind: Kind
    adds: bool
    words: StrOrPromise


_ALL: Final = (
    MovementType(1, "purchase", Kind.PURCHASE, True, _("purchase from a supplier")),
    MovementType(3, "adjustment_up", Kind.ADJUSTMENT, True, _("adjustment: more than the books say")),
    MovementType(4, "customer_return", Kind.CUSTOMER_RETURN, True, _("return by a customer")),
    MovementType(5, "supplier_return", Kind.SUPPLIER_RETURN, False, _("return to a supplier")),
    MovementType(6, "loss", Kind.LOSS, False, _("loss or damage")),
    MovementType(8, "adjustment_down", Kind.ADJUSTMENT, False, _("adjustment: fewer than the books say")),
)
BY_NUMBER: Final[Mapping[int, MovementType]] = {one.number: one for one in _ALL}
BY_CODE: Final[Mapping[str, MovementType]] = {one.code: one for one in _ALL}


def book(
    found: MovementType,
    *,
    variant_id: UUID,
    quantity: int,
    location_id: UUID | None = None,
    unit_cost: Decimal | None = None,
    reference: str = "",
    note: str = "",
    actor: str,
) -> list[StockMovement]:
    """Book `quantity` > 0 units of a variant by a type, all or nothing; return a movement for each place.

    Without a location units come to the first place that is sold from, where the variant has been before if it has;
    and go from the first that has enough, else from as few as possible. An empty note says what the type is.
    Locks all levels of the variant by primary key, until the caller's transaction ends.

    Raises:
        InsufficientStock: fewer units are on hand and unreserved. NoPlace: see there. ValueError: fewer than one unit.
    """
    if quantity < 1:
        raise ValueError(f"A movement is of at least one unit, not {quantity}.")
    with transaction.atomic():
        if found.adds:
            place = location_id or _place_of(variant_id)
            level_id = ledger.ensure_levels({(variant_id, place)})[variant_id, place]
            lock_levels(variant_ids=[variant_id])
            shares = [Share(level_id, variant_id, quantity)]
        else:
            shares = _shares(lock_levels(variant_ids=[variant_id]), variant_id, quantity, location_id)
        sign = 1 if found.adds else -1
        entries = [
            MovementEntry(
                share.level_id, sign * share.quantity, unit_cost, reference, note.strip() or str(found.words)
            )
            for share in shares
        ]
        return ledger.record(found.kind, entries, actor=actor)


def _place_of(variant_id: UUID) -> UUID:
    places = [place for place in Location.objects.order_by("priority", "name") if place.is_sold_from]
    if not places:
        raise NoPlace
    known = set(StockLevel.objects.filter(variant=variant_id).values_list("location_id", flat=True))
    return next((place.pk for place in places if place.pk in known), places[0].pk)


def _shares(
    levels: list[StockLevel], variant_id: UUID, quantity: int, location_id: UUID | None
) -> list[Share]:
    if location_id is None:
        return allocate(levels, {variant_id: quantity})
    here = next((level for level in levels if level.location_id == location_id), None)
    if here is None or here.available < quantity:
        raise InsufficientStock([Shortage(variant_id, quantity, here.available if here else 0)])
    return [Share(here.pk, variant_id, quantity)]
