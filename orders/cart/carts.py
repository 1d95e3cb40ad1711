"""The cart: finding it, filling it, and reserving what is in it.

A guest's cart is known by the cookie `cart`, an account's by the account. With `RESERVE_ON=cart` a line is kept only
together with its reservation: both are written in one transaction, the line first and the reservation last, so that
the hot stock row is locked for one statement and the commit. With `RESERVE_ON=checkout` the stock is only read.

Lock order here: cart (shared), cart line, then stock level (docs/locking.md). A cart that is being paid does not
change: the payment is finished, cancelled, or the shopper takes a new cart (`set_aside`).
"""

import re
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, QuerySet
from django.http import HttpRequest, HttpResponse

from catalog.drops import access
from catalog.models import Variant
from inventory import reservations
from inventory.reservations import InsufficientStock, NotSellable, source_limits
from orders.cart import limits, lines
from orders.cart.errors import (
    CartGone,
    InvalidQuantity,
    LimitReached,
    PaymentUnderWay,
    TooManyLines,
    UnknownVariant,
)
from orders.cart.reservations import reserve_line
from orders.cart.view import MAX_QUANTITY, CartLineView, CartView, ReservationState, limit_of, view
from orders.models import Cart, CartLine, CheckoutSession
from shop.core.audit import actors
from shop.core.database.kept_queries import Asked, KeptQuery
from shop.core.ids import token
from shop.core.web.http_dates import http_date_in

__all__ = [
    "CartGone",
    "CartLineView",
    "CartView",
    "InsufficientStock",
    "InvalidQuantity",
    "LimitReached",
    "NotSellable",
    "PaymentUnderWay",
    "ReservationState",
    "TooManyLines",
    "UnknownVariant",
    "actor_of",
    "add",
    "count",
    "ensure",
    "find",
    "forget",
    "put_reserved",
    "remember",
    "remove",
    "restore_reservation",
    "set_aside",
    "set_quantity",
    "view",
]

COOKIE: Final = "cart"
HEADER: Final = "Cart-Token"
_HEADER: Final = "HTTP_CART_TOKEN"
COOKIE_AGE: Final = 60 * 24 * 3600
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,43}", re.ASCII)
_REMEMBERED: Final = "_percha_cart"


def _of_account(user_id: UUID) -> QuerySet[Cart]:
    return Cart.objects.filter(user_id=user_id).order_by()


def _of_guest(value: str) -> QuerySet[Cart]:
    return Cart.objects.filter(token=value, user=None, buyer=None).order_by()


_OF_ACCOUNT: Final = KeptQuery(_of_account, UUID)
_OF_GUEST: Final = KeptQuery(_of_guest, str)


def _units_of_user(key: UUID) -> "QuerySet[CartLine, tuple[int]]":
    return CartLine.objects.filter(cart__user_id=key).order_by().values_list("quantity")


def _units_of_guest(value: str) -> "QuerySet[CartLine, tuple[int]]":
    rows = CartLine.objects.filter(cart__token=value, cart__user=None, cart__buyer=None)
    return rows.order_by().values_list("quantity")


_UNITS_OF_USER: Final = KeptQuery(_units_of_user, UUID)
_UNITS_OF_GUEST: Final = KeptQuery(_units_of_guest, str)


# -- Whose cart -----------------------------------------------------------------------------------------------------


def actor_of(request: HttpRequest) -> str:
    """Return the actor as events store it: the account's key, never its address."""
    return actors.of_visitor(request)


def cookie_token(request: HttpRequest) -> str:
    """Return the cart token that the visitor sent, or "" when there is none of the right form.

    A browser sends it as a cookie, an app as the header `Cart-Token`.
    """
    value = request.COOKIES.get(COOKIE) or request.META.get(_HEADER, "")
    return value if _TOKEN.fullmatch(value) else ""


def find(request: HttpRequest) -> Cart | None:
    """Return the visitor's cart, or None: one query, none at all for a guest without the cookie.

    A guest's token never opens a cart that belongs to an account.
    """
    if is_found(request):
        kept: Cart | None = getattr(request, _REMEMBERED)
        return kept
    cart: Cart | None = None
    if request.user.is_authenticated:
        cart = _OF_ACCOUNT.first(request.user.pk)
    elif value := cookie_token(request):
        cart = _OF_GUEST.first(value)
    setattr(request, _REMEMBERED, cart)
    return cart


def is_found(request: HttpRequest) -> bool:
    """Say whether the request knows its cart already, so that `find` asks nothing."""
    return hasattr(request, _REMEMBERED)


def found(request: HttpRequest, cart: Cart | None) -> Cart | None:
    """Let `find` return what was asked together with more (`asked_of_guest`)."""
    setattr(request, _REMEMBERED, cart)
    return cart


