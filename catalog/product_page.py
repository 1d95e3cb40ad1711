"""Everything the product page shows, for one product and one choice of its options."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Collection as Keys
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.urls import get_script_prefix
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from stdnum import ean

from catalog.drops.countdown import refresh_seconds
from catalog.listing import navigation
from catalog.listing.cards import Card, build_cards, drop_windows, on_show, read_windows, with_card_data
from catalog.listing.generations import STOCK, Generations
from catalog.models import Collection, OptionValue, Product, ProductImage, Variant
from catalog.search.text import fold
from catalog.variants.availability import Window, next_opening, phase_of
from catalog.variants.picker import (
    PARAMETERS,
    VALUES,
    VARIANTS,
    Picker,
    build_picker,
    part_of,
    remember_variants,
    variant_query,
    with_values,
)
from catalog.variants.prices import without_national_taxes
from shop.core.database.kept_queries import KeptQuery, remember, together
from shop.core.json_types import JsonObject

MOST_AT_ONCE: Final = 10
RELATED: Final = 4


def _of_slug(slug: str) -> QuerySet[Product]:
    shown = on_show().filter(slug=slug)
    return shown.select_related("brand", "category").annotate(windows=drop_windows())


def _newest(category_id: int) -> QuerySet[Product]:
    # More than are shown: what is sold out comes last, and the product itself is left out.
    beside = on_show().filter(category_id=category_id).order_by("-published_at", "-id")
    return with_card_data(beside)[: 2 * RELATED + 1]


_PRODUCT: Final = KeptQuery(_of_slug, str)
_PICTURES: Final = KeptQuery(lambda slug: ProductImage.objects.filter(product__slug=slug), str)
_NEWEST: Final = KeptQuery(_newest, int)


def find(slug: str) -> Product | None:
    """Return the product at an address with its variants and pictures; None where a visitor may see none.

    One round trip.
    """
    asked = (_PRODUCT, VARIANTS, VALUES, _PICTURES)
    found, variants, values, pictures = together(*(query.asked(slug) for query in asked))
    if not found:
        return None
    product: Product = found[0]
    remember_variants(product, with_values(variants, values))
    remember(product, "images", pictures)
    return product


def related_cards(product: Product, now: datetime, generations: Generations | None = None) -> list[Card]:
    """Return cards of the newest products beside this one, of which the first `RELATED` are shown.

    They are those of these generations: read once for all products of the category. Without, they may be half a minute
    old.
    """

    key, of = product.category_id, (get_language(), get_script_prefix())
    if generations is None:
        beside = navigation.remember(f"catalog:beside-3:{key}:{get_language()}", lambda: _beside(key, now))
    elif generations.is_exact:
        # Of a minute: what is called new depends on the clock as well.
        minute = generations.now.replace(second=0, microsecond=0)
        beside = _beside_of(key, (generations.text((STOCK,)), minute, of))
    else:
        beside = _beside(key, now)
    return [card for card in beside if card.product_id != product.pk]


def _beside(category_id: int, now: datetime) -> list[Card]:
    return sorted(build_cards(_NEWEST(category_id), now), key=lambda card: card.is_out)


@lru_cache(maxsize=256)
def _beside_of(category_id: int, of: tuple[str, datetime, object]) -> list[Card]:
    return _beside(category_id, of[1])


def options_in_query(found: Generations) -> frozenset[str]:
    """Return the keys of a query that may choose a variant."""
    return found.option_codes | frozenset(PARAMETERS.values())


def product_context(
    product: Product,
    query: Mapping[str, str],
    now: datetime,
    *,
    early: Callable[[list[UUID]], Keys[UUID]] = lambda keys: (),
    version: str = "",
) -> dict[str, Any]:
    """Return the template context: picker, pictures of the chosen colour, price facts and what can be done.

    `early` says which of these drops are open early for the visitor; asked only before they open. `version` (of the
    catalogue) asks for the menu of that version.
    `product` comes from `find`, which has read what it shows.
    """
    picker = build_picker(product, query)
    images = [image for image in product.images.all() if image.stored_name("file")]
    gallery = _gallery(images, picker.colour)
    address = product.get_absolute_url()
    windows = read_windows(product)
    phase, is_early = _phase_for_visitor(product, windows, now, early)
    upcoming = _next_drop(product, now) if is_early or phase == Collection.Phase.UPCOMING else None
    return {
        "product": product,
        "picker": picker,
        "gallery": gallery,
        "crumbs": _crumbs(product, version),
        "now": now,
        "phase": phase,
        "opens_at": next_opening(windows, now),
        "is_early": is_early,
        "drop": upcoming,
        "is_in_drop": bool(windows),
        "refresh_seconds": refresh_seconds(next_opening(windows, now), now) if upcoming else 0,
        **_price_facts(picker),
        "state": _state(picker, phase),
        "quantities": _quantities(picker),
        "low_stock": settings.LOW_STOCK_HINT,
        "size_guide": rows_of_sizes(product.category.size_guide or {}, _sizes(picker)),
        "reserved_on_cart": settings.RESERVE_ON == "cart",
        "canonical_path": address,
        "part_url": part_of(f"{address}{query_of(query)}"),
        "live_url": f"{address}vivo/{query_of(query)}",
        "live_version": _live_version(picker, phase, windows, is_early=is_early),
        "share_image": _share_image(gallery + images),
        "json_ld": _json_ld(product, picker, images, phase, version),
    }


def _phase_for_visitor(
    product: Product, windows: list[Window], now: datetime, early: Callable[[list[UUID]], Keys[UUID]]
) -> tuple[Collection.Phase, bool]:
    """Return a product's phase, and whether it is open only because a drop is open early for the visitor."""
    phase = phase_of(windows, now)
    if phase != Collection.Phase.UPCOMING:
        return phase, False
    keys = [UUID(window["id"]) for window in getattr(product, "windows", [])]
    return (Collection.Phase.OPEN, True) if early(keys) else (phase, False)


