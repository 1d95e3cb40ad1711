"""The cart as a screen needs it: every line with picture, price and the state of its reservation, in two queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import QuerySet, Subquery
from django.utils import timezone

from catalog.models import Product, Variant
from orders.models import Cart, CartLine, CheckoutSession
from orders.pricing import kinds
from orders.pricing.kinds import Basket
from orders.pricing.totals import PricedLine, Totals
from shop.core.countries import shop_country
from shop.core.database.kept_queries import Asked, KeptQuery, together
from shop.core.database.postgresql.prepared import kept
from shop.core.money import shop_currency

MAX_QUANTITY: Final = 99


class ReservationState(StrEnum):
    """The state of a line's units now."""

    RESERVED = "reserved"  # all of them are reserved for this cart
    FREE = "free"  # not reserved, but there (RESERVE_ON=checkout)
    EXPIRED = "expired"  # the reservation is over, the units are still there
    PARTLY = "partly"  # some are reserved, the rest could be now
    SHORT = "short"  # fewer are there than wanted
    SOLD_OUT = "sold_out"
    NOT_SELLABLE = "not_sellable"  # taken off sale, or the drop's window is shut


@dataclass(frozen=True, slots=True)
class CartLineView:
    """One line. `obtainable`: units this cart could have now. Amounts with taxes, in the shop's currency."""

    id: UUID
    variant: Variant
    product: Product
    quantity: int
    unit_price: Decimal
    former_price: Decimal | None
    total: Decimal
    image_url: str
    state: ReservationState
    reserved: int
    obtainable: int
    expires_at: datetime | None
    reason: str
    opens_at: datetime | None
    limit: int

    @property
    def one_fewer(self) -> int:
        return self.quantity - 1

    @property
    def one_more(self) -> int:
        return self.quantity + 1

    @property
    def is_payable(self) -> bool:
        """Say whether the line counts in the total; what cannot be had is shown, never charged."""
        return self.state in {
            ReservationState.RESERVED,
            ReservationState.FREE,
            ReservationState.EXPIRED,
            ReservationState.PARTLY,
        }

    @property
    def needs_reservation(self) -> bool:
        """Say whether units that are there must be reserved again: all of them, or some."""
        return self.state in {ReservationState.EXPIRED, ReservationState.PARTLY}


@dataclass(frozen=True, slots=True)
class CartView:
    """The whole cart at `now` (the database's clock). `expires_at`: when the first reservation expires.

    `totals` is of the lines that are payable, with the adjustments that are known before a shipping is chosen.
    """

    lines: tuple[CartLineView, ...]
    now: datetime
    totals: Totals
    units: int
    expires_at: datetime | None

    @property
    def subtotal(self) -> Decimal:
        """What the payable lines cost before adjustments."""
        return self.totals.subtotal

    @property
    def is_empty(self) -> bool:
        return not self.lines

    @property
    def payable(self) -> tuple[CartLineView, ...]:
        return tuple(line for line in self.lines if line.is_payable)

    @property
    def blocked(self) -> tuple[CartLineView, ...]:
        """Return the lines that must be changed or taken out before checkout."""
        return tuple(line for line in self.lines if not line.is_payable)

    @property
    def expired(self) -> tuple[CartLineView, ...]:
        return tuple(line for line in self.lines if line.needs_reservation)

    @property
    def can_check_out(self) -> bool:
        return bool(self.lines) and not self.blocked


def _lines(cart_id: UUID) -> QuerySet[CartLine]:
    rows = CartLine.objects.filter(cart_id=cart_id).select_related("variant__product__brand")
    return rows.order_by("created_at", "id")


def _guest_lines(token: str) -> QuerySet[CartLine]:
    rows = CartLine.objects.filter(cart__token=token, cart__user=None, cart__buyer=None)
    return rows.select_related("variant__product__brand").order_by("created_at", "id")


def _checkout_lines(token: str) -> QuerySet[CartLine]:
    # Of the goods no more than the lines of a checkout are made of (`frozen_lines`).
    cart = Subquery(CheckoutSession.objects.filter(token=token).order_by().values("cart_id"))
    rows = CartLine.objects.filter(cart_id=cart).select_related("variant__product")
    goods = ("sku", "name", "price", "weight_grams", "max_per_order", "product__name")
    return rows.only("quantity", "seen_price", *(f"variant__{name}" for name in goods)).order_by(
        "created_at", "id"
    )


_LINES: Final = KeptQuery(_lines, UUID)
_GUEST_LINES: Final = KeptQuery(_guest_lines, str)
_OPTIONS: Final = "SELECT * FROM orders_cart_options(%s, %s)"
_GUEST_OPTIONS: Final = (
    "SELECT options.* FROM orders_cart AS cart CROSS JOIN LATERAL orders_cart_options(cart.id, NULL) AS options"
    " WHERE cart.token = %s AND cart.user_id IS NULL AND cart.buyer_id IS NULL"
)

