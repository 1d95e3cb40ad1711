"""Conversion: reserved units become sold. Safe under races, since it runs under the levels' locks."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from inventory import ledger
from inventory.locking import lock_levels, require_transaction
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.reservations.allocation import Share, allocate
from inventory.reservations.expiry import release_expired
from shop.core.database.kept_queries import Asked, KeptQuery, named, together
from shop.core.ids import uuid7

SOLD = "orders.order"


def _active(checkout_id: UUID) -> QuerySet[Reservation]:
    return Reservation.objects.filter(checkout_id=checkout_id, status=Reservation.Status.ACTIVE)


def _locked(checkout_id: UUID, level_ids: list[UUID]) -> QuerySet[Reservation]:
    rows = _active(checkout_id).filter(level_id__in=level_ids)
    return rows.order_by("level_id", "pk").select_for_update()


def _sales(order_id: UUID) -> QuerySet[StockMovement]:
    rows = StockMovement.objects.filter(cause_type=SOLD, cause_id=order_id, kind=StockMovement.Kind.SALE)
    return rows.order_by()[:1]


_LEVELS_OF: Final = KeptQuery(lambda key: _active(key).order_by().values_list("level_id"), UUID)
_LOCKED_OF: Final = KeptQuery(_locked, UUID, list)
_SALES: Final = KeptQuery(_sales, UUID)
_Purpose = Reservation.Purpose


@dataclass
class _Plan:
    """What is to be written.

    Reservations to convert, with the units of each; reservations of the cart that are converted in part; reservations
    to release; units without a reservation.
    """

    sells: list[tuple[Reservation, int]] = field(default_factory=list)
    parts: list[tuple[Reservation, int]] = field(default_factory=list)
    frees: list[Reservation] = field(default_factory=list)
    missing: dict[UUID, int] = field(default_factory=dict)


def convert(
    *,
    checkout_id: UUID,
    wanted: Mapping[UUID, int],
    order_id: UUID,
    reference: str,
    actor: str,
    cart_id: UUID | None = None,
    beside: Sequence[Asked[tuple[object, ...]]] = (),
) -> None:
    """Turn a checkout's reservations into the sale of `wanted` (variant → units), inside the caller's transaction.

    Reservations become converted, `reserved` and `on_hand` fall by the units sold, and each (line, level) has one sale
    movement. A reservation that expired but was not yet released still blocks its units and is used; what is missing is
    taken from what is available, after releasing expired reservations of others; what the checkout has reserved beyond
    `wanted` is released. Reservations of other carts are never touched. The window of a drop is not checked again: the
    money has arrived.

    With `cart_id`, what that cart has reserved of these variants is used as well, after the checkout's own (a session
    that ended before its money came, whose shopper has put the things into the cart again); it keeps what is not
    needed.

    `beside`: statements that go before its own, in the same round trip.

    Idempotent per order. Locks all levels of the variants, by primary key, then the reservations, until the caller's
    transaction ends: call it late, and lock no reservation before it.

    Raises:
        InsufficientStock: names every line that is short; nothing is sold and no reservation of this checkout has
        changed. RuntimeError: there is no transaction.
    """
    require_transaction("convert")
    mine = None
    if cart_id is None:
        *_others, reserved = together(*beside, _LEVELS_OF.asked(checkout_id))
        level_ids = {level_id for (level_id,) in reserved}
    else:
        if beside:
            together(*beside)
        owned = Q(checkout_id=checkout_id) | Q(cart_id=cart_id, variant_id__in=list(wanted))
        mine = Reservation.objects.filter(owned, status=Reservation.Status.ACTIVE)
        level_ids = set(mine.values_list("level_id", flat=True))
    levels = {level.pk: level for level in lock_levels(variant_ids=list(wanted), level_ids=level_ids)}
    # Checked under the locks: of two calls for one order, the second waits above and then sees the first's rows.
    if mine is None:
        sold, reservations = together(_SALES.asked(order_id), _LOCKED_OF.asked(checkout_id, list(levels)))
    else:
        sold = _SALES(order_id)
        reservations = list(mine.filter(level_id__in=levels).order_by("level_id", "pk").select_for_update())
    if sold:
        return
    shares = _sell_locked(
        reservations, levels, checkout_id=checkout_id, wanted=wanted, purpose=_Purpose.CHECKOUT, actor=actor
    )
    sales: Counter[UUID] = Counter()
    for share in shares:
        sales[share.level_id] += share.quantity
    ledger.sell(sales, order_id=order_id, reference=reference, actor=actor)


def end_and_sell(*, checkout_id: UUID, wanted: Mapping[UUID, int], purpose: str, actor: str) -> list[Share]:
    """End the reservations of a holder as the sale of `wanted`, without writing the sale; return whence units come.

    The caller writes the movements in the same transaction. Locks as `convert`.

    Raises:
        InsufficientStock: as `convert`.
    """
    require_transaction("end_and_sell")
    mine = Reservation.objects.filter(checkout_id=checkout_id, status=Reservation.Status.ACTIVE)
    level_ids = set(mine.values_list("level_id", flat=True))
    levels = {level.pk: level for level in lock_levels(variant_ids=list(wanted), level_ids=level_ids)}
    reservations = list(mine.filter(level_id__in=levels).order_by("level_id", "pk").select_for_update())
    return _sell_locked(
        reservations, levels, checkout_id=checkout_id, wanted=wanted, purpose=purpose, actor=actor
    )


def _sell_locked(
    reservations: list[Reservation],
    levels: dict[UUID, StockLevel],
    *,
    checkout_id: UUID,
    wanted: Mapping[UUID, int],
    purpose: str,
    actor: str,
) -> list[Share]:
    """End locked reservations as sold; return the units that are sold, by level."""
    plan = _plan(reservations, wanted, checkout_id)
    extra = _find_missing(plan, levels, excluded=reservations, actor=actor)
    _end_reservations(plan, checkout_id=checkout_id, actor=actor)
    parts = [Share(reservation.level_id, reservation.variant_id, units) for reservation, units in plan.parts]
    _write_sold(parts, "sold", checkout_id=checkout_id, purpose=purpose, actor=actor)
    _write_sold(extra, "sold_without_reservation", checkout_id=checkout_id, purpose=purpose, actor=actor)
    sold = [Share(one.level_id, one.variant_id, units) for one, units in plan.sells]
    return [*sold, *parts, *extra]


def _plan(reservations: Iterable[Reservation], wanted: Mapping[UUID, int], checkout_id: UUID) -> _Plan:
    """Use the checkout's own reservations before its cart's, the oldest first. Pure."""
    plan = _Plan(missing=dict(wanted))
    for reservation in sorted(
        reservations,
        key=lambda reservation: (
            reservation.checkout_id != checkout_id,
            reservation.created_at,
            reservation.pk,
        ),
    ):
        is_own = reservation.checkout_id == checkout_id
        units = min(reservation.quantity, plan.missing.get(reservation.variant_id, 0))
        if units and (is_own or units == reservation.quantity):
            plan.sells.append((reservation, units))
        elif units:
            plan.parts.append((reservation, units))
        elif is_own:
            plan.frees.append(reservation)
        if units:
            plan.missing[reservation.variant_id] -= units
    plan.missing = {variant_id: units for variant_id, units in plan.missing.items() if units > 0}
    return plan


def _find_missing(
    plan: _Plan, levels: dict[UUID, StockLevel], *, excluded: list[Reservation], actor: str
) -> list[Share]:
    """Choose where the units come from that no reservation covers, among what is available on the locked levels.

    Raises: InsufficientStock.
    """
    if not plan.missing:
        return []
    freed = release_expired(variant_ids=list(plan.missing), limit=5000, actor=actor, excluded=excluded)
    if freed:
        levels = StockLevel.objects.select_related("location").in_bulk(list(levels))
    return allocate(levels.values(), plan.missing)


def _end_reservations(plan: _Plan, *, checkout_id: UUID, actor: str) -> None:
    """Mark the reservations and lower `reserved` by all their units, sold and released alike."""
    lowered: dict[UUID, int] = defaultdict(int)
    for reservation, _units in plan.sells:
        lowered[reservation.level_id] += reservation.quantity
    for reservation in plan.frees:
        lowered[reservation.level_id] += reservation.quantity
    for reservation, units in plan.parts:
        lowered[reservation.level_id] += units
        Reservation.objects.filter(pk=reservation.pk).update(quantity=F("quantity") - units, updated_at=Now())
    if not lowered:
        return
    ended = {
        "ids": [reservation.pk for reservation, _units in plan.sells]
        + [reservation.pk for reservation in plan.frees],
        "units": [units for _reserve, units in plan.sells] + [0] * len(plan.frees),
        "checkout_id": checkout_id,
        "actor": actor[:150],
    }
    lower = {"level_ids": list(lowered), "units": list(lowered.values())}
    together(named(_END, ended), named(_LOWER, lower))


# A reservation sold in part keeps the sold quantity: a converted row has the number of units sold.
_END = """
UPDATE inventory_reservation AS reservation
   SET status = CASE WHEN row.units > 0 THEN 'converted' ELSE 'released' END,
       checkout_id = %(checkout_id)s,
       quantity = CASE WHEN row.units > 0 THEN row.units ELSE reservation.quantity END,
       end_reason = CASE WHEN row.units > 0 THEN 'sold' ELSE 'not_bought' END,
       ended_at = statement_timestamp(), ended_by = %(actor)s,
       source_ip = NULL, source_network = NULL, source_email = NULL, source_account = NULL,
       updated_at = statement_timestamp()
  FROM unnest(%(ids)s::uuid[], %(units)s::int[]) AS row (id, units)
 WHERE reservation.id = row.id AND reservation.status = 'active'
RETURNING reservation.id
"""

_LOWER = """
UPDATE inventory_stocklevel AS level
   SET reserved = level.reserved - row.units, updated_at = statement_timestamp()
  FROM unnest(%(level_ids)s::uuid[], %(units)s::int[]) AS row (level_id, units)
 WHERE level.id = row.level_id
RETURNING level.id
"""


def _write_sold(shares: list[Share], reason: str, *, checkout_id: UUID, purpose: str, actor: str) -> None:
    """Write converted reservations for units sold without one.

    Every sale can be traced to its checkout.
    """
    if not shares:
        return
    locations = dict(
        StockLevel.objects.filter(pk__in=[share.level_id for share in shares]).values_list(
            "pk", "location_id"
        )
    )
    rows = [
        Reservation(
            id=uuid7(),
            level_id=share.level_id,
            variant_id=share.variant_id,
            location_id=locations[share.level_id],
            quantity=share.quantity,
            status=Reservation.Status.CONVERTED,
            purpose=purpose,
            checkout_id=checkout_id,
            actor=actor[:150],
            ended_by=actor[:150],
            end_reason=reason,
            expires_at=Now(),
            ended_at=Now(),
        )
        for share in shares
    ]
    Reservation.objects.bulk_create(rows)
