"""Limits of cash vouchers: at most a share of a variant's units may be reserved for unpaid cash vouchers.

`take_share` alone turns a checkout's reservations into those of its cash voucher. It counts under the levels' locks, so
that concurrent shoppers together never exceed the share. `has_share_left` asks the same without a lock, for what a page
offers: the answer may be out of date when the voucher is chosen, and then `take_share` refuses.

Of goods in a drop, one source (account, confirmed e-mail, address, network) may keep few units by cash vouchers
(CASH_VOUCHERS_PER_…): a cash voucher costs nothing, and the share alone could be used up by one visitor for days.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet, Subquery, Sum
from django.db.models.functions import Now

from inventory.locking import lock_levels, require_transaction
from inventory.models import Reservation, StockLevel
from inventory.reservations import source_limits
from inventory.reservations.source_limits import Terms
from shop.core.database.kept_queries import KeptQuery, Rows, Several, together

Purpose, Status = Reservation.Purpose, Reservation.Status
# Keys of variants, or the query that finds them.
Keys: TypeAlias = "list[UUID] | QuerySet[Any, Any]"
Checkout: TypeAlias = Callable[..., Subquery]
Variants: TypeAlias = "Callable[..., QuerySet[Any, Any]]"


def asked(wanted: Mapping[UUID, int], checkout_id: UUID) -> Several:
    """Return what `has_share_left` asks first of a checkout, to be asked `together` with more."""
    return _MINE.asked(checkout_id, wanted), _LEVELS.asked(wanted), _IN_OTHERS.asked(wanted, checkout_id)


def kept_by(checkout: Checkout, variants: Variants, *kinds: type) -> tuple[KeptQuery[Any], ...]:
    """Return the queries of `asked` for a checkout and its variants that the database finds by values of `kinds`."""
    return (
        KeptQuery(lambda *values: _mine(checkout(*values), variants(*values)), *kinds),
        KeptQuery(lambda *values: _levels(variants(*values)), *kinds),
        KeptQuery(lambda *values: _in_others(variants(*values), checkout(*values)), *kinds),
    )


def has_share_left(
    *,
    wanted: Mapping[UUID, int],
    percent: int,
    checkout_id: UUID | None = None,
    known: Rows | None = None,
) -> bool:
    """Return whether cash vouchers may reserve `wanted` (variant → units) as well: per variant, all that cash vouchers
    reserve and this is at most `percent` of its sellable units on hand, and the source of `checkout_id` keeps no more
    by cash vouchers than it may. One round trip, up to four more queries in a drop; no locks. Of vouchers an expired
    reservation counts until it is released.

    What `checkout_id` has reserved for its own cash voucher does not count twice. `known`: the answers to `asked`,
    where that was asked already.
    """
    if checkout_id is None:
        levels, taken = together(_LEVELS.asked(wanted), _IN_VOUCHERS.asked(wanted))
        return _fits(levels, wanted, percent, dict(taken))
    mine, levels, taken = known or together(*asked(wanted, checkout_id))
    return _source_may(mine, checkout_id) and _fits(levels, wanted, percent, dict(taken))


def take_share(*, checkout_id: UUID, wanted: Mapping[UUID, int], percent: int) -> bool:
    """Make a checkout's reservations its voucher's, all or none; return whether it may. The caller extends them.

    False when a part of `wanted` is not reserved any more. What was given is not taken back, though units were sold
    since: repeated, it asks for no lock. Else it takes the source's lock (goods in a drop), locks all levels of the
    variants by primary key, then the reservations, until the caller's transaction ends.

    Raises:
        RuntimeError: there is no transaction.
    """
    require_transaction("take_share")
    mine = Reservation.objects.filter(
        checkout_id=checkout_id, status=Status.ACTIVE, variant_id__in=list(wanted)
    )
    if _covers(_units(mine.filter(purpose=Purpose.VOUCHER)), wanted):
        return True
    _lock_levels(mine)
    levels = lock_levels(variant_ids=list(wanted))
    reservations = list(mine.order_by("level_id", "pk").select_for_update())
    have = _units(reservations)
    if not _covers(have, wanted) or not _fits(
        levels, have, percent, dict(_IN_OTHERS(list(have), checkout_id))
    ):
        return False
    if not _source_may(reservations, checkout_id):
        return False
    Reservation.objects.filter(pk__in=[reservation.pk for reservation in reservations]).update(
        purpose=Purpose.VOUCHER, updated_at=Now()
    )
    return True


def _lock_levels(reservations: "QuerySet[Reservation]") -> None:
    limited = reservations.filter(source_network__isnull=False).order_by("source_network")
    for network in limited.values_list("source_network", flat=True).distinct():
        source_limits.take_turn(Terms(network=network), cart_id=None, user_id=None)


def _source_may(reservations: Iterable[Reservation], checkout_id: UUID) -> bool:
    """Return whether the sources of these reservations may keep them by cash vouchers.

    Beside what they keep so already.
    """
    limited = [reservation for reservation in reservations if reservation.source_network is not None]
    units = sum(reservation.quantity for reservation in limited)
    for name, most in (
        ("source_account", settings.CASH_VOUCHERS_PER_BUYER),
        ("source_email", settings.CASH_VOUCHERS_PER_BUYER),
        ("source_ip", settings.CASH_VOUCHERS_PER_IP),
        ("source_network", settings.CASH_VOUCHERS_PER_NETWORK),
    ):
        if name in {"source_ip", "source_network"} and all(
            reservation.source_account for reservation in limited
        ):
            most *= settings.RESERVED_SIGNED_IN_FACTOR
        keys = {getattr(reservation, name) for reservation in limited} - {None}
        if keys and _units_of_other_vouchers(name, keys, checkout_id) + units > most:
            return False
    return True


def _units_of_other_vouchers(name: str, keys: set[object], checkout_id: UUID) -> int:
    others = Reservation.objects.filter(
        **{f"{name}__in": keys}, status=Status.ACTIVE, purpose=Purpose.VOUCHER
    ).exclude(checkout_id=checkout_id)
    return int(others.aggregate(units=Sum("quantity"))["units"] or 0)


def _units(reservations: Iterable[Reservation]) -> Counter[UUID]:
    units: Counter[UUID] = Counter()
    for reservation in reservations:
        units[reservation.variant_id] += reservation.quantity
    return units


def _covers(have: Mapping[UUID, int], wanted: Mapping[UUID, int]) -> bool:
    return all(have.get(key, 0) >= units for key, units in wanted.items())


def _fits(
    levels: Iterable[StockLevel], wanted: Mapping[UUID, int], percent: int, taken: Mapping[UUID, int]
) -> bool:
    there: Counter[UUID] = Counter()
    for level in levels:
        if level.location.is_sold_from:
            there[level.variant_id] += level.on_hand
    return all(
        taken.get(key, 0) + units <= there[key] * percent // 100 for key, units in wanted.items() if units
    )


def _mine(checkout_id: UUID | Subquery, variant_ids: Keys) -> "QuerySet[Reservation]":
    return Reservation.objects.filter(
        checkout_id=checkout_id, status=Status.ACTIVE, variant_id__in=variant_ids
    )


def _levels(variant_ids: Keys) -> "QuerySet[StockLevel]":
    return StockLevel.objects.filter(variant_id__in=variant_ids).select_related("location")


def _in_vouchers(variant_ids: Keys) -> "QuerySet[Reservation, tuple[UUID, int]]":
    rows = Reservation.objects.filter(
        variant_id__in=variant_ids, status=Status.ACTIVE, purpose=Purpose.VOUCHER
    )
    return rows.order_by().values_list("variant_id").annotate(units=Sum("quantity"))


def _in_others(variant_ids: Keys, checkout_id: UUID | Subquery) -> "QuerySet[Reservation, tuple[UUID, int]]":
    return _in_vouchers(variant_ids).exclude(Q(checkout_id=checkout_id, checkout_id__isnull=False))


_MINE: Final = KeptQuery(_mine, UUID, list)
_LEVELS: Final = KeptQuery(_levels, list)
_IN_VOUCHERS: Final = KeptQuery(_in_vouchers, list)
_IN_OTHERS: Final = KeptQuery(_in_others, list, UUID)
