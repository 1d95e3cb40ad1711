"""What the API shows of products and collections, as JSON: made by hand, since lists are long and asked for often.

The schemas describe them (`catalog/api/schemas.py`), and a test reads every answer by its schema.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.urls import reverse

from catalog import product_page
from catalog.api.details import Detail
from catalog.listing import navigation
from catalog.listing.cards import read_windows
from catalog.listing.navigation import CategoryEntry
from catalog.listing.version import Version
from catalog.models import Brand, Category, Collection, Option, OptionValue
from catalog.variants.availability import Window, availability_of, next_opening, phase_of
from catalog.variants.picker import Offered, options_of
from catalog.variants.prices import without_national_taxes
from shop.core.api.calling import JSON
from shop.core.api.schemas import amount
from shop.core.json_types import JsonMapping, JsonObject
from shop.core.moments import moment
from shop.core.pictures import Renditions


def reply(body: JsonMapping) -> HttpResponse:
    """Return an answer of what is JSON already; it passes no schema."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text.encode(), content_type=JSON)


def reply_list(cards: Iterable[str], following: str | None, **more: object) -> HttpResponse:
    """Return an answer of cards that are JSON texts, the address of the next page, and what else it has."""
    rest = json.dumps({"next": following, **more}, ensure_ascii=False, separators=(",", ":"))
    text = f'{{"items":[{",".join(cards)}],{rest[1:]}'
    return HttpResponse(text.encode(), content_type=JSON)


def card(product: Any, version: Version) -> JsonObject:
    """Return a product of a list; it went through `cards.with_card_data`."""
    variants = product.card_variants
    price = variants[0]["price"] if variants else None
    phase, windows = _phase(product, version)
    return {
        "id": str(product.pk),
        "slug": product.slug,
        "name": product.name,
        "brand": _brand(product.brand),
        "url": _product_page(product.slug),
        "published_at": when(product.published_at),
        "currency": settings.SHOP_CURRENCY,
        "price": price,
        "price_before": next((v["before"] for v in variants if v["before"] and v["price"] == price), None),
        "has_price_range": any(variant["price"] != price for variant in variants),
        "availability": availability_of(sum(variant["available"] for variant in variants)).value,
        "phase": phase.value,
        "opens_at": when(next_opening(windows, version.now)),
        "pictures": [
            _picture(image | {"colour__code": image["colour"]})
            for image in product.card_images
            if image["file"]
        ],
        "colours": _colours(variants),
    }


def _colours(variants: Iterable[JsonMapping]) -> list[JsonObject]:
    found = {variant["colour"]["name"]: variant["colour"] for variant in variants if variant["colour"]}
    ordered = sorted(found.values(), key=lambda colour: (colour["order"], colour["name"]))
    return [{"name": colour["name"], "swatch": colour["swatch"]} for colour in ordered]


def detail(product: Detail, version: Version) -> JsonObject:
    """Return a product with all that can be bought of it. One query: the tree, once in a version."""
    variants = cast("list[Offered]", product.variants)
    options = options_of(variants)
    trail = navigation.ancestors(product.category_path, version.text)
    sizes = (value.name for option, values in options if option.kind == Option.Kind.SIZE for value in values)
    return {
        "id": str(product.pk),
        "slug": product.slug,
        "name": product.name,
        "brand": {"name": product.brand_name, "slug": product.brand_slug},
        "category": place(trail[-1]) if trail and trail[-1].tree_path == product.category_path else None,
        "breadcrumbs": [place(entry) for entry in trail],
        "url": _product_page(product.slug),
        "summary": product.summary,
        "description": product.description,
        "care": product.care,
        "published_at": when(product.published_at),
        "currency": settings.SHOP_CURRENCY,
        **_drops(product, version),
        "availability": availability_of(sum(variant.available for variant in variants)).value,
        "options": [_option(option, values) for option, values in options],
        "variants": [_variant(variant) for variant in variants],
        "pictures": [_picture(image) for image in product.pictures],
        "size_guide": size_guide(product_page.rows_of_sizes(product.size_guide, sizes)),
    }


def _drops(product: Any, version: Version) -> JsonObject:
    """Return whether a product may be bought now, and the windows of its drops."""
    phase, windows = _phase(product, version)
    plain = phase_of(windows, version.now)
    return {
        "phase": phase.value,
        "is_early": phase != plain,
        "opens_at": when(next_opening(windows, version.now)),
        "drops": [
            {"slug": drop["slug"], "opens_at": when(start), "closes_at": when(end)}
            for drop, (start, end) in zip(product.windows, windows, strict=True)
        ],
    }


def _option(option: Option, values: Iterable[OptionValue]) -> JsonObject:
    return {
        "code": option.code,
        "name": option.name,
        "kind": option.kind,
        "values": [{"code": value.code, "name": value.name, "swatch": value.swatch} for value in values],
    }


