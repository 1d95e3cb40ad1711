"""Product cards: everything a tile shows, read in one query however many products are listed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, JSONObject
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Collection, Option, Product, ProductImage, Variant, VariantValue
from catalog.variants.availability import Window, phase_of, with_available
from catalog.variants.picker import PARAMETERS
from shop.core.pictures.markup import Picture

NEW_FOR: Final = timedelta(days=14)
DOTS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Colour:
    """A dot on a card."""

    name: str
    swatch: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a tile shows of a product. Prices in the shop's currency, taxes included.

    `path` is the product's address; `url` leads to the colour of the picture.
    """

    product_id: UUID
    name: str
    brand: str
    path: str
    url: str
    picture: Picture | None
    hover_picture: Picture | None
    price: Decimal | None
    price_before: Decimal | None
    has_price_range: bool
    tag: str
    tag_kind: str
    is_out: bool
    colours: tuple[Colour, ...]
    more_colours: int
    # Of a card of one colour: its name, and whether the sizes that were asked for are there.
    colour: str = ""
    size_note: str = ""

    def __hash__(self) -> int:
        # Of what tells cards apart mostly: a page looks up what it keeps of each of its cards.
        return hash((self.url, self.price, self.tag, self.size_note))


def on_show() -> QuerySet[Product]:
    """Return the products a visitor may see."""
    return Product.objects.filter(is_active=True)


def with_card_data(products: QuerySet[Product]) -> QuerySet[Product]:
    """Annotate what cards need: variants with stock, colours, two pictures, drop windows. One statement."""
    variants = with_available(
        Variant.objects.filter(product=OuterRef("pk"), is_active=True).order_by("price")
    )
    # From the variant to its colour, never from the colour to all its variants: the cost of that would grow with the
    # catalogue.
    colour = VariantValue.objects.filter(variant=OuterRef("pk"), option__kind=Option.Kind.COLOUR).values(
        data=JSONObject(name="value__name", swatch="value__swatch", order="value__sort_order")
    )[:1]
    images = ProductImage.objects.filter(product=OuterRef("pk")).order_by("sort_order", "id")[:2]
    return products.select_related("brand").annotate(
        card_variants=ArraySubquery(
            variants.values(
                data=JSONObject(
                    # As text: a JSON number would come back as a binary float.
                    price=Cast("price", CharField()),
                    before=Cast("compare_at_price", CharField()),
                    available=F("available"),
                    colour=Subquery(colour),
                )
            )
        ),
        card_images=ArraySubquery(images.values(data=image_data())),
        windows=drop_windows(),
    )


def image_data() -> JSONObject:
    """Return the expression of what cards need of a picture."""
    return JSONObject(
        file="file",
        alt="alt",
        width="width",
        height="height",
        view="view",
        renditions="renditions",
        focus_x="focus_x",
        focus_y="focus_y",
        colour=F("colour__code"),
        parameter=F("colour__option__code"),
        kind=F("colour__option__kind"),
    )


@cache
def cards_on_show() -> QuerySet[Product]:
    """Return the products a visitor may see with what cards need: to be filtered, since it is made once.

    Of the columns it has those that a card shows; another one costs a query for each product.
    """
    return with_card_data(on_show()).only("slug", "name", "published_at", "brand__name", "brand__slug")


def drop_windows() -> ArraySubquery:
    """Return the expression that annotates a product with the windows of its drops, as `windows`."""
    drops = Collection.objects.filter(
        entries__product=OuterRef("pk"), kind=Collection.Kind.DROP, is_active=True
    )
    return ArraySubquery(
        drops.values(data=JSONObject(id="id", slug="slug", start="starts_at", end="ends_at"))
    )


def read_windows(product: Any) -> list[Window]:
    """Return the windows that `drop_windows` annotated."""
    return [(_instant(window["start"]), _instant(window["end"])) for window in product.windows]


def build_cards(products: Iterable[Product], now: datetime) -> list[Card]:
    """Make the cards of products that went through `with_card_data`."""
    return [_card(product, now) for product in products]


def _card(product: Any, now: datetime) -> Card:
    variants = product.card_variants
    prices = [Decimal(variant["price"]) for variant in variants]
    before = next(
        (Decimal(v["before"]) for v in variants if v["before"] and Decimal(v["price"]) == prices[0]), None
    )
    available = sum(variant["available"] for variant in variants)
    phase = phase_of(read_windows(product), now)
    is_new = product.published_at is not None and now - product.published_at < NEW_FOR
    tag, kind = tag_of(phase, available, is_new=is_new)
    shown = [image for image in product.card_images if image["file"]]
    pictures = [Picture.of(image) for image in shown]
    colours = _colours(variants)
    return Card(
        product_id=product.pk,
        name=product.name,
        brand=product.brand.name,
        path=product.get_absolute_url(),
        url=product.get_absolute_url() + _colour_query(shown),
        picture=pictures[0] if pictures else None,
        hover_picture=pictures[1] if len(pictures) > 1 else None,
        price=prices[0] if prices else None,
        price_before=before,
        has_price_range=len(set(prices)) > 1,
        tag=tag,
        tag_kind=kind,
        is_out=phase == Collection.Phase.OPEN and available == 0,
        colours=colours[:DOTS_SHOWN],
        more_colours=max(0, len(colours) - DOTS_SHOWN),
    )


def _colour_query(images: list[dict[str, Any]]) -> str:
    """Return the query that opens the product in the colour of the card's picture; "" when it has none."""
    if not images or not images[0]["colour"]:
        return ""
    first = images[0]
    return "?" + urlencode({PARAMETERS.get(first["kind"], first["parameter"]): first["colour"]})


def _colours(variants: list[dict[str, Any]]) -> tuple[Colour, ...]:
    found = {variant["colour"]["name"]: variant["colour"] for variant in variants if variant["colour"]}
    ordered = sorted(found.values(), key=lambda colour: (colour["order"], colour["name"]))
    return tuple(Colour(colour["name"], colour["swatch"]) for colour in ordered if colour["swatch"])


def tag_of(phase: Collection.Phase, available: int, *, is_new: bool) -> tuple[str, str]:
    """Return what a card says of a product, and the kind of its tag; two empty texts where that is nothing."""
    if phase == Collection.Phase.UPCOMING:
        return _("Coming soon"), "ink"
    if phase == Collection.Phase.CLOSED:
        return _("Closed"), "muted"
    if available == 0:
        return _("Sold out"), "muted"
    if available <= settings.LOW_STOCK_HINT:
        return ngettext("%(number)s left", "%(number)s left", available) % {"number": available}, "urgent"
    if is_new:
        return _("New"), ""
    return "", ""


def _instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