def _price_facts(picker: Picker) -> dict[str, Any]:
    shown = picker.shown
    return {
        "price": shown.price if shown else None,
        "price_before": shown.compare_at_price if shown else None,
        "price_without_taxes": without_national_taxes(shown.price) if shown else None,
    }


def _live_version(picker: Picker, phase: Collection.Phase, windows: list[Window], *, is_early: bool) -> str:
    """Return a digest of what the part shows that may change while somebody looks at it."""
    left = [(v.pk, v.price, min(v.available, MOST_AT_ONCE), v.max_per_order) for v in picker.variants]
    shown = (left, str(phase), windows, is_early, settings.LOW_STOCK_HINT)
    return blake2b(repr(shown).encode(), digest_size=8).hexdigest()


def query_of(query: Mapping[str, str]) -> str:
    """Return a choice as the query of an address, with its question mark; nothing for none."""
    return f"?{urlencode(sorted(query.items()))}" if query else ""


def _next_drop(product: Product, now: datetime) -> dict[str, str] | None:
    """Return key and slug of the product's drop that opens next, from what `find` annotated."""
    ahead = [
        (start, window)
        for window in getattr(product, "windows", [])
        if (start := parse_datetime(window["start"] or "")) and start > now
    ]
    return min(ahead, key=lambda pair: pair[0])[1] if ahead else None


def _was_in_stock(picker: Picker) -> bool:
    """Return whether any variant ever came in or went out (one query): what was never in stock is not sold out."""
    keys = [variant.pk for variant in picker.variants]
    return bool(keys) and Variant.objects.filter(pk__in=keys, movements__isnull=False).exists()


def _state(picker: Picker, phase: Collection.Phase) -> str:
    """Return what the visitor can do: upcoming, closed, gone, not_yet, choose, missing, out, buy."""
    if phase != Collection.Phase.OPEN:
        return str(phase.value)
    if not picker.variants or picker.available == 0:
        return "gone" if _was_in_stock(picker) else "not_yet"
    if picker.missing:
        return "choose"
    if picker.variant is None:
        return "missing"
    return "buy" if picker.variant.available > 0 else "out"