def asked_of_guest(value: str) -> Asked[Cart]:
    """Return what `find` asks of a guest's token."""
    return _OF_GUEST.asked(value)


def ensure(request: HttpRequest) -> Cart:
    """Return the visitor's cart; the view then calls `remember` on its response.

    A guest who had none gets one that is not saved: `add` writes it with the first line, and a visitor who is refused
    leaves nothing behind.
    """
    cart = find(request)
    if cart is None:
        if request.user.is_authenticated:
            cart, _created = Cart.objects.get_or_create(user=request.user)
        else:
            cart = Cart.unsaved()
        setattr(request, _REMEMBERED, cart)
    return cart


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Give a guest's browser the cookie of its cart (HttpOnly, SameSite=Lax, Secure outside development)."""
    cart = find(request)
    if cart is not None and cart.user_id is None and not cart._state.adding:
        response.set_cookie(
            COOKIE,
            cart.token,
            max_age=COOKIE_AGE,
            expires=http_date_in(COOKIE_AGE),
            httponly=True,
            samesite="Lax",
            secure=not settings.DEBUG,
        )


def forget(request: HttpRequest) -> None:
    """Drop the cart cached on this request, after a verb has replaced it."""
    if hasattr(request, _REMEMBERED):
        delattr(request, _REMEMBERED)


# -- What is in it ----------------------------------------------------------------------------------------------------


def add(*, cart: Cart, variant_id: UUID, quantity: int, actor: str) -> CartLine:
    """Put `quantity` more units of a variant into the cart and reserve the whole line for `RESERVATION_TTL`.

    A variant that is not in the cart yet is one call (`lines.put_reserved`); a cart which is not saved yet is written
    with it. Otherwise the line is written and its reservation brought to it in one transaction. Locks the cart
    (shared), the line, then the stock level (as the last statement).

    Raises:
        UnknownVariant, InvalidQuantity, LimitReached, TooManyLines, PaymentUnderWay, CartGone,
        InsufficientStock, NotSellable: nothing was changed.
    """
    _check_quantity(quantity)
    is_new = cart._state.adding
    try:
        if settings.RESERVE_ON == "cart":
            line = lines.put_reserved(cart=cart, variant_id=variant_id, quantity=quantity, actor=actor)
            if line is not None:
                return line
        with transaction.atomic():
            softly = not settings.DURABLE_RESERVATIONS
            line = lines.put(cart=cart, variant_id=variant_id, quantity=quantity, actor=actor, softly=softly)
            reserve_line(cart, variant_id, line.quantity, actor=actor, is_new=line.quantity == quantity)
    except Exception as error:
        cart._state.adding = is_new  # A visitor whose first add is refused leaves no cart behind.
        if isinstance(error, IntegrityError):
            raise CartGone(str(cart.pk)) from error
        raise
    return line


def put_reserved(*, cart: Cart, variant_id: UUID, quantity: int, holder_id: UUID, actor: str) -> CartLine:
    """Put units into the cart that are reserved already under another key (an offer of the waiting list).

    Their reservations become the cart's and keep their time. In the caller's transaction; locks the cart line, then the
    levels of both keys' reservations, then the reservations.

    Raises: as `add`; nothing was changed.
    """
    with transaction.atomic():
        line = lines.put(cart=cart, variant_id=variant_id, quantity=quantity, actor=actor)
        source_limits.take_turn(source_limits.of_visitor(), cart_id=cart.pk, user_id=cart.customer_id)
        reservations.transfer(from_cart_id=holder_id, to_cart_id=cart.pk, actor=actor)
        have = reservations.find_active(cart_id=cart.pk).get(variant_id)
        if have is None or have.quantity < line.quantity:
            reserve_line(cart, variant_id, line.quantity, actor=actor)
    return line


def set_quantity(*, cart: Cart, variant_id: UUID, quantity: int, actor: str) -> CartLine | None:
    """Set a line to `quantity` units and its reservation with it; 0 takes the line out and returns None.

    Fewer units need no new stock: the surplus is released. Locks the cart (shared), the line, then the level.

    Raises:
        UnknownVariant: also when the line is no longer there. Otherwise as `add`; nothing was changed.
    """
    if quantity == 0:
        remove(cart=cart, variant_id=variant_id, actor=actor)
        return None
    _check_quantity(quantity)
    with transaction.atomic():
        _lock_against_payment(cart)
        variant = _variant(cart, variant_id)
        limit = limit_of(variant)
        _require_customer_limit(cart, variant, quantity)
        line = CartLine.objects.select_for_update().filter(cart=cart, variant_id=variant_id).first()
        if line is None:
            raise UnknownVariant(str(variant_id))
        if quantity > limit and quantity >= line.quantity:
            raise LimitReached(variant.pk, limit)
        line.quantity, line.seen_price = min(quantity, limit), variant.price
        line.save(update_fields=["quantity", "seen_price", "updated_at"])
        reserve_line(cart, variant_id, line.quantity, actor=actor)
    return line