_CHECKOUT_LINES: Final = KeptQuery(_checkout_lines, str)
_CHECKOUT_OPTIONS: Final = (
    "SELECT options.* FROM orders_checkoutsession AS checkout JOIN orders_cart AS cart ON cart.id = checkout.cart_id"
    " CROSS JOIN LATERAL orders_cart_options(cart.id, coalesce(cart.user_id, cart.buyer_id)) AS options"
    " WHERE checkout.token = %s"
)


def view(cart: Cart | None) -> CartView:
    """Return the cart with present prices, availability and reservation states. Two queries in one round trip."""
    if cart is None:
        return CartView((), timezone.now(), _totals((), None), 0, None)
    return view_of(cart, *together(*asked(cart)))


def asked_of_guest(token: str) -> tuple[Asked[CartLine], Asked[tuple[Any, ...]]]:
    """Return what `view` asks of the cart of a guest's token, before it is known whether there is one."""
    return _GUEST_LINES.asked(token), Asked(kept(_GUEST_OPTIONS), [token])


def asked_of_checkout(token: str) -> tuple[Asked[CartLine], Asked[tuple[Any, ...]]]:
    """Return what `view` asks of the cart of a checkout's token, before the checkout is known."""
    return _CHECKOUT_LINES.asked(token), Asked(kept(_CHECKOUT_OPTIONS), [token])


def asked(cart: Cart) -> tuple[Asked[CartLine], Asked[tuple[Any, ...]]]:
    """Return what `view` asks of a cart, to be asked `together` with more."""
    return _LINES.asked(cart.pk), Asked(kept(_OPTIONS), [cart.pk, cart.customer_id])


def view_of(cart: Cart, found: Sequence[CartLine], rows: Sequence[tuple[Any, ...]]) -> CartView:
    """Return the view of a cart from the answers to `asked`."""
    options = {
        variant_id: CartOptions(int(available), int(reserved), *rest)
        for variant_id, available, reserved, *rest in rows
    }
    # A line added between the two queries is shown by the next page.
    lines = tuple(_line(row, options[row.variant_id]) for row in found if row.variant_id in options)
    now = next((place.asked_at for place in options.values()), None) or timezone.now()
    ends = [line.expires_at for line in lines if line.expires_at and line.reserved]
    return CartView(
        lines=lines,
        now=now,
        totals=_totals(lines, cart.customer_id),
        units=sum(line.quantity for line in lines),
        expires_at=min(ends, default=None),
    )


def _totals(lines: tuple[CartLineView, ...], user_id: UUID | None) -> Totals:
    return kinds.compute(
        Basket(
            currency=shop_currency(),
            country=shop_country(),
            lines=tuple(
                PricedLine(str(line.id), line.quantity, line.unit_price) for line in lines if line.is_payable
            ),
            user_id=user_id,
        )
    )


def limit_of(variant: Variant) -> int:
    """Return how many units of a variant one purchase may have."""
    return min(MAX_QUANTITY, variant.max_per_order or MAX_QUANTITY)


@dataclass(frozen=True, slots=True)
class CartOptions:
    """What can be had of a variant now, as orders/sql/cart_options.sql says it."""

    available: int
    reserved: int
    ends_at: datetime | None
    reason: str
    opens_at: datetime | None
    picture: str | None
    asked_at: datetime


def picture_url(file: str | None) -> str:
    """Return the address of a stored picture, or "" when there is none."""
    return default_storage.url(file) if file else ""


def _line(row: CartLine, options: CartOptions) -> CartLineView:
    variant = row.variant
    return CartLineView(
        id=row.pk,
        variant=variant,
        product=variant.product,
        quantity=row.quantity,
        unit_price=variant.price,
        former_price=row.seen_price if row.seen_price != variant.price else None,
        total=variant.price * row.quantity,
        image_url=picture_url(options.picture),
        state=_state(row.quantity, options),
        reserved=min(options.reserved, row.quantity),
        obtainable=options.reserved + options.available,
        expires_at=options.ends_at,
        reason=options.reason,
        opens_at=options.opens_at,
        limit=limit_of(variant),
    )


def _state(quantity: int, options: CartOptions) -> ReservationState:
    """Decide a line's state.

    A live reservation outlives its drop's window, but not the variant being taken off sale.
    """
    if options.reason == "inactive":
        return ReservationState.NOT_SELLABLE
    if options.reserved >= quantity:
        return ReservationState.RESERVED
    if options.reason:
        return ReservationState.NOT_SELLABLE
    if options.reserved + options.available >= quantity:
        if options.reserved:
            return ReservationState.PARTLY
        return ReservationState.EXPIRED if settings.RESERVE_ON == "cart" else ReservationState.FREE
    return ReservationState.SHORT if options.reserved + options.available else ReservationState.SOLD_OUT
