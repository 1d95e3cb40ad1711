"""What the catalogue's endpoints answer."""

from typing import Annotated
from uuid import UUID

from catalog.models import Collection, Option, ProductImage
from catalog.variants.availability import Availability
from shop.core.api.schemas import Amount, Moment, Schema, values


class Named(Schema):
    """A brand."""

    name: str
    slug: str


class Picture(Schema):
    """A picture: its address and size in pixels (null: unknown); `colour` is the code of the colour it shows."""

    url: str
    width: int | None
    height: int | None
    alt: str
    view: ProductImage.View
    colour: str | None


class Swatch(Schema):
    """A colour that a product is made in; `swatch` is hexadecimal, #6b6f48, or empty."""

    name: str
    swatch: str


class ProductCard(Schema):
    """A product in a list. Prices are the lowest of its variants, taxes included; null: nothing of it is on sale.

    `availability` and `phase` are of the whole product: what is not open cannot be bought, whatever is available.
    """

    id: UUID
    slug: str
    name: str
    brand: Named
    url: str
    published_at: Moment | None
    currency: str
    price: Amount | None
    price_before: Amount | None
    has_price_range: bool
    availability: Availability
    phase: Collection.Phase
    opens_at: Moment | None
    pictures: list[Picture]
    colours: list[Swatch]


class Place(Schema):
    """A category on the way to something."""

    name: str
    path: str


class OptionValue(Schema):
    """A value of an option."""

    code: str
    name: str
    swatch: str


class ProductOption(Schema):
    """A way in which the variants differ, with the values that they have."""

    code: str
    name: str
    kind: Annotated[str, values(Option.Kind)]
    values: list[OptionValue]


class VariantDetail(Schema):
    """What can be bought: one SKU. `options` has the code of its value by the code of the option.

    `number` is the variant's public number; `price_without_taxes` is null where no law requires it.
    """

    id: UUID
    number: int
    sku: str
    barcode: str
    name: str
    options: dict[str, str]
    price: Amount
    price_before: Amount | None
    price_without_taxes: Amount | None
    availability: Availability
    max_per_order: int | None


class DropWindow(Schema):
    """A drop that a product belongs to; null: it has no opening, or no end."""

    slug: str
    opens_at: Moment | None
    closes_at: Moment | None


class SizeGuide(Schema):
    """A table of sizes; empty when the category has none."""

    columns: list[str]
    rows: list[list[str]]


class ProductDetail(Schema):
    """A product with all that can be bought of it.

    `phase` says whether it may be bought now: early access counts (`is_early`). A product in several drops is open
    while one of them is.
    """

    id: UUID
    slug: str
    name: str
    brand: Named
    category: Place
    breadcrumbs: list[Place]
    url: str
    summary: str
    description: str
    care: str
    published_at: Moment | None
    currency: str
    phase: Collection.Phase
    is_early: bool
    opens_at: Moment | None
    drops: list[DropWindow]
    availability: Availability
    options: list[ProductOption]
    variants: list[VariantDetail]
    pictures: list[Picture]
    size_guide: SizeGuide


class CategoryNode(Schema):
    """A category in the tree, with those below it in the shop's order."""

    name: str
    path: str
    children: list["CategoryNode"]


class Categories(Schema):
    """The tree of categories."""

    items: list[CategoryNode]


class CategoryDetail(Schema):
    """A category; its products are at `/api/v1/products?category=<path>`."""

    name: str
    path: str
    url: str
    description: str
    breadcrumbs: list[Place]
    children: list[Place]
    size_guide: SizeGuide


class HeroPicture(Schema):
    """A picture with its size in pixels (null: unknown)."""

    url: str
    width: int | None
    height: int | None


class CollectionDetail(Schema):
    """A collection; its products are at `/api/v1/products?collection=<slug>`.

    `phase` is the window's, of what is no drop always open; `is_early`: it has not opened, but you may buy.
    """

    slug: str
    name: str
    kind: Annotated[str, values(Collection.Kind)]
    url: str
    tagline: str
    description: str
    hero: HeroPicture | None
    hero_colour: str
    phase: Collection.Phase
    is_early: bool
    opens_at: Moment | None
    closes_at: Moment | None


class Clock(Schema):
    """A drop by the server's clock; `changes_at` is when the phase changes next, null when it does not."""

    now: Moment
    phase: Collection.Phase
    opens_at: Moment | None
    closes_at: Moment | None
    changes_at: Moment | None


class Found(Schema):
    """What a search found, the best first; `suggestion` is another spelling when nothing was found."""

    items: list[ProductCard]
    next: str | None
    suggestion: str | None


class Suggestion(Schema):
    """Words of the catalogue close to what was typed, null when there are none closer."""

    suggestion: str | None


class Brands(Schema):
    """The brands of what is on show."""

    items: list[Named]
