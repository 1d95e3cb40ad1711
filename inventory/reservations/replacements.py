"""Reservations for units that are sent instead of others, by an exchange or a claim, and their sale.

They count into `reserved` and expire like any other. There is no drop window and no limit per order: the shop itself
sets its units aside for somebody who has bought already. The key of the exchange or claim is their `checkout_id`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from inventory import ledger
from inventory.locking import lock_levels, require_transaction
from inventory.models import Reservation, StockLevel
from inventory.reservations.allocation import Share, allocate
from inventory.reservations.conversion import end_and_sell
from inventory.reservations.expiry import release_expired

Purpose, Status = Reservation.Purpose, Reservation.Status
# What causes the sale of a unit that replaces another one: its own line of the order.
SOLD_LATER = "orders.orderline"


def reserve(
    *, owner_id: UUID, wanted: Mapping[UUID, int], until: datetime, actor: str, note: str = ""
) -> list[Reservation]:
    """Reserve `wanted` (variant → units) for an exchange or a claim until `until`, all or nothing; one row a place.

    Expired reservations of others are released first. Locks all levels of the variants by primary key, until the
    caller's transaction ends.

    Raises:
        InsufficientStock: fewer are available; nothing is reserved. RuntimeError: there is no transaction.
    """
    require_transaction("reserve")
    lock_levels(variant_ids=list(wanted))
    release_expired(variant_ids=list(wanted), limit=5000, actor=actor)
    levels = lock_levels(variant_ids=list(wanted))
    shares = allocate(levels, wanted)
    locations = {level.pk: level.location_id for level in levels}
    rows = Reservation.objects.bulk_create(
        Reservation(
            level_id=share.level_id,
            variant_id=share.variant_id,
            location_id=locations[share.level_id],
            quantity=share.quantity,
            purpose=Purpose.EXCHANGE,
            checkout_id=owner_id,
            first_reserved_at=Now(),
            expires_at=until,
            note=note[:300],
            actor=actor[:150],
        )
        for share in shares
    )
    for share in shares:
        StockLevel.objects.filter(pk=share.level_id).update(
            reserved=F("reserved") + share.quantity, updated_at=Now()
        )
    return rows


def end(*, owner_id: UUID) -> int:
    """Let what an exchange or a claim has reserved expire at once; return how many reservations did.

    Their units are anybody's from then on: the next one who wants them, or the job, releases them. Locks the
    reservations, in the common order; no stock level, so that it may follow whatever the caller has locked.
    """
    with transaction.atomic():
        rows = Reservation.objects.filter(
            checkout_id=owner_id, purpose=Purpose.EXCHANGE, status=Status.ACTIVE, expires_at__gt=Now()
        )
        keys = list(rows.order_by("level_id", "pk").select_for_update().values_list("pk", flat=True))
        return Reservation.objects.filter(pk__in=keys).update(expires_at=Now(), updated_at=Now())


def units_of(owner_id: UUID) -> dict[UUID, int]:
    """Return what an exchange or a claim has reserved and which has not expired, by variant (one query)."""
    rows = Reservation.objects.filter(checkout_id=owner_id, status=Status.ACTIVE, expires_at__gt=Now())
    found: Counter[UUID] = Counter()
    for variant, units in rows.values_list("variant_id", "quantity"):
        found[variant] += units
    return dict(found)


def sell(*, owner_id: UUID, sales: Sequence[tuple[UUID, UUID]], reference: str, actor: str) -> None:
    """Turn reservations into the sale of one unit for each (order line, variant), inside the caller's transaction.

    What is not reserved any more is taken from what is available; what is reserved beyond that is released. Each line
    is the cause of its movement. Locks all levels of the variants by primary key, then the reservations.

    Raises:
        InsufficientStock: names every variant that is short; nothing has changed. RuntimeError: there is no
        transaction.
    """
    require_transaction("sell")
    wanted = Counter(variant for _line, variant in sales)
    sold = end_and_sell(checkout_id=owner_id, wanted=wanted, purpose=Purpose.EXCHANGE, actor=actor)
    places = _one_by_one(sold)
    for line, variant in sales:
        entry = ledger.MovementEntry(places[variant].pop(), -1, reference=reference)
        ledger.record(ledger.Kind.SALE, [entry], actor=actor, cause=(SOLD_LATER, line))


def _one_by_one(sold: Sequence[Share]) -> dict[UUID, list[UUID]]:
    """Return the level of every single unit sold, by variant."""
    found: dict[UUID, list[UUID]] = {}
    for share in sold:
        found.setdefault(share.variant_id, []).extend([share.level_id] * share.quantity)
    return found
