"""Make reservations: one line by one guarded statement, several lines all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from inventory.locking import lock_levels
from inventory.models import Reservation
from inventory.reservations import source_limits
from inventory.reservations.allocation import InsufficientStock, Share, Shortage, allocate
from inventory.reservations.expiry import release_expired
from inventory.reservations.sellability import sellability_of
from inventory.reservations.source_limits import Terms, Verdict
from inventory.sql import load
from shop.core.database.postgresql.base import default_database
from shop.core.database.postgresql.prepared import kept
from shop.core.ids import uuid7

RESERVE = load("reserve")
CALL = kept(
    "SELECT level_id, location_id, expires_at, first_held_at"
    " FROM inventory_reserve(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
CALL_MANY = kept(
    "SELECT id, variant_id, quantity, level_id, location_id, expires_at, first_held_at"
    " FROM inventory_reserve_many(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
RESERVE_LOCKED = load("reserve_locked")
# How often the one statement is repeated after losing a race, before the levels are locked and counted.
TRIES = 5


def reserve(
    *,
    variant_id: UUID,
    quantity: int,
    ttl: timedelta,
    cart_id: UUID | None = None,
    checkout_id: UUID | None = None,
    user_id: UUID | None = None,
    purpose: str = Reservation.Purpose.CART,
    actor: str,
    note: str = "",
    terms: Terms | None = None,
) -> Reservation:
    """Reserve `quantity` units of a variant for `ttl`, at the first location by priority that has enough.

    One call with a guarded statement (inventory/sql/reserve.sql) locks one stock level; its lock ends with the call
    unless the caller has a transaction open. A cart reservation outside any transaction commits without waiting for
    the disk unless DURABLE_RESERVATIONS. Refused, it releases expired reservations of the variant and tries once more.
    When only several locations together have enough, there is one row for each and the first is returned.

    The window of a drop and `max_per_order` are checked in the statement itself, by the database's clock when it began.
    `cart_id` and `user_id` (the buyer's account) open a drop early to whoever has access. A manual reservation of the
    staff has no limit per order.

    `terms` say who takes the units and what one source may reserve (`inventory/reservations/source_limits.py`); without
    them (jobs and staff) there are no limits. All shoppers' requests pass them. What is reserved again keeps its age.

    Raises:
        InsufficientStock: sold out, or fewer left than wanted; `lines` says how many are.
        ReservationRefused (NotSellable): there are units, and the source has reached its limit. NotSellable: off sale,
        or its drop is not open; OverLimit: the cart would have more than one purchase may. ValueError: a quantity below
        one.
    """
    _require_positive({variant_id: quantity})
    owner = _Owner(
        cart_id=cart_id,
        checkout_id=checkout_id,
        user_id=user_id,
        purpose=purpose,
        ttl=ttl,
        actor=actor,
        note=note,
        terms=terms,
    )
    return _reserve_at_one_location(variant_id, quantity, owner) or _take({variant_id: quantity}, owner)[0]


def reserve_many(
    *,
    wanted: Mapping[UUID, int],
    ttl: timedelta,
    cart_id: UUID | None = None,
    checkout_id: UUID | None = None,
    user_id: UUID | None = None,
    purpose: str = Reservation.Purpose.CART,
    actor: str,
    terms: Terms | None = None,
) -> list[Reservation]:
    """Reserve several lines (variant → units) for `ttl`, all or nothing.

    One statement (inventory/sql/reserve_many.sql) when every line fits one location. It locks all levels of the
    variants in primary key order, until the caller's transaction ends or, without one, with the statement; then it
    commits as `reserve` does. Otherwise expired reservations are released and lines split between places. `terms`: as
    in `reserve`.

    Raises:
        InsufficientStock: names every line that is short. Nothing is reserved. NotSellable (OverLimit,
        ReservationRefused): the first line off sale or beyond a limit. Nothing is reserved. ValueError: a quantity
        below one.
    """
    if not wanted:
        return []
    _require_positive(wanted)
    owner = _Owner(
        cart_id=cart_id,
        checkout_id=checkout_id,
        user_id=user_id,
        purpose=purpose,
        ttl=ttl,
        actor=actor,
        note="",
        terms=terms,
    )
    if reserved := _reserve_all_at_once(wanted, owner):
        return reserved
    return _take_where_there_are_enough(wanted, owner)


@dataclass(frozen=True, kw_only=True)
class _Owner:
    cart_id: UUID | None
    checkout_id: UUID | None
    user_id: UUID | None
    purpose: str
    ttl: timedelta
    actor: str
    note: str
    terms: Terms | None

    def limited(self, quantity: int) -> int:
        """Return the units that count against max_per_order: none of a manual reservation."""
        return 0 if self.purpose == Reservation.Purpose.MANUAL else quantity

    def take_turn(self) -> None:
        """Take the source's lock before any stock level is locked (docs/locking.md)."""
        if self.terms is not None:
            source_limits.take_turn(self.terms, cart_id=self.cart_id, user_id=self.user_id)

    def require_within_limits(self, wanted: Mapping[UUID, int]) -> dict[UUID, Verdict]:
        """Check the source's limits, line by line; without terms there are none. Raises: ReservationRefused."""
        if self.terms is None:
            return {}
        verdicts: dict[UUID, Verdict] = {}
        more = 0
        for variant_id, quantity in wanted.items():
            verdicts[variant_id] = source_limits.validate_source(
                variant_id,
                quantity,
                terms=self.terms,
                ttl=self.ttl,
                cart_id=self.cart_id,
                user_id=self.user_id,
                more=more,
            )
            more += quantity if verdicts[variant_id].is_limited else 0
        return verdicts

    def params(self) -> dict[str, Any]:
        return {
            "terms": self.terms.as_array() if self.terms is not None else None,
            "cart_id": self.cart_id,
            "checkout_id": self.checkout_id,
            "user_id": self.user_id,
            "purpose": str(self.purpose),
            "ttl": self.ttl,
            "actor": self.actor[:150],
            "note": self.note[:300],
        }


def _reserve_at_one_location(variant_id: UUID, quantity: int, owner: _Owner) -> Reservation | None:
    """Repeat the one statement while it may succeed; None: only several locations together have enough, or it lost too
    many races.

    Raises: InsufficientStock, NotSellable: see `reserve`.
    """
    has_released = False
    for _attempt in range(TRIES):
        if reservation := _reserve_once(variant_id, quantity, owner):
            return reservation
        found = sellability_of([variant_id], cart_id=owner.cart_id, user_id=owner.user_id)
        sellability = found[variant_id]
        sellability.require_sellable(owner.limited(quantity))
        if sellability.best >= quantity:
            owner.require_within_limits({variant_id: quantity})
            continue  # Its location was emptied while it waited: there are enough now.
        if sellability.has_expired_reservations and not has_released:
            has_released = True
            release_expired(variant_ids=[variant_id], limit=50, actor=owner.actor)
            continue
        if sellability.total < quantity:
            raise InsufficientStock([Shortage(variant_id, quantity, sellability.total)])
        break
    return None


def _reserve_once(variant_id: UUID, quantity: int, owner: _Owner) -> Reservation | None:
    key, who = uuid7(), owner.params()
    values = [key, variant_id, quantity, who["ttl"], who["purpose"], who["cart_id"], who["checkout_id"]]
    values += [who["actor"], who["note"], _is_asynchronous(owner), who["user_id"], who["terms"]]
    [rows] = default_database().ask(CALL, values, answers=1)
    return _as_row(who, key, variant_id, quantity, *rows[0]) if rows else None


def _reserve_all_at_once(wanted: Mapping[UUID, int], owner: _Owner) -> list[Reservation]:
    """Reserve every line, each from one location, in one statement; nothing when one does not fit one location."""
    who = owner.params()
    values = [[uuid7() for _line in wanted], list(wanted), list(wanted.values()), who["ttl"], who["purpose"]]
    values += [who["cart_id"], who["checkout_id"], who["actor"], _is_asynchronous(owner), who["user_id"]]
    [rows] = default_database().ask(CALL_MANY, [*values, who["terms"]], answers=1)
    return [_as_row(who, *row) for row in rows]


def _is_asynchronous(owner: _Owner) -> bool:
    """Return whether the reservation commits without waiting for the disk: a cart's, in a transaction of its own."""
    is_cart_reservation = owner.purpose == Reservation.Purpose.CART
    return is_cart_reservation and not settings.DURABLE_RESERVATIONS and not connection.in_atomic_block


def _as_row(
    who: dict[str, Any],
    key: UUID,
    variant_id: UUID,
    quantity: int,
    level_id: UUID,
    location_id: UUID,
    expires_at: datetime,
    first_reserved_at: datetime | None,
) -> Reservation:
    """Return the row as the statement has written it; `first_reserved_at`: only of an older or shorter one."""
    # The database's clock, whose every timestamp costs ten microseconds to read.
    reserved_at = expires_at - who["ttl"] if first_reserved_at is None else timezone.now()
    reservation = Reservation(
        id=key,
        created_at=reserved_at,
        updated_at=reserved_at,
        level_id=level_id,
        variant_id=variant_id,
        location_id=location_id,
        quantity=quantity,
        status=Reservation.Status.ACTIVE,
        purpose=who["purpose"],
        cart_id=who["cart_id"],
        checkout_id=who["checkout_id"],
        first_reserved_at=first_reserved_at or reserved_at,
        expires_at=expires_at,
        note=who["note"],
        actor=who["actor"],
    )
    # It equals the row in the database: saving it would update the row.
    reservation._state.adding, reservation._state.db = False, connection.alias
    return reservation


def _take_where_there_are_enough(wanted: Mapping[UUID, int], owner: _Owner) -> list[Reservation]:
    """Release what has expired of the lines that are short, then take all lines, split between places."""
    with transaction.atomic():
        found = sellability_of(list(wanted), cart_id=owner.cart_id, user_id=owner.user_id)
        for key, sellability in found.items():
            sellability.require_sellable(owner.limited(wanted[key]))
        owner.take_turn()
        needy = [
            key
            for key, sellability in found.items()
            if sellability.has_expired_reservations and sellability.total < wanted[key]
        ]
        if needy:
            lock_levels(variant_ids=list(wanted))
            release_expired(variant_ids=needy, limit=500, actor=owner.actor)
        return _take(wanted, owner)


def _take(wanted: Mapping[UUID, int], owner: _Owner) -> list[Reservation]:
    with transaction.atomic():
        verdicts = owner.require_within_limits(wanted)
        shares = allocate(lock_levels(variant_ids=list(wanted)), wanted)
        return _write(shares, owner, verdicts)


def _write(shares: list[Share], owner: _Owner, verdicts: Mapping[UUID, Verdict]) -> list[Reservation]:
    source_verdicts = [verdicts.get(share.variant_id) for share in shares]
    params = owner.params() | {
        "firsts": [verdict.first_reserved_at if verdict else None for verdict in source_verdicts],
        "ends": [verdict.expires_at if verdict else None for verdict in source_verdicts],
        "limited": [bool(verdict and verdict.is_limited) for verdict in source_verdicts],
        "ids": [uuid7() for _share in shares],
        "level_ids": [share.level_id for share in shares],
        "quantities": [share.quantity for share in shares],
    }
    return list(Reservation.objects.raw(RESERVE_LOCKED, params))


def _require_positive(wanted: Mapping[UUID, int]) -> None:
    for variant_id, quantity in wanted.items():
        if quantity < 1:
            raise ValueError(f"A hold of {variant_id} needs at least one unit, not {quantity}.")
