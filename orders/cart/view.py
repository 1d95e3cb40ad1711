"""The cart as a screen needs it: every line with picture, price and the state of its hold, in two queries."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from catalog.models import Product, Variant
from orders.models import Cart, CartLine
from shop.core.money import ZERO

MAX_QUANTITY: Final = 99


class HoldState(StrEnum):
    """What is true of a line's units at this moment."""

    HELD = "held"  # all of them are held for this cart
    FREE = "free"  # not held, but there (RESERVE_ON=checkout)
    LAPSED = "lapsed"  # the hold is over, the units are still there
    PARTLY = "partly"  # some are held, the rest could be held now
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
    state: HoldState
    held: int
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
        return self.state in {HoldState.HELD, HoldState.FREE, HoldState.LAPSED, HoldState.PARTLY}

    @property
    def needs_hold(self) -> bool:
        """Say whether "hold it again" is the next sensible act."""
        return self.state in {HoldState.LAPSED, HoldState.PARTLY}


@dataclass(frozen=True, slots=True)
class CartView:
    """The whole cart at `now` (the database's clock). `expires_at`: when the first hold lapses."""

    lines: tuple[CartLineView, ...]
    now: datetime
    subtotal: Decimal
    units: int
    expires_at: datetime | None

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
    def lapsed(self) -> tuple[CartLineView, ...]:
        return tuple(line for line in self.lines if line.needs_hold)

    @property
    def can_check_out(self) -> bool:
        return bool(self.lines) and not self.blocked


def view(cart: Cart | None) -> CartView:
    """Return the cart with prices of now, availability and hold states. Two queries, whatever its length."""
    if cart is None:
        return CartView((), timezone.now(), ZERO, 0, None)
    rows = CartLine.objects.filter(cart=cart).select_related("variant__product__brand")
    found = list(rows.order_by("created_at", "id"))
    shelf = shelf_of(cart) if found else {}
    # A line put in between the two queries is shown by the next page.
    lines = tuple(_line(row, shelf[row.variant_id]) for row in found if row.variant_id in shelf)
    now = next((place.asked_at for place in shelf.values()), None) or timezone.now()
    ends = [line.expires_at for line in lines if line.expires_at and line.held]
    return CartView(
        lines=lines,
        now=now,
        subtotal=sum((line.total for line in lines if line.is_payable), ZERO),
        units=sum(line.quantity for line in lines),
        expires_at=min(ends, default=None),
    )


def limit_of(variant: Variant) -> int:
    """Return how many units of a variant one purchase may have."""
    return min(MAX_QUANTITY, variant.max_per_order or MAX_QUANTITY)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What can be had of a variant now, as orders/sql/cart_shelf.sql says it."""

    available: int
    held: int
    ends_at: datetime | None
    reason: str
    opens_at: datetime | None
    picture: str | None
    asked_at: datetime


def shelf_of(cart: Cart) -> dict[UUID, Shelf]:
    """Return the shelf of every variant in the cart, in one query without locks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orders_cart_shelf(%s, %s)", [cart.pk, cart.user_id])
        return {
            variant_id: Shelf(int(available), int(held), *rest)
            for variant_id, available, held, *rest in cursor.fetchall()
        }


def picture_url(file: str | None) -> str:
    """Return the address of a stored picture, or "" when there is none."""
    return default_storage.url(file) if file else ""


def _line(row: CartLine, shelf: Shelf) -> CartLineView:
    variant = row.variant
    return CartLineView(
        id=row.pk,
        variant=variant,
        product=variant.product,
        quantity=row.quantity,
        unit_price=variant.price,
        former_price=row.seen_price if row.seen_price != variant.price else None,
        total=variant.price * row.quantity,
        image_url=picture_url(shelf.picture),
        state=_state(row.quantity, shelf),
        held=min(shelf.held, row.quantity),
        obtainable=shelf.held + shelf.available,
        expires_at=shelf.ends_at,
        reason=shelf.reason,
        opens_at=shelf.opens_at,
        limit=limit_of(variant),
    )


def _state(quantity: int, shelf: Shelf) -> HoldState:
    """Decide a line's state. A live hold outlives its drop's window, but not the variant being taken off sale."""
    if shelf.reason == "inactive":
        return HoldState.NOT_SELLABLE
    if shelf.held >= quantity:
        return HoldState.HELD
    if shelf.reason:
        return HoldState.NOT_SELLABLE
    if shelf.held + shelf.available >= quantity:
        if shelf.held:
            return HoldState.PARTLY
        return HoldState.LAPSED if settings.RESERVE_ON == "cart" else HoldState.FREE
    return HoldState.SHORT if shelf.held + shelf.available else HoldState.SOLD_OUT
