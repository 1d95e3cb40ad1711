"""The short road into the cart: a line that is not there yet and its hold in one call (orders/sql/add_line.sql)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from inventory.reservations import InsufficientStock, Shortage, source_limits
from inventory.reservations.sellability import sellability_of
from orders.cart.view import MAX_QUANTITY
from orders.models import Cart, CartLine
from shop.core.ids import uuid7

CALL = "SELECT outcome, price FROM orders_add_line(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def add_at_once(*, cart: Cart, variant_id: UUID, quantity: int, actor: str) -> CartLine | None:
    """Put a variant into a cart that has none of it and hold the units; None: the long road must say what is.

    A guest's cart that is not saved yet is written with its first line. Outside any transaction the call commits
    without waiting for the disk unless DURABLE_RESERVATIONS: cart, line and hold live or die together.

    Raises:
        InsufficientStock, NotSellable (ReservationRefused): nothing was changed.
    """
    is_new = cart._state.adding
    key = uuid7()
    is_asynchronous = not settings.DURABLE_RESERVATIONS and not connection.in_atomic_block
    params: list[Any] = [key, cart.pk, cart.token if is_new else None, variant_id, quantity, MAX_QUANTITY]
    params += [settings.CART_MAX_LINES, uuid7(), settings.RESERVATION_TTL, actor[:150]]
    terms = source_limits.of_visitor(is_new_cart=is_new)
    params += [is_asynchronous, cart.user_id, terms.as_array()]
    with connection.cursor() as cursor:
        cursor.execute(CALL, params)
        row = cursor.fetchone()
    if row is None:
        return None
    outcome, price = row
    if outcome == "refused":
        _explain(cart, variant_id, quantity, terms)
        return None
    cart._state.adding, cart._state.db = False, connection.alias
    line = CartLine(id=key, cart=cart, variant_id=variant_id, quantity=quantity, seen_price=price)
    line._state.adding, line._state.db = False, connection.alias
    return line


def _explain(cart: Cart, variant_id: UUID, quantity: int, terms: source_limits.Terms) -> None:
    """Raise what stands in the way; return when it may work now: lapsed holds, or a place that was lost in a race."""
    sellability = sellability_of([variant_id], cart_id=cart.pk, user_id=cart.user_id)[variant_id]
    sellability.require_sellable(quantity)
    if sellability.total < quantity and not sellability.has_expired_reservations:
        raise InsufficientStock([Shortage(variant_id, quantity, sellability.total)])
    source_limits.validate_source(
        variant_id, quantity, terms=terms, ttl=settings.RESERVATION_TTL, cart_id=cart.pk, user_id=cart.user_id
    )
