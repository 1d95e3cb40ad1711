"""History of the stock: what was on hand where at any instant, and the rows that make a figure.

Every movement stores `on_hand_after` and is numbered and dated under its level's lock, so that the stock at an instant
is one index look-up, however long the ledger is. Nothing here sums a whole history.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import Model, QuerySet
from django.urls import NoReverseMatch, reverse

from catalog.models import WaitingEntry
from inventory.models import Reservation, StockMovement

PAGE = 50
MOST_RESERVATIONS = 200


@dataclass(frozen=True)
class Cause:
    """The cause of a movement or a reservation: its name, and the address of its page ("" when it has none)."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Page:
    """Movements of a level, newest first, from the balance `opening` (before the oldest) to `closing`."""

    movements: list[StockMovement]
    opening: int
    closing: int
    before: (
        int | None
    )  # the key to ask for the next older page; None: this one begins with the first movement


def levels_at(level_ids: Collection[UUID], at: datetime) -> dict[UUID, int]:
    """Return what was on hand at each level at the instant `at`: one query, one look-up in an index for each level."""
    with connection.cursor() as cursor:
        cursor.execute(LEVELS_AT, {"levels": list(level_ids), "at": at})
        return dict(cursor.fetchall())


# The newest movement up to the instant, found by the index stockmovement_instant, which has the figure in it.
LEVELS_AT = """
SELECT level.id, coalesce(last.on_hand_after, 0)
  FROM unnest(%(levels)s::uuid[]) AS level (id)
  LEFT JOIN LATERAL (
       SELECT movement.on_hand_after
         FROM inventory_stockmovement AS movement
        WHERE movement.level_id = level.id AND movement.occurred_at <= %(at)s
        ORDER BY movement.occurred_at DESC, movement.id DESC
        LIMIT 1) AS last ON TRUE
"""


def movements(
    level_id: UUID, *, before: int | None = None, at: datetime | None = None, size: int = PAGE
) -> Page:
    """Return a page of the movements that make `on_hand`, newest first: at most `size`, by key (two queries at most).

    `before` is the key of the last movement of the newer page. `at` begins with the newest movement up to an instant.
    """
    rows = StockMovement.objects.filter(level_id=level_id)
    if at is not None:
        rows = rows.filter(occurred_at__lte=at).order_by("-occurred_at", "-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    shown = found[:size]
    if not shown:
        return Page([], 0, 0, None)
    oldest, newest = shown[-1], shown[0]
    return Page(
        movements=shown,
        opening=oldest.on_hand_after - oldest.quantity,
        closing=newest.on_hand_after,
        before=oldest.pk if len(found) > size else None,
    )


def reservations_of(level_id: UUID, *, most: int = MOST_RESERVATIONS) -> list[Reservation]:
    """Return the active reservations that make `reserved`, latest end first. One query by a partial index."""
    active = Reservation.objects.filter(level_id=level_id, status=Reservation.Status.ACTIVE)
    return list(active.order_by("-expires_at", "pk")[:most])


def causes(found: Iterable[StockMovement]) -> dict[tuple[str, UUID], Cause]:
    """Return the row behind each movement (order, count, receipt, transfer, import …): one query for each kind of row.

    The row is found by its `cause_type`, so that this app does not import those above it.
    """
    wanted: dict[str, set[UUID]] = {}
    for movement in found:
        if movement.cause_type and movement.cause_id:
            wanted.setdefault(movement.cause_type, set()).add(movement.cause_id)
    result: dict[tuple[str, UUID], Cause] = {}
    for kind, keys in wanted.items():
        rows = _rows(kind, keys)
        for key in keys:
            result[kind, key] = _cause(rows.get(key), kind, key)
    return result


def of(movement: StockMovement, known: Mapping[tuple[str, UUID], Cause]) -> Cause | None:
    """Return what `causes` found behind one movement; None when it was booked by hand."""
    return known.get((movement.cause_type, movement.cause_id)) if movement.cause_id else None


def owners(reservations: Iterable[Reservation]) -> list[tuple[Reservation, Cause]]:
    """Return each reservation with its owner.

    A purchase, a cart, a waiting list entry, or a person named by staff.
    """
    found = list(reservations)
    offered = {
        reservation.cart_id
        for reservation in found
        if reservation.note == Reservation.OFFERED and reservation.cart_id
    }
    waiting = WaitingEntry.objects.in_bulk(list(offered)) if offered else {}
    return [(reservation, _owner(reservation, waiting)) for reservation in found]


def _owner(reservation: Reservation, waiting: Mapping[UUID, WaitingEntry]) -> Cause:
    if reservation.purpose == Reservation.Purpose.MANUAL:
        return Cause(reservation.owner or reservation.actor, page_of("inventory.reservation", reservation.pk))
    if reservation.checkout_id:
        return Cause("", page_of("orders.checkoutsession", reservation.checkout_id))
    if reservation.cart_id is None:
        return Cause(reservation.actor)
    entry = waiting.get(reservation.cart_id)
    if entry:
        return Cause(entry.email, page_of("catalog.waitingentry", entry.pk))
    return Cause("", page_of("orders.cart", reservation.cart_id))


def page_of(kind: str, key: object) -> str:
    """Return the address of a row's page in the back office; "" when its model has none there."""
    try:
        return reverse(f"admin:{kind.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:
        return ""


def _rows(kind: str, keys: Collection[UUID]) -> dict[UUID, Model]:
    try:
        model: Any = apps.get_model(kind)
    except (LookupError, ValueError):
        return {}
    rows: QuerySet[Any] = model._default_manager.all()
    foreign = [field.name for field in model._meta.concrete_fields if field.is_relation and not field.null]
    return dict((rows.select_related(*foreign) if foreign else rows).in_bulk(list(keys)))


def _cause(row: Model | None, kind: str, key: UUID) -> Cause:
    if row is None:
        return Cause(f"{kind} {key}")
    return Cause(f"{row._meta.verbose_name} {row}", page_of(kind, key))