def remove(*, cart: Cart, variant_id: UUID, actor: str) -> bool:
    """Take a line out and release its reservation; say whether there was one (repeating is harmless).

    Raises:
        PaymentUnderWay: nothing was changed.
    """
    with transaction.atomic():
        _lock_against_payment(cart)
        _refuse_while_paying(cart)
        deleted, _rows = CartLine.objects.filter(cart=cart, variant_id=variant_id).delete()
        reservations.release(cart_id=cart.pk, variant_id=variant_id, reason="removed", actor=actor)
    return bool(deleted)


def restore_reservation(*, cart: Cart, variant_id: UUID, actor: str) -> CartLine:
    """Reserve a line again whose reservation has expired, if the units are still there.

    Others may have taken them meanwhile; a live reservation is left as it is, so this renews nothing.

    Raises:
        UnknownVariant, LimitReached, PaymentUnderWay, InsufficientStock, NotSellable: nothing was changed.
    """
    with transaction.atomic():
        _lock_against_payment(cart)
        variant = _variant(cart, variant_id)
        line = CartLine.objects.select_for_update().filter(cart=cart, variant_id=variant_id).first()
        if line is None:
            raise UnknownVariant(str(variant_id))
        if line.quantity > limit_of(variant):
            raise LimitReached(variant.pk, limit_of(variant))
        reserve_line(cart, variant_id, line.quantity, actor=actor)
    return line


def set_aside(*, cart: Cart, actor: str) -> Cart:
    """Leave a cart to the payment that is under way and return a new one for the same visitor.

    The old row keeps the checkout session and its reservations; the guest's token or the account moves to the new row.
    Does nothing when no payment is under way: the same cart is returned. Locks the cart row.
    """
    with transaction.atomic():
        old = Cart.objects.select_for_update(no_key=True).get(pk=cart.pk)
        if not _paying(old):
            return old
        user, value = old.user, old.token
        old.user, old.token = None, token()
        old.save(update_fields=["user", "token", "updated_at"])
        fresh = Cart.objects.create(user=user, buyer_id=old.buyer_id, token=value)
        access.share(from_cart_id=old.pk, to_cart_id=fresh.pk)
        return fresh


# -- How ----------------------------------------------------------------------------------------------------------


def _check_quantity(quantity: int) -> None:
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidQuantity


def _paying(cart: Cart) -> CheckoutSession | None:
    return CheckoutSession.objects.filter(cart=cart, status=CheckoutSession.Status.AWAITING_PAYMENT).first()


def _refuse_while_paying(cart: Cart) -> None:
    session = _paying(cart)
    if session is not None:
        raise PaymentUnderWay(session.token)


def _variant(cart: Cart, variant_id: UUID) -> Variant:
    """Return the variant with what a verb needs of the cart, in one query (two when a payment is under way)."""
    paying = CheckoutSession.objects.filter(cart=cart, status=CheckoutSession.Status.AWAITING_PAYMENT)
    variant = Variant.objects.annotate(is_paying=Exists(paying)).filter(pk=variant_id).first()
    if variant is None:
        raise UnknownVariant(str(variant_id))
    if variant.is_paying:
        _refuse_while_paying(cart)
    return variant


def _require_customer_limit(cart: Cart, variant: Variant, quantity: int) -> None:
    """Refuse an account that has bought up to its limit in this drop; guests are checked when they pay."""
    if cart.customer_id is None or variant.max_per_order is None:
        return
    bought = limits.already_bought(limits.Customer(user_id=cart.customer_id), [variant.pk]).get(variant.pk, 0)
    if bought and bought + quantity > variant.max_per_order:
        raise LimitReached(variant.pk, variant.max_per_order)


def _lock_against_payment(cart: Cart) -> None:
    """Lock the cart's row (SHARE) until the commit.

    `checkout.freeze_for_payment` locks it for itself: a cart edited in the moment in which Pay is pressed either is
    frozen as edited, or is not edited any more. Query whether a payment is under way after this statement. Two
    edits do not wait for one another here.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM orders_cart WHERE id = %s FOR SHARE", [cart.pk])


def count(request: HttpRequest) -> int:
    """Return the units in the visitor's cart, for the header: one query, none for a guest without the cookie."""
    # An error may be shown before it is known who asks.
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return sum(units for (units,) in _UNITS_OF_USER(user.pk))
    if value := cookie_token(request):
        return sum(units for (units,) in _UNITS_OF_GUEST(value))
    return 0