def _variant(variant: Offered) -> JsonObject:
    without_taxes = without_national_taxes(variant.price)
    return {
        "id": str(variant.pk),
        "number": variant.public_number,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "name": variant.name,
        "options": {value.option.code: value.code for value in variant.by_option.values()},
        "price": amount(variant.price),
        "price_before": amount(variant.compare_at_price) if variant.compare_at_price else None,
        "price_without_taxes": amount(without_taxes) if without_taxes is not None else None,
        "availability": availability_of(variant.available).value,
        "max_per_order": variant.max_per_order,
    }


def _picture(image: JsonMapping) -> JsonObject:
    return {
        "url": _media(image["file"]),
        "width": image["width"],
        "height": image["height"],
        "alt": image["alt"],
        "view": image["view"],
        "colour": image["colour__code"],
        "focus": {"x": image["focus_x"], "y": image["focus_y"]},
        "renditions": _renditions(image["file"], image["renditions"]),
    }


def _renditions(file: str, stored: object) -> JsonObject | None:
    """Return where the picture's other sizes and formats are; null while there are none."""
    made = Renditions.read(file, stored)
    if made is None or not made.widths:
        return None
    return {
        "template": f"{_media(file).rpartition('.')[0]}-r{made.recipe}-{{width}}.{{format}}",
        "widths": made.widths,
        "formats": made.formats,
        "placeholder": made.colour,
    }


def size_guide(guide: JsonMapping) -> JsonObject:
    """Return a table of sizes as texts; what staff typed as something else is left out."""
    columns, rows = guide.get("columns"), guide.get("rows")
    return {
        "columns": [str(cell) for cell in columns] if isinstance(columns, list) else [],
        "rows": [[str(cell) for cell in row] for row in rows if isinstance(row, list)]
        if isinstance(rows, list)
        else [],
    }


def place(entry: CategoryEntry) -> JsonObject:
    """Return a category's name and path."""
    return {"name": entry.name, "path": entry.path_slug}


def tree(entries: Iterable[CategoryEntry]) -> list[JsonObject]:
    """Return the visible categories, which come in the order of the tree, each with those below it."""
    roots: list[JsonObject] = []
    above: list[JsonObject] = []
    for entry in entries:
        node = {**place(entry), "children": []}
        del above[entry.depth - 1 :]
        (above[-1]["children"] if above else roots).append(node)
        above.append(node)
    return roots


def category(node: Category, entry: CategoryEntry, version: Version) -> JsonObject:
    """Return a visible category with those above and below it."""
    trail = navigation.ancestors(entry.tree_path, version.text)
    return {
        **place(entry),
        "url": _page(node),
        "description": node.description,
        "breadcrumbs": [place(step) for step in trail],
        "children": [place(child) for child in navigation.children(entry, version.text)],
        "size_guide": size_guide(node.size_guide or {}),
    }


def collection(shown: Collection, version: Version) -> JsonObject:
    """Return a collection with its window, for the visitor whose version this is."""
    is_drop = shown.kind == Collection.Kind.DROP
    phase = shown.phase(version.now) if is_drop else Collection.Phase.OPEN
    hero = {
        "url": _media(str(shown.hero_image.name)),
        "width": shown.hero_width,
        "height": shown.hero_height,
        "focus": {"x": shown.hero_focus_x, "y": shown.hero_focus_y},
        "renditions": _renditions(str(shown.hero_image.name), shown.hero_renditions),
    }
    return {
        "slug": shown.slug,
        "name": shown.name,
        "kind": shown.kind,
        "url": _page(shown),
        "tagline": shown.tagline,
        "description": shown.description,
        "hero": hero if shown.hero_image else None,
        "hero_colour": shown.hero_colour,
        "phase": phase.value,
        "is_early": phase == Collection.Phase.UPCOMING and shown.pk in version.early,
        "opens_at": when(shown.starts_at) if is_drop else None,
        "closes_at": when(shown.ends_at) if is_drop else None,
    }


def _phase(product: Any, version: Version) -> tuple[Collection.Phase, list[Window]]:
    """Return whether the visitor may buy a product by its drops, early access included, and their windows."""
    windows = read_windows(product)
    phase = phase_of(windows, version.now)
    if phase == Collection.Phase.UPCOMING and version.early.intersection(
        UUID(window["id"]) for window in product.windows
    ):
        phase = Collection.Phase.OPEN
    return phase, windows


def _brand(brand: Brand) -> JsonObject:
    return {"name": brand.name, "slug": brand.slug}


def _page(thing: Category | Collection) -> str:
    return f"{settings.SITE_URL}{thing.get_absolute_url()}"


def _product_page(slug: str) -> str:
    return f"{settings.SITE_URL}{_path_of(slug)}"


@lru_cache(maxsize=10_000)
def _path_of(slug: str) -> str:
    return reverse("catalog:product", args=[slug])


def _media(name: str) -> str:
    url = _url_of(name)
    return f"{settings.SITE_URL}{url}" if url.startswith("/") else url


@lru_cache(maxsize=20_000)
def _url_of(name: str) -> str:
    """Return the address of a stored picture. Pictures are in a folder, whose addresses do not change."""
    return default_storage.url(name)


def when(value: datetime | None) -> str | None:
    """Return a moment as the API writes it."""
    return moment(value) if value else None
