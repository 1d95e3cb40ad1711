"""Release reservations, all of their units or the newest part."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from inventory.models import Reservation, StockLevel
from inventory.sql import load

RELEASE = load("release")


def release(
    *,
    cart_id: UUID | None = None,
    checkout_id: UUID | None = None,
    variant_id: UUID | None = None,
    reservation_id: UUID | None = None,
    quantity: int | None = None,
    reason: str,
    actor: str,
) -> int:
    """Release active reservations and return how many units were freed: 0 when there were none, as when it is repeated.

    The keys given must all fit; at least one of cart, checkout or reservation must be given. With `quantity`, only so
    many units, newest reservation first: the last one is shrunk. Locks the levels by primary key, then the
    reservations; one statement, or with `quantity` one short transaction.

    Raises: ValueError when no key is given, or for a negative quantity.
    """
    owners = {"cart_id": cart_id, "checkout_id": checkout_id, "id": reservation_id}
    if all(value is None for value in owners.values()):
        raise ValueError("Say whose holds: cart_id, checkout_id or reservation_id.")
    fields = {
        name: value for name, value in (owners | {"variant_id": variant_id}).items() if value is not None
    }
    if quantity is None:
        return _release_all(fields, reason=reason, actor=actor)
    if quantity < 0:
        raise ValueError("A negative number of units cannot be released.")
    return _release_some(fields, quantity, reason=reason, actor=actor) if quantity else 0


def _release_all(fields: dict[str, Any], *, reason: str, actor: str) -> int:
    condition = " AND ".join(f"reservation.{name} = %({name})s" for name in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            RELEASE.format(condition=condition, limit="", busy=""),
            fields | {"reason": reason[:40], "actor": actor[:150], "asynchronous": False},
        )
        (_ended, units, _mode) = cursor.fetchone()
    return int(units)


def _release_some(fields: dict[str, Any], quantity: int, *, reason: str, actor: str) -> int:
    left = quantity
    with transaction.atomic():
        reservations = lock_reservations(**fields)
        for reservation in sorted(
            reservations, key=lambda reservation: (reservation.created_at, reservation.pk), reverse=True
        ):
            units = min(reservation.quantity, left)
            if units == reservation.quantity:
                Reservation.objects.filter(pk=reservation.pk).update(
                    status=Reservation.Status.RELEASED,
                    ended_at=Now(),
                    end_reason=reason[:40],
                    ended_by=actor[:150],
                    updated_at=Now(),
                    **dict.fromkeys(Reservation.SOURCE),
                )
            else:
                Reservation.objects.filter(pk=reservation.pk).update(
                    quantity=F("quantity") - units, updated_at=Now()
                )
            StockLevel.objects.filter(pk=reservation.level_id).update(
                reserved=F("reserved") - units, updated_at=Now()
            )
            left -= units
            if not left:
                break
    return quantity - left


def lock_reservations(**fields: object) -> list[Reservation]:
    """Lock the active reservations that match `fields`, after their levels, in the common order; return them.

    The levels are locked first, by primary key. Call it inside a transaction, which keeps the locks until it ends.
    """
    active = Reservation.objects.filter(status=Reservation.Status.ACTIVE, **fields)
    level_ids = list(active.order_by().values_list("level_id", flat=True).distinct())
    list(StockLevel.objects.filter(pk__in=level_ids).order_by("pk").select_for_update(no_key=True))
    return list(active.filter(level_id__in=level_ids).order_by("level_id", "pk").select_for_update())
