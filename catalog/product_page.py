"""Everything the product page shows, for one product and one choice of its options."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.files.storage import default_storage

from catalog import navigation
from catalog.availability import next_opening, phase_of
from catalog.models import Collection, OptionValue, Product, ProductImage
from catalog.picker import Picker, build_picker
from catalog.prices import without_national_taxes

MOST_AT_ONCE: Final = 10


def product_context(product: Product, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return the template context: picker, pictures of the chosen colour, price facts and what can be done.

    Reads variants, their values, the pictures and the drops: four queries.
    """
    picker = build_picker(product, query)
    images = list(ProductImage.objects.filter(product=product))
    drops = list(
        Collection.objects.filter(entries__product=product, kind=Collection.Kind.DROP, is_active=True)
    )
    windows = [(drop.starts_at, drop.ends_at) for drop in drops]
    phase = phase_of(windows, now)
    shown = picker.shown
    return {
        "product": product,
        "picker": picker,
        "gallery": _gallery(images, picker.colour),
        "crumbs": _crumbs(product),
        "now": now,
        "phase": phase,
        "opens_at": next_opening(windows, now),
        "drop": drops[0] if drops else None,
        "price": shown.price if shown else None,
        "price_before": shown.compare_at_price if shown else None,
        "price_without_taxes": without_national_taxes(shown.price) if shown else None,
        "state": _state(picker, phase),
        "quantities": _quantities(picker),
        "low_stock": settings.LOW_STOCK_HINT,
        "holds_on_cart": settings.RESERVE_ON == "cart",
        "canonical_path": product.get_absolute_url(),
        "json_ld": _json_ld(product, picker, images, phase),
    }


def _state(picker: Picker, phase: Collection.Phase) -> str:
    """Say in one word what the visitor can do: upcoming, closed, gone, choose, missing, out, buy."""
    if phase != Collection.Phase.OPEN:
        return str(phase.value)
    if not picker.variants or picker.available == 0:
        return "gone"
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


def _gallery(images: list[ProductImage], colour: OptionValue | None) -> list[ProductImage]:
    """Return the colour's pictures, then those of no colour; all of them when the colour has none."""
    own = [image for image in images if image.file and colour and image.colour_id == colour.pk]
    common = [image for image in images if image.file and image.colour_id is None]
    return own + common or [image for image in images if image.file]


def _crumbs(product: Product) -> list[tuple[str, str]]:
    trail = navigation.ancestors(product.category.path)
    return [(entry.name, entry.url) for entry in trail] + [(product.name, "")]


def _json_ld(
    product: Product, picker: Picker, images: list[ProductImage], phase: Collection.Phase
) -> dict[str, Any]:
    """Return the product as schema.org tells it, one offer per variant (https://schema.org/Product)."""
    url = f"{settings.SITE_URL}{product.get_absolute_url()}"
    offers = [
        {
            "@type": "Offer",
            "sku": variant.sku,
            "price": f"{variant.price:.2f}",
            "priceCurrency": settings.SHOP_CURRENCY,
            "availability": f"https://schema.org/{_schema_availability(variant.available, phase)}",
            "url": url,
        }
        for variant in picker.variants
    ]
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "description": product.summary or product.description,
        "brand": {"@type": "Brand", "name": product.brand.name},
        "image": [
            f"{settings.SITE_URL}{default_storage.url(image.file.name)}" for image in images[:4] if image.file
        ],
        "url": url,
        "offers": offers,
    }


def _schema_availability(available: int, phase: Collection.Phase) -> str:
    if phase == Collection.Phase.UPCOMING:
        return "PreOrder"
    if phase == Collection.Phase.CLOSED:
        return "Discontinued"
    return "InStock" if available > 0 else "OutOfStock"
