"""The reservations of a cart: brought to exactly the units of its lines, all or nothing."""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Now

from inventory import reservations
from inventory.locking import lock_levels
from inventory.models import Reservation
from inventory.reservations import InsufficientStock, Shortage, source_limits
from inventory.reservations.sellability import sellability_of
from orders import clocks
from orders.models import Cart
from shop.core.database.kept_queries import KeptQuery, Rows, Several, together


def reserve_line(cart: Cart, variant_id: UUID, quantity: int, *, actor: str, is_new: bool = False) -> None:
    """Reserve `quantity` units of a line (RESERVE_ON=cart), or only check that they are there (RESERVE_ON=checkout)."""
    if settings.RESERVE_ON == "cart":
        reserve_exactly(
            cart_id=cart.pk,
            user_id=cart.customer_id,
            wanted={variant_id: quantity},
            actor=actor,
            may_have=not is_new,
        )
    else:
        _see_stock(cart, variant_id, quantity)


def reserve_exactly(
    *,
    cart_id: UUID,
    wanted: dict[UUID, int],
    actor: str,
    user_id: UUID | None = None,
    may_have: bool = True,
    purpose: str = Reservation.Purpose.CART,
    for_payment: bool = False,
    known: Rows | None = None,
) -> None:
    """Bring a cart's live reservations to exactly `wanted` units per variant, all or nothing.

    Expired reservations of this cart that no job has released yet are released first, so that none counts twice.
    `user_id`: the account whose cart it is (early access). `for_payment`: the units are about to be paid, so it does
    not matter how long the cart has had them. The limits are those of the visitor whose request is being answered
    (`inventory.reservations.source_limits`). `known`: the rows of `asked`, in this transaction. To be
    called inside a transaction; it locks the source's turn, then, last, the stock levels by primary key.

    Raises:
        InsufficientStock, NotSellable (ReservationRefused): nothing was changed.
    """
    terms = source_limits.of_visitor(for_payment=for_payment)
    if not may_have:
        _reserve(cart_id, user_id, wanted, actor, purpose, terms)
        return
    live, over = known or together(*asked(cart_id))
    have = {key: reservation.quantity for key, reservation in reservations.as_active(live).items()}
    stale = dict(over)
    again = {key for key, units in wanted.items() if stale.get(key) and have.get(key, 0) < units}
    surplus = {key: have[key] - units for key, units in wanted.items() if have.get(key, 0) > units}
    if not again and not surplus and all(have.get(key, 0) == units for key, units in wanted.items()):
        return
    with transaction.atomic():
        if again or surplus:
            source_limits.take_turn(terms, cart_id=cart_id, user_id=user_id)
            lock_levels(variant_ids=list(wanted))
        for key in again:
            reservations.release(cart_id=cart_id, variant_id=key, reason="lapsed", actor=actor)
            have[key] = 0
        for key, units in surplus.items():
            reservations.release(cart_id=cart_id, variant_id=key, quantity=units, reason="fewer", actor=actor)
        missing = {key: units - have.get(key, 0) for key, units in wanted.items() if have.get(key, 0) < units}
        _reserve(cart_id, user_id, missing, actor, purpose, terms)


def _reserve(
    cart_id: UUID,
    user_id: UUID | None,
    missing: dict[UUID, int],
    actor: str,
    purpose: str,
    terms: source_limits.Terms,
) -> None:
    ttl = clocks.reservation()
    if len(missing) == 1:
        ((variant_id, units),) = missing.items()
        reservations.reserve(
            variant_id=variant_id,
            quantity=units,
            ttl=ttl,
            cart_id=cart_id,
            user_id=user_id,
            purpose=Reservation.Purpose(purpose),
            actor=actor,
            terms=terms,
        )
    elif missing:
        reservations.reserve_many(
            wanted=missing,
            ttl=ttl,
            cart_id=cart_id,
            user_id=user_id,
            purpose=Reservation.Purpose(purpose),
            actor=actor,
            terms=terms,
        )


def asked(cart_id: UUID) -> Several:
    """Return what `reserve_exactly` asks first, to be asked `together` with more: what is reserved by a cart, and what
    of its reservations has expired and is not released yet.
    """
    return reservations.asked_active(cart_id), _STALE.asked(cart_id)


def _expired(cart_id: UUID) -> "QuerySet[Reservation, tuple[UUID, int]]":
    rows = Reservation.objects.filter(
        cart_id=cart_id, status=Reservation.Status.ACTIVE, expires_at__lte=Now()
    )
    return rows.order_by().values_list("variant_id").annotate(units=Sum("quantity"))


_STALE: Final = KeptQuery(_expired, UUID)


def _see_stock(cart: Cart, variant_id: UUID, quantity: int) -> None:
    """Refuse what could not be sold now; nothing is reserved."""
    sellability = sellability_of([variant_id], cart_id=cart.pk, user_id=cart.customer_id)[variant_id]
    sellability.require_sellable()
    if sellability.total < quantity:
        raise InsufficientStock([Shortage(variant_id, quantity, sellability.total)])
