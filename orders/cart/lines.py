"""Adding a line to a cart: `orders/sql/put_line.sql` applies every rule; its answers become exceptions."""

from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from inventory.reservations import InsufficientStock, Shortage, source_limits
from inventory.reservations.sellability import sellability_of
from orders import clocks
from orders.cart import limits
from orders.cart.errors import CartGone, LimitReached, PaymentUnderWay, TooManyLines, UnknownVariant
from orders.cart.view import MAX_QUANTITY
from orders.models import Cart, CartLine
from shop.core.database.postgresql.base import default_database
from shop.core.database.postgresql.prepared import kept
from shop.core.ids import uuid7

CALL = kept(
    "SELECT outcome, line_id, quantity, price, detail"
    " FROM orders_put_line(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


class _Answer(NamedTuple):
    """A row of `orders_put_line`: of a refusal, `quantity` is the limit and `detail` the paying session's token."""

    outcome: str
    line_id: UUID | None
    quantity: int
    price: object
    detail: str


def put_reserved(*, cart: Cart, variant_id: UUID, quantity: int, actor: str) -> CartLine | None:
    """Put a variant into a cart that has none of it and reserve its units, in one call.

    A guest's cart that is not saved yet is written with its first line. Outside any transaction the call commits
    without waiting for the disk unless DURABLE_RESERVATIONS: a crash loses cart, line and reservation together or none.

    Returns None, with nothing changed, where one call cannot do it: the line is there already, or the units may be
    had once expired reservations are released. Then `put` and a reservation in one transaction can.

    Raises:
        As `put`; InsufficientStock, NotSellable (ReservationRefused): nothing was changed.
    """
    terms = source_limits.of_visitor(is_new_cart=cart._state.adding)
    softly = not settings.DURABLE_RESERVATIONS and not connection.in_atomic_block
    answer = _call(cart, variant_id, quantity, actor=actor, softly=softly, terms=terms, reserve=True)
    if answer.outcome == "refused":
        _explain(cart, variant_id, quantity, terms)
    return _line(cart, variant_id, answer) if answer.outcome == "reserved" else None


def put(*, cart: Cart, variant_id: UUID, quantity: int, actor: str, softly: bool = False) -> CartLine:
    """Write a line or add to it, and its cart with it if that is new. In the caller's transaction, which reserves.

    Locks the cart (shared), then the line. `softly`: the commit need not wait for the disk.

    Raises:
        CartGone, LimitReached, PaymentUnderWay, TooManyLines, UnknownVariant: nothing was changed.
    """
    terms = source_limits.of_visitor()
    answer = _call(cart, variant_id, quantity, actor=actor, softly=softly, terms=terms, reserve=False)
    return _line(cart, variant_id, answer)


def _call(
    cart: Cart,
    variant_id: UUID,
    quantity: int,
    *,
    actor: str,
    softly: bool,
    terms: source_limits.Terms,
    reserve: bool,
    bought: int | None = None,
) -> _Answer:
    """Call the function, once more with what the account has bought where the limit counts that; raise refusals."""
    token = cart.token if cart._state.adding else None
    params: list[Any] = [
        uuid7(),
        cart.pk,
        token,
        cart.customer_id,
        variant_id,
        quantity,
        bought,
        MAX_QUANTITY,
    ]
    params += [settings.CART_MAX_LINES, softly, reserve, uuid7(), clocks.reservation(), actor[:150]]
    [[row]] = default_database().ask(CALL, [*params, terms.as_array()], answers=1)
    answer = _Answer(*row)
    if answer.outcome == "ask":
        bought = limits.already_bought(limits.Customer(user_id=cart.customer_id), [variant_id]).get(
            variant_id, 0
        )
        again = partial(_call, cart, variant_id, quantity, bought=bought)
        return again(actor=actor, softly=softly, terms=terms, reserve=reserve)
    _require_written(answer, cart, variant_id)
    return answer


def _require_written(answer: _Answer, cart: Cart, variant_id: UUID) -> None:
    match answer.outcome:
        case "gone":
            raise CartGone(str(cart.pk))
        case "unknown":
            raise UnknownVariant(str(variant_id))
        case "paying":
            raise PaymentUnderWay(answer.detail)
        case "limit":
            raise LimitReached(variant_id, answer.quantity)
        case "full":
            raise TooManyLines(settings.CART_MAX_LINES)


def _line(cart: Cart, variant_id: UUID, answer: _Answer) -> CartLine:
    """Return the line as the function wrote it; the cart, which it may have written, is marked as saved."""
    cart._state.adding, cart._state.db = False, connection.alias
    names = ["id", "cart_id", "variant_id", "quantity", "seen_price"]
    line = CartLine.from_db(
        connection.alias, names, [answer.line_id, cart.pk, variant_id, answer.quantity, answer.price]
    )
    line._state.fields_cache["cart"] = cart
    return line


def _explain(cart: Cart, variant_id: UUID, quantity: int, terms: source_limits.Terms) -> None:
    """Raise what prevents it; return when it may work now: expired reservations, or a race lost to another request."""
    sellability = sellability_of([variant_id], cart_id=cart.pk, user_id=cart.customer_id)[variant_id]
    sellability.require_sellable(quantity)
    if sellability.total < quantity and not sellability.has_expired_reservations:
        raise InsufficientStock([Shortage(variant_id, quantity, sellability.total)])
    source_limits.validate_source(
        variant_id, quantity, terms=terms, ttl=clocks.reservation(), cart_id=cart.pk, user_id=cart.customer_id
    )
