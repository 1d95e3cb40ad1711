"""Manual reservations (apartados): units that the staff keeps aside for somebody, with a reason and an end.

They count into `reserved` and expire like any other reservation. They have no drop window and no limit per order: the
shop itself sets its units aside.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from inventory.locking import lock_levels
from inventory.models import Reservation, StockLevel
from inventory.reservations import releasing
from inventory.reservations.allocation import InsufficientStock, Share, Shortage, allocate
from shop.core.states import record

Purpose, Status = Reservation.Purpose, Reservation.Status


class ReservationEnded(Exception):
    """The reservation is no manual reservation, or it has ended or expired meanwhile.

    Make a new one.
    """


class NotInTheFuture(Exception):
    """A reservation must end after now, by the database's clock."""


def reserve(
    *,
    variant_id: UUID,
    quantity: int,
    owner: str,
    reason: str,
    until: datetime,
    actor: str,
    location_id: UUID | None = None,
) -> list[Reservation]:
    """Reserve `quantity` units for `owner` until `until`, at one location or wherever they can be sold from.

    One row for each place. At a place that is named, also units that are not for sale (quarantine) may be kept aside.
    Locks all levels of the variant by primary key, until the caller's transaction ends.

    Raises:
        InsufficientStock: fewer are available; nothing is reserved. NotInTheFuture: `until` has passed. ValueError:
        fewer than one unit, no owner or no reason.
    """
    if quantity < 1:
        raise ValueError("A hold is of at least one unit.")
    if not owner.strip() or not reason.strip():
        raise ValueError("Say for whom and why.")
    with transaction.atomic():
        levels = lock_levels(variant_ids=[variant_id])
        shares = _shares(levels, variant_id, quantity, location_id)
        locations = {level.pk: level.location_id for level in levels}
        found = _write(
            Reservation(
                level_id=share.level_id,
                variant_id=variant_id,
                location_id=locations[share.level_id],
                quantity=share.quantity,
                purpose=Purpose.MANUAL,
                first_reserved_at=Now(),
                expires_at=until,
                owner=owner.strip()[:150],
                note=reason.strip()[:300],
                actor=actor[:150],
            )
            for share in shares
        )
        for reservation in found:
            record(reservation, "kept aside", actor=actor, reason=reason, data=_facts(reservation))
        return found


def _write(rows: Iterable[Reservation]) -> list[Reservation]:
    """Write reservations and count them into their locked levels; return them as they stand in the database.

    Raises: NotInTheFuture: they would have expired.
    """
    made = Reservation.objects.bulk_create(rows)
    keys = [row.pk for row in made]
    if Reservation.objects.filter(pk__in=keys, expires_at__gt=Now()).count() < len(keys):
        raise NotInTheFuture
    for row in made:
        StockLevel.objects.filter(pk=row.level_id).update(
            reserved=F("reserved") + row.quantity, updated_at=Now()
        )
    return list(Reservation.objects.filter(pk__in=keys).order_by("pk"))


def _shares(
    levels: list[StockLevel], variant_id: UUID, quantity: int, location_id: UUID | None
) -> list[Share]:
    if location_id is None:
        return allocate(levels, {variant_id: quantity})
    here = next((level for level in levels if level.location_id == location_id), None)
    if here is None or here.available < quantity:
        raise InsufficientStock([Shortage(variant_id, quantity, here.available if here else 0)])
    return [Share(here.pk, variant_id, quantity)]


def extend(*, reservation_id: UUID, until: datetime, reason: str, actor: str) -> Reservation:
    """Let a manual reservation that has not expired end at `until` instead, earlier or later. Locks the reservation
    alone.

    Raises:
        ReservationEnded: it is none, has ended or has expired: its units may be somebody else's.
        NotInTheFuture: `until` has passed.
    """
    with transaction.atomic():
        live = Reservation.objects.filter(
            pk=reservation_id, purpose=Purpose.MANUAL, status=Status.ACTIVE, expires_at__gt=Now()
        )
        before = live.select_for_update().first()
        if before is None:
            raise ReservationEnded
        live.update(expires_at=until, updated_at=Now())
        after = live.first()
        if after is None:
            raise NotInTheFuture
        ends = {"before": before.expires_at.isoformat(), "until": until.isoformat()}
        record(after, "prolonged", actor=actor, reason=reason, data=ends)
        return after


def release(*, reservation_id: UUID, reason: str, actor: str) -> int:
    """Release a reservation by hand and return the units that are free again: 0 when it had ended before. Idempotent.

    Locks its level, then the reservation.
    """
    with transaction.atomic():
        units = releasing.release(reservation_id=reservation_id, reason=reason, actor=actor)
        if units:
            reservation = Reservation.objects.get(pk=reservation_id)
            record(reservation, "released", actor=actor, reason=reason, data=_facts(reservation))
        return units


def _facts(reservation: Reservation) -> dict[str, str | int]:
    return {
        "units": reservation.quantity,
        "for": reservation.owner,
        "until": reservation.expires_at.isoformat(),
    }
