"""The rows of the lists, made from the catalogue and the stock: one for each product and colour."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.text import Truncator

from catalog.listing.cards import drop_windows, image_data, on_show
from catalog.models import (
    Category,
    CollectionProduct,
    Option,
    OptionValue,
    ProductImage,
    Variant,
    VariantValue,
)
from catalog.variants.availability import with_available
from shop.core import folding

# What has never been published is older than everything that was.
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
PICTURES: Final = 2
# Another number when documents are made otherwise from the same texts (catalog/sql/listing_rows.sql).
_DOCUMENT: Final = 2
_BREAKS: Final = re.compile(r"[\W_]+")
_ENCODER: Final = DjangoJSONEncoder(sort_keys=True, separators=(",", ":"))


@dataclass
class _Variant:
    """A variant on sale with its values; `units` are those left to sell."""

    product_id: UUID
    price: Any
    before: Any
    units: int
    values: list[Any] = field(default_factory=list)

    @property
    def colour(self) -> Any | None:
        """Return the value that is its colour."""
        return next((value for value in self.values if value.option.kind == Option.Kind.COLOUR), None)


def words_of(text: str) -> str:
    """Return the text with a space for everything that is no letter and no figure."""
    return _BREAKS.sub(" ", text).strip()


def make(products: Iterable[UUID]) -> list[dict[str, Any]]:
    """Return the rows of these products as `catalog/sql/listing_rows.sql` takes them; hidden ones have none.

    Eight statements however many products there are.
    """
    keys = list(products)
    shown = on_show().filter(pk__in=keys).select_related("brand", "category").annotate(windows=drop_windows())
    variants = _variants(keys)
    images: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    pictures = ProductImage.objects.filter(product__in=keys).order_by("sort_order", "id")
    for key, colour, data in pictures.values_list("product_id", "colour_id", image_data()):
        images[key].append({"colour_id": colour, "data": data})
    entries: dict[UUID, list[str]] = defaultdict(list)
    shown_in = CollectionProduct.objects.filter(product__in=keys, collection__is_active=True)
    for key, collection in shown_in.order_by("collection").values_list("product_id", "collection_id"):
        entries[key].append(str(collection))
    above = {path: key for key, path in Category.objects.values_list("pk", "path")}
    return [
        row
        for product in shown
        for row in _rows(product, variants[product.pk], images[product.pk], entries[product.pk], above)
    ]


def _variants(keys: list[UUID]) -> dict[UUID, list[_Variant]]:
    """Return what is on sale of these products, in its order. Three statements; no objects but the values."""
    found: dict[UUID, list[_Variant]] = defaultdict(list)
    by_key: dict[UUID, _Variant] = {}
    on_sale: Any = with_available(Variant.objects.filter(product__in=keys, is_active=True))
    columns = ("pk", "product_id", "price", "compare_at_price", "available")
    for key, product, price, before, units in on_sale.order_by("sort_order", "sku").values_list(*columns):
        by_key[key] = _Variant(product, price, before, units)
        found[product].append(by_key[key])
    links = VariantValue.objects.filter(variant__product__in=keys, variant__is_active=True)
    pairs = list(links.order_by().values_list("variant_id", "value_id"))
    values = OptionValue.objects.select_related("option").in_bulk({value for _variant, value in pairs})
    place = {
        value.pk: number
        for number, value in enumerate(
            sorted(values.values(), key=lambda one: (one.option.sort_order, one.option.name, one.pk))
        )
    }
    for variant, value in sorted(pairs, key=lambda pair: place[pair[1]]):
        if variant in by_key:
            by_key[variant].values.append(values[value])
    return found


def _rows(
    product: Any,
    variants: list[_Variant],
    images: list[dict[str, Any]],
    collections: list[str],
    above: Mapping[str, int],
) -> list[dict[str, Any]]:
    by_colour: dict[Any, list[_Variant]] = defaultdict(list)
    for variant in variants:
        by_colour[variant.colour].append(variant)
    ordered = sorted(by_colour, key=lambda c: (c is None, c.sort_order if c else 0, c.name if c else ""))
    ordered = _as_pictured(ordered, images) or [None]
    lead = next((c for c in ordered if any(v.units > 0 for v in by_colour[c])), ordered[0])
    dots = [
        {"id": str(c.pk), "name": c.name, "swatch": c.swatch, "order": c.sort_order, "code": c.code}
        for c in sorted((c for c in ordered if c), key=lambda c: (c.sort_order, c.name))
    ]
    rows = []
    for place, colour in enumerate(ordered):
        row = _row(product, colour, by_colour[colour], images)
        row["card"]["colours"] = dots
        row |= {
            "place": place,
            "is_lead": colour == lead,
            "collection_ids": collections,
            "category_ids": _categories(product.category.path, above),
        }
        facts = [row, settings.LOW_STOCK_HINT, _DOCUMENT]
        row["fingerprint"] = sha256(_ENCODER.encode(facts).encode()).hexdigest()
        rows.append(row)
    return rows


def _as_pictured(colours: list[Any], images: list[dict[str, Any]]) -> list[Any]:
    """Return the colours in the order of their first pictures: staff choose by it what stands for a product."""
    seen = [image["colour_id"] for image in images]
    return sorted(colours, key=lambda c: seen.index(c.pk) if c is not None and c.pk in seen else len(seen))


def _row(
    product: Any, colour: Any | None, variants: list[_Variant], images: list[dict[str, Any]]
) -> dict[str, Any]:
    price = min((variant.price for variant in variants), default=None)
    before = next((v.before for v in variants if v.before and v.price == price), None)
    values = {value.pk: value for variant in variants for value in variant.values}
    in_stock = {value.pk for variant in variants if variant.units > 0 for value in variant.values}
    name = Truncator(product.name).chars(120)
    other = [product.brand.name, product.category.name, product.category.path_slug, product.summary]
    other += [value.name for value in values.values()]
    texts = {"name_text": words_of(name), "other_text": words_of(" ".join(other))}
    folded = {key.replace("text", "folded"): words_of(folding.fold(text)) for key, text in texts.items()}
    words = {word for text in folded.values() for word in text.split() if len(word) > 1}
    return {
        "product_id": str(product.pk),
        "colour_id": str(colour.pk) if colour else None,
        "name": name,
        "price": str(price) if price is not None else None,
        "price_before": str(before) if before else None,
        "published_at": (product.published_at or NEVER).isoformat(),
        "units": min(sum(variant.units for variant in variants), settings.LOW_STOCK_HINT + 1),
        "brand_id": str(product.brand_id),
        "value_ids": sorted(map(str, values)),
        "in_stock_ids": sorted(map(str, in_stock)),
        "words": sorted(words),
        "card": _card(product, colour, values, in_stock, images)
        | {"has_price_range": any(variant.price != price for variant in variants)},
        **texts,
        **folded,
    }


def _card(
    product: Any,
    colour: Any | None,
    values: Mapping[UUID, Any],
    in_stock: set[UUID],
    images: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return what a card shows besides the columns of the row (`catalog/listing/listed.py`)."""
    return {
        "slug": product.slug,
        "brand": product.brand.name,
        "published_at": product.published_at.isoformat() if product.published_at else None,
        "windows": product.windows,
        "colour": {"id": str(colour.pk), "name": colour.name, "code": colour.code} if colour else None,
        "parameter": colour.option.code if colour else "",
        "sizes": [
            {"id": str(v.pk), "name": v.name, "code": v.code, "in_stock": v.pk in in_stock}
            for v in sorted(values.values(), key=lambda v: (v.sort_order, v.name))
            if v.option.kind == Option.Kind.SIZE
        ],
        "images": _pictures(colour, images),
    }


def _pictures(colour: Any | None, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first pictures of the colour; where it has none, those of no colour, else whatever there is."""
    own = [image for image in images if colour is not None and image["colour_id"] == colour.pk]
    of_none = [image for image in images if image["colour_id"] is None]
    return [image["data"] for image in (own or of_none or images)[:PICTURES]]


def _categories(path: str, above: Mapping[str, int]) -> list[int]:
    """Return the keys of a category and those above it, by the paths of the tree."""
    steps = (path[:length] for length in range(Category.steplen, len(path) + 1, Category.steplen))
    return [above[step] for step in steps if step in above]
