"""Active reservations: find, renew, extend, shorten, transfer, assign to an account. None reserves a new unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet, Sum
from django.db.models.functions import Least, Now

from inventory.models import Reservation
from inventory.reservations import source_limits
from inventory.reservations.releasing import lock_reservations
from inventory.sql import load
from shop.core.database.kept_queries import Asked, KeptQuery, named, together
from shop.core.user_input.emails import mailbox

EXTEND = load("extend")


@dataclass(frozen=True)
class ActiveReservation:
    """What is reserved of a variant: units, and when the first of them expire."""

    quantity: int
    expires_at: datetime


@dataclass(frozen=True)
class RenewResult:
    """The result of a renewal: active reservations by variant, and variants whose reservations had expired."""

    renewed: dict[UUID, ActiveReservation]
    expired: list[UUID]


def _found(owned: Q) -> "QuerySet[Reservation, tuple[UUID, int, datetime]]":
    live = Reservation.objects.filter(owned, status=Reservation.Status.ACTIVE, expires_at__gt=Now())
    rows: Any = live.order_by().values_list("variant_id")
    return rows.annotate(units=Sum("quantity"), ends=Min("expires_at"))  # type: ignore[no-any-return]


_OF_CART: Final = KeptQuery(lambda cart_id: _found(Q(cart_id=cart_id)), UUID)


def find_active(
    *, cart_id: UUID | None = None, checkout_id: UUID | None = None
) -> dict[UUID, ActiveReservation]:
    """Return what a cart or a checkout has reserved now, by variant: active and not expired. One query, no locks.

    Given both keys, only reservations that have both. Raises ValueError when neither is given.
    """
    if cart_id is not None and checkout_id is None:
        rows: Iterable[tuple[UUID, int, datetime]] = _OF_CART(cart_id)
    else:
        rows = _found(_owned(cart_id, checkout_id))
    return as_active(rows)


def asked_active(cart_id: UUID) -> Asked[tuple[UUID, int, datetime]]:
    """Return what `find_active` asks of a cart, to be asked `together` with more; `as_active` reads its rows."""
    return _OF_CART.asked(cart_id)


def as_active(rows: Iterable[tuple[UUID, int, datetime]]) -> dict[UUID, ActiveReservation]:
    """Return what is reserved by variant, of the rows of `asked_active`."""
    return {variant_id: ActiveReservation(units, ends) for variant_id, units, ends in rows}


def renew(
    *,
    cart_id: UUID | None = None,
    checkout_id: UUID | None = None,
    ttl: timedelta,
    max_age: timedelta | None = None,
    actor: str,
    tells_expired: bool = True,
) -> RenewResult:
    """Extend unexpired reservations to `ttl` from now, at most to `max_age` after they were first made.

    `max_age` is RESERVATION_MAX_AGE unless given: a reservation cannot be renewed without end. A reservation is never
    shortened. Locks the reservations, in the common order; no stock level. Raises ValueError when no key is given.
    `tells_expired` False: `expired` stays empty, and it is one statement.
    """
    with transaction.atomic(savepoint=False):
        asked = asked_renewal(cart_id=cart_id, checkout_id=checkout_id, ttl=ttl, max_age=max_age)
        renewed = _summed_up(together(asked)[0])
        if not tells_expired:
            return RenewResult(renewed, [])
        expired = Reservation.objects.filter(
            _owned(cart_id, checkout_id), status=Reservation.Status.ACTIVE, expires_at__lte=Now()
        )
        return RenewResult(renewed, sorted(set(expired.values_list("variant_id", flat=True))))


def asked_renewal(
    *,
    cart_id: UUID | None = None,
    checkout_id: UUID | None = None,
    ttl: timedelta,
    max_age: timedelta | None = None,
) -> Asked[tuple[Any, ...]]:
    """Return what `renew` asks, to be asked `together` with more, in a transaction. Locks as `renew`.

    Raises: ValueError, when no key is given.
    """
    condition, params = _owner_condition(cart_id, checkout_id)
    params |= {"ttl": ttl, "max_age": settings.RESERVATION_MAX_AGE if max_age is None else max_age}
    params |= {"guest_ttl": settings.GUEST_DROP_TTL, "guest_age": settings.GUEST_DROP_MAX_AGE}
    return _extension(
        f"{condition} AND reservation.expires_at > statement_timestamp()",
        # A guest's reservation of goods in a drop is shorter and has a lower maximum age (docs/drops.md).
        "CASE WHEN reservation.source_network IS NOT NULL AND reservation.source_account IS NULL"
        " THEN least(statement_timestamp() + least(%(ttl)s, %(guest_ttl)s),"
        " reservation.first_held_at + least(%(max_age)s, %(guest_age)s))"
        " ELSE least(statement_timestamp() + %(ttl)s, reservation.first_held_at + %(max_age)s) END",
        params,
    )


def extend(*, checkout_id: UUID, until: datetime, actor: str) -> dict[UUID, ActiveReservation]:
    """Extend a checkout's reservations at least to `until`: the end of a hosted payment or a cash voucher.

    There is no maximum age. A reservation that expired but was not yet released is extended too: its units are still
    reserved. Locks the reservations, in the common order; no stock level. Returns what is reserved.
    """
    condition, params = _owner_condition(None, checkout_id)
    return _summed_up(together(_extension(condition, "%(until)s", params | {"until": until}))[0])


def shorten(*, checkout_id: UUID, ttl: timedelta, actor: str) -> int:
    """Shorten a checkout's reservations to `ttl` from now at most: its payment or cash voucher has ended.

    A reservation that ends earlier is left as long as it is; none is a voucher's any more. Returns how many were
    changed. Locks the reservations, in the common order; no stock level.
    """
    ends = Now() + ttl
    with transaction.atomic(savepoint=False):
        longer = Reservation.objects.filter(
            Q(expires_at__gt=ends) | Q(purpose=Reservation.Purpose.VOUCHER),
            checkout_id=checkout_id,
            status=Reservation.Status.ACTIVE,
        )
        keys = list(longer.order_by("level_id", "pk").select_for_update().values_list("pk", flat=True))
        return Reservation.objects.filter(pk__in=keys).update(
            expires_at=Least("expires_at", ends), purpose=Reservation.Purpose.CHECKOUT, updated_at=Now()
        )


def _not_of_checkout(cart_id: UUID, checkout_id: UUID) -> "QuerySet[Reservation, tuple[UUID]]":
    rows = Reservation.objects.filter(cart_id=cart_id, status=Reservation.Status.ACTIVE)
    rows = rows.exclude(Q(checkout_id=checkout_id, checkout_id__isnull=False))
    return rows.order_by("level_id", "pk").select_for_update().values_list("pk")


_NOT_OF_CHECKOUT: Final = KeptQuery(_not_of_checkout, UUID, UUID)


def assign_to_checkout(
    *, cart_id: UUID, checkout_id: UUID, actor: str, after: Iterable[Asked[Any]] = ()
) -> int:
    """Make the cart's active reservations the checkout's (they keep the cart's key); return how many rows changed.

    A reservation which belongs to another checkout follows too: the caller has made sure that the other one has ended,
    since a cart has one open checkout. Locks the reservations, in the common order; no stock level. `after`: statements
    that are asked before it, in its first round trip.
    """
    with transaction.atomic(savepoint=False):
        *_before, found = together(*after, _NOT_OF_CHECKOUT.asked(cart_id, checkout_id))
        keys = [key for (key,) in found]
        if not keys:
            return 0
        return len(together(named(_ASSIGN, {"keys": keys, "checkout_id": checkout_id}))[0])


_ASSIGN: Final = """
UPDATE inventory_reservation
   SET checkout_id = %(checkout_id)s, purpose = 'checkout', updated_at = statement_timestamp()
 WHERE id = ANY (%(keys)s::uuid[]) AND status = 'active'
RETURNING id
"""


def transfer(*, from_cart_id: UUID, to_cart_id: UUID, actor: str) -> int:
    """Move one cart's active reservations to another (a guest signs in); return how many rows changed.

    Locks the levels of both carts' reservations by primary key, then the reservations, so that the caller may release
    what is too much for the new cart in the same transaction.
    """
    with transaction.atomic():
        reservations = lock_reservations(cart_id__in=[from_cart_id, to_cart_id])
        keys = [reservation.pk for reservation in reservations if reservation.cart_id == from_cart_id]
        return Reservation.objects.filter(pk__in=keys).update(cart_id=to_cart_id, updated_at=Now())


def recognise(*, cart_id: UUID, user_id: UUID, email: str, actor: str) -> int:
    """Count a cart's reservations in drops as an account's (a guest signed in); return how many rows changed.

    Locks the reservations, in the common order; no stock level.
    """
    with transaction.atomic():
        keys = list(
            Reservation.objects.filter(
                cart_id=cart_id, status=Reservation.Status.ACTIVE, source_network__isnull=False
            )
            .order_by("level_id", "pk")
            .select_for_update()
            .values_list("pk", flat=True)
        )
        return Reservation.objects.filter(pk__in=keys, status=Reservation.Status.ACTIVE).update(
            source_account=user_id,
            source_email=source_limits.key("email", mailbox(email)),
            updated_at=Now(),
        )


def _extension(condition: str, until: str, params: dict[str, Any]) -> Asked[tuple[Any, ...]]:
    """Return extend.sql. `condition` and `until` are SQL of ours, never a visitor's input."""
    return named(EXTEND.format(condition=condition, until=until), params)


def _summed_up(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, ActiveReservation]:
    result: dict[UUID, ActiveReservation] = {}
    for variant_id, quantity, expires_at in rows:
        before = result.get(variant_id)
        ends = min(before.expires_at, expires_at) if before else expires_at
        result[variant_id] = ActiveReservation(quantity + (before.quantity if before else 0), ends)
    return result


def _demand_owner(cart_id: UUID | None, checkout_id: UUID | None) -> None:
    if cart_id is None and checkout_id is None:
        raise ValueError("Say whose holds: cart_id, checkout_id or both.")


def _owned(cart_id: UUID | None, checkout_id: UUID | None) -> Q:
    _demand_owner(cart_id, checkout_id)
    owner = Q()
    if cart_id is not None:
        owner &= Q(cart_id=cart_id)
    if checkout_id is not None:
        owner &= Q(checkout_id=checkout_id)
    return owner


def _owner_condition(cart_id: UUID | None, checkout_id: UUID | None) -> tuple[str, dict[str, object]]:
    _demand_owner(cart_id, checkout_id)
    parts = []
    if cart_id is not None:
        parts.append("reservation.cart_id = %(cart_id)s")
    if checkout_id is not None:
        parts.append("reservation.checkout_id = %(checkout_id)s")
    return " AND ".join(parts), {"cart_id": cart_id, "checkout_id": checkout_id}
