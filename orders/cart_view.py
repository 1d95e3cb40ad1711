"""The cart as a screen needs it: every line with picture, price and the state of its hold, in two queries."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone

from catalog.access import LetInEarly
from catalog.models import Collection, Product, ProductImage, Variant, VariantValue
from inventory import reservations
from inventory.models import Reservation, StockLevel
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
    rows = list(_rows(cart))
    holds = reservations.held(cart_id=cart.pk) if rows else {}
    now = rows[0].db_now if rows else timezone.now()
    lines = tuple(_line(row, holds.get(row.variant_id)) for row in rows)
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


def with_shelf(
    variants: QuerySet[Variant], *, cart_id: UUID | None, user_id: UUID | None = None
) -> QuerySet[Any]:
    """Annotate variants with what can be had of them now, by the database's clock.

    `shelf_available`: free units at selling locations, plus this cart's own lapsed holds that no job has swept yet.
    `shelf_reason`: "" or why it is not on sale ("inactive", "upcoming", "closed"), with `shelf_opens_at`.
    """
    levels = StockLevel.objects.filter(variant=OuterRef("pk"), location__is_sellable=True)
    free = (
        levels.order_by()
        .values("variant")
        .annotate(n=Sum(Greatest(F("on_hand") - F("reserved"), 0)))
        .values("n")
    )
    own = Reservation.objects.filter(
        variant=OuterRef("pk"), cart_id=cart_id, status=Reservation.Status.ACTIVE, expires_at__lte=Now()
    )
    stale = own.order_by().values("variant").annotate(n=Sum("quantity")).values("n")
    drops = Collection.objects.filter(
        kind=Collection.Kind.DROP, is_active=True, products=OuterRef("product_id")
    )
    is_open = Q(starts_at__isnull=True) | Q(starts_at__lte=Now()) | Q(LetInEarly("pk", cart_id, user_id))
    is_open &= Q(ends_at__isnull=True) | Q(ends_at__gt=Now())
    upcoming = drops.filter(starts_at__gt=Now()).order_by("starts_at").values("starts_at")[:1]
    return variants.annotate(
        shelf_available=Coalesce(Subquery(free, output_field=IntegerField()), 0)
        + Coalesce(Subquery(stale, output_field=IntegerField()), 0),
        shelf_opens_at=Subquery(upcoming, output_field=DateTimeField()),
        shelf_reason=Case(
            When(Q(is_active=False) | Q(product__is_active=False), then=Value("inactive")),
            When(
                Exists(drops) & ~Exists(drops.filter(is_open)),
                then=Case(
                    When(shelf_opens_at__isnull=False, then=Value("upcoming")), default=Value("closed")
                ),
            ),
            default=Value(""),
            output_field=CharField(),
        ),
    )


def picture_of(variant: str = "pk", product: str = "product_id") -> Subquery:
    """Return a subquery for the file of a variant's best picture: its own colour before any, the front first."""
    colours = VariantValue.objects.filter(variant=OuterRef(OuterRef(variant))).values("value")
    pictures = ProductImage.objects.filter(product=OuterRef(product)).annotate(
        is_own=Case(
            When(colour__in=colours, then=Value(0)), When(colour=None, then=Value(1)), default=Value(2)
        ),
        is_front=Case(When(view=ProductImage.View.FRONT, then=Value(0)), default=Value(1)),
    )
    return Subquery(pictures.order_by("is_own", "is_front", "sort_order", "id").values("file")[:1])


def picture_url(file: str | None) -> str:
    """Return the address of a stored picture, or "" when there is none."""
    return default_storage.url(file) if file else ""


def _rows(cart: Cart) -> QuerySet[Any]:
    shelf = with_shelf(
        Variant.objects.filter(pk=OuterRef("variant_id")), cart_id=cart.pk, user_id=cart.user_id
    )
    return (
        CartLine.objects.filter(cart=cart)
        .select_related("variant__product__brand")
        .annotate(
            shelf_available=Subquery(shelf.values("shelf_available")),
            shelf_reason=Subquery(shelf.values("shelf_reason")),
            shelf_opens_at=Subquery(shelf.values("shelf_opens_at")),
            picture=picture_of("variant_id", "variant__product_id"),
            db_now=Now(),
        )
        .order_by("created_at", "id")
    )


def _line(row: Any, hold: reservations.Hold | None) -> CartLineView:
    variant = row.variant
    held = hold.quantity if hold else 0
    return CartLineView(
        id=row.pk,
        variant=variant,
        product=variant.product,
        quantity=row.quantity,
        unit_price=variant.price,
        former_price=row.seen_price if row.seen_price != variant.price else None,
        total=variant.price * row.quantity,
        image_url=picture_url(row.picture),
        state=_state(row, held),
        held=min(held, row.quantity),
        obtainable=held + row.shelf_available,
        expires_at=hold.expires_at if hold else None,
        reason=row.shelf_reason,
        opens_at=row.shelf_opens_at,
        limit=limit_of(variant),
    )


def _state(row: Any, held: int) -> HoldState:
    """Decide a line's state. A live hold outlives its drop's window, but not the variant being taken off sale."""
    if row.shelf_reason == "inactive":
        return HoldState.NOT_SELLABLE
    if held >= row.quantity:
        return HoldState.HELD
    if row.shelf_reason:
        return HoldState.NOT_SELLABLE
    if held + row.shelf_available >= row.quantity:
        if held:
            return HoldState.PARTLY
        return HoldState.LAPSED if settings.RESERVE_ON == "cart" else HoldState.FREE
    return HoldState.SHORT if held + row.shelf_available else HoldState.SOLD_OUT
