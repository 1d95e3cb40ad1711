"""What the catalogue's endpoints answer."""

from typing import Annotated
from uuid import UUID

from catalog.models import Collection, Option, ProductImage
from catalog.variants.availability import Availability
from shop.core.api.schemas import Amount, Moment, Schema, values


class BrandBody(Schema):
    """A brand."""

    name: str
    slug: str


class FocusBody(Schema):
    """Where the eye of a picture is, in per cent from the left and from the top: keep it in sight when you cut."""

    x: int
    y: int


class RenditionsBody(Schema):
    """The same picture in other sizes and formats.

    Put a width (pixels) and a format into `template`. Each address stands for the same bytes for ever. `placeholder` is
    the colour of its edges, `#rrggbb`, or empty for a picture with transparency.
    """

    template: str
    widths: list[int]
    formats: list[str]
    placeholder: str


class PictureBody(Schema):
    """A picture: its address and size in pixels (null: unknown); `colour` is the code of the colour it shows."""

    url: str
    width: int | None
    height: int | None
    alt: str
    view: Annotated[str, values(ProductImage.View)]
    colour: str | None
    focus: FocusBody
    renditions: RenditionsBody | None


class SwatchBody(Schema):
    """A colour that a product is made in; `swatch` is hexadecimal, #6b6f48, or empty."""

    name: str
    swatch: str


class ProductCardBody(Schema):
    """A product in a list. Prices are the lowest of its variants, taxes included; null: nothing of it is on sale.

    `availability` and `phase` are of the whole product: what is not open cannot be bought, whatever is available.
    """

    id: UUID
    slug: str
    name: str
    brand: BrandBody
    url: str
    published_at: Moment | None
    currency: str
    price: Amount | None
    price_before: Amount | None
    has_price_range: bool
    availability: Annotated[str, values(Availability)]
    phase: Annotated[str, values(Collection.Phase)]
    opens_at: Moment | None
    pictures: list[PictureBody]
    colours: list[SwatchBody]


class CategoryPlaceBody(Schema):
    """A category on the way to something."""

    name: str
    path: str


class OptionValueBody(Schema):
    """A value of an option."""

    code: str
    name: str
    swatch: str


class OptionBody(Schema):
    """A way in which the variants differ, with the values that they have."""

    code: str
    name: str
    kind: Annotated[str, values(Option.Kind)]
    values: list[OptionValueBody]


class VariantBody(Schema):
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
    availability: Annotated[str, values(Availability)]
    max_per_order: int | None


class DropWindowBody(Schema):
    """A drop that a product belongs to; null: it has no opening, or no end."""

    slug: str
    opens_at: Moment | None
    closes_at: Moment | None


class SizeGuideBody(Schema):
    """A table of sizes; empty when the category has none."""

    columns: list[str]
    rows: list[list[str]]


class ProductBody(Schema):
    """A product with all that can be bought of it.

    `phase` says whether it may be bought now: early access counts (`is_early`). A product in several drops is open
    while one of them is. `category` is null where its own is hidden.
    """

    id: UUID
    slug: str
    name: str
    brand: BrandBody
    category: CategoryPlaceBody | None
    breadcrumbs: list[CategoryPlaceBody]
    url: str
    summary: str
    description: str
    care: str
    published_at: Moment | None
    currency: str
    phase: Annotated[str, values(Collection.Phase)]
    is_early: bool
    opens_at: Moment | None
    drops: list[DropWindowBody]
    availability: Annotated[str, values(Availability)]
    options: list[OptionBody]
    variants: list[VariantBody]
    pictures: list[PictureBody]
    size_guide: SizeGuideBody


class CategoryNodeBody(Schema):
    """A category in the tree, with those below it in the shop's order."""

    name: str
    path: str
    children: list["CategoryNodeBody"]


class CategoriesBody(Schema):
    """The tree of categories."""

    items: list[CategoryNodeBody]


class CategoryBody(Schema):
    """A category; its products are at `/api/v1/products?category=<path>`."""

    name: str
    path: str
    url: str
    description: str
    breadcrumbs: list[CategoryPlaceBody]
    children: list[CategoryPlaceBody]
    size_guide: SizeGuideBody


class HeroPictureBody(Schema):
    """A picture with its size in pixels (null: unknown)."""

    url: str
    width: int | None
    height: int | None
    focus: FocusBody
    renditions: RenditionsBody | None


class CollectionBody(Schema):
    """A collection; its products are at `/api/v1/products?collection=<slug>`.

    `phase` is the window's, of what is no drop always open; `is_early`: it has not opened, but you may buy.
    """

    slug: str
    name: str
    kind: Annotated[str, values(Collection.Kind)]
    url: str
    tagline: str
    description: str
    hero: HeroPictureBody | None
    hero_colour: str
    phase: Annotated[str, values(Collection.Phase)]
    is_early: bool
    opens_at: Moment | None
    closes_at: Moment | None


class ClockBody(Schema):
    """A drop by the server's clock; `changes_at` is when the phase changes next, null when it does not."""

    now: Moment
    phase: Annotated[str, values(Collection.Phase)]
    opens_at: Moment | None
    closes_at: Moment | None
    changes_at: Moment | None


class FoundBody(Schema):
    """What a search found, the best first; `suggestion` is what was searched instead of words that nothing has."""

    items: list[ProductCardBody]
    next: str | None
    suggestion: str | None


class SuggestionBody(Schema):
    """Words of the catalogue close to what was typed, null when there are none closer."""

    suggestion: str | None


class BrandsBody(Schema):
    """The brands of what is on show."""

    items: list[BrandBody]