def _quantities(picker: Picker) -> range:
    if picker.variant is None:
        return range(1, 2)
    most = min(picker.variant.available, picker.variant.max_per_order or MOST_AT_ONCE, MOST_AT_ONCE)
    return range(1, most + 1)


def rows_of_sizes(guide: JsonObject, sizes: Iterable[str]) -> JsonObject:
    """Return a category's table of sizes with the rows of the sizes (names) that a product is made in.

    Returns the whole table when no row has the name of such a size (the guide names sizes otherwise).
    """
    made = {_folded(size) for size in sizes}
    rows = guide.get("rows", [])
    own = [cells for cells in rows if cells and _folded(str(cells[0])) in made]
    return {**guide, "rows": own or rows}


# Names of sizes, which all products of a category share.
_folded: Final = lru_cache(maxsize=1024)(fold)


def _sizes(picker: Picker) -> Iterator[str]:
    return (choice.value.name for row in picker.rows if row.is_size for choice in row.choices)


def _gallery(images: list[ProductImage], colour: OptionValue | None) -> list[ProductImage]:
    """Return the colour's pictures, then those of no colour; all of them when the colour has none."""
    own = [image for image in images if colour and image.colour_id == colour.pk]
    common = [image for image in images if image.colour_id is None]
    return own + common or images


def _shareable(images: list[ProductImage]) -> list[ProductImage]:
    """Return the pictures that others may show: no SVG where there is a photograph: few sites show SVG."""
    return [image for image in images if not image.stored_name("file").endswith(".svg")] or images


def _share_image(images: list[ProductImage]) -> str:
    """Return the address of the picture that others show of the page: a JPEG made for it, else the picture itself."""
    there = _shareable(images)
    return next(
        (image.picture.share_url or default_storage.url(image.stored_name("file")) for image in there), ""
    )


def _crumbs(product: Product, version: str) -> list[tuple[str, str]]:
    trail = navigation.ancestors(product.category.path, version)
    return [(entry.name, entry.url) for entry in trail] + [(product.name, "")]


def _json_ld(
    product: Product, picker: Picker, images: list[ProductImage], phase: Collection.Phase, version: str
) -> list[dict[str, object]]:
    """Return the product, one offer per variant, and its breadcrumbs in the schema.org format.

    Rules: https://developers.google.com/search/docs/appearance/structured-data/product (no empty lists).
    """
    url = f"{settings.SITE_URL}{product.get_absolute_url()}"
    described: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "description": product.summary or product.description or product.name,
        "brand": {"@type": "Brand", "name": product.brand.name},
        "url": url,
        "offers": [_offer(variant, url, phase) for variant in picker.variants],
    }
    pictures = [
        f"{settings.SITE_URL}{default_storage.url(i.stored_name('file'))}" for i in _shareable(images)[:4]
    ]
    if pictures:
        described["image"] = pictures
    if not picker.variants:
        del described["offers"]
    steps = [
        (name, f"{settings.SITE_URL}{path}" if path else url) for name, path in _crumbs(product, version)
    ]
    crumbs = [
        {"@type": "ListItem", "position": number, "name": name, "item": address}
        for number, (name, address) in enumerate(steps, 1)
    ]
    return [
        described,
        {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": crumbs},
    ]


def _offer(variant: Any, url: str, phase: Collection.Phase) -> dict[str, Any]:
    """Return a variant's offer, at the address that chooses it; its barcode when that is a GTIN."""
    offer = {
        "@type": "Offer",
        "sku": variant.sku,
        "price": f"{variant.price:.2f}",
        "priceCurrency": settings.SHOP_CURRENCY,
        "availability": f"https://schema.org/{_schema_availability(variant.available, phase)}",
        "url": f"{url}{variant_query(variant)}",
    }
    code = variant.barcode
    return {**offer, "gtin": code} if code and ean.is_valid(code) else offer


def _schema_availability(available: int, phase: Collection.Phase) -> str:
    if phase == Collection.Phase.UPCOMING:
        return "PreOrder"
    if phase == Collection.Phase.CLOSED:
        return "Discontinued"
    return "InStock" if available > 0 else "OutOfStock"
