"""Collections, and drops whose windows are renewed."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from catalog.models import AccessCode, Collection, CollectionProduct, Product
from shop.demo.catalogue import COLLECTIONS
from shop.demo.catalogue.windows import running, upcoming
from shop.demo.seeding.pictures import write_hero

# Lets anybody into the demo's coming drop before its hour.
DEMO_CODE = "AMIGOS"
WINDOWS: dict[str, Callable[[datetime], tuple[datetime, datetime]]] = {
    "upcoming": upcoming,
    "running": running,
}


def show_collections(products: dict[str, Product], *, now: datetime) -> int:
    """Make the collections with their products in order and, for drops, a window around `now`; return how many."""
    for order, spec in enumerate(COLLECTIONS):
        starts_at, ends_at = WINDOWS[spec.phase](timezone.localtime(now)) if spec.phase else (None, None)
        collection = Collection.objects.create(
            name=spec.name,
            slug=spec.slug,
            kind=spec.kind,
            tagline=spec.tagline,
            description=spec.description,
            hero_colour=spec.hero_colour,
            hero_image=write_hero(spec),
            starts_at=starts_at,
            ends_at=ends_at,
            is_active=True,
            sort_order=order,
        )
        CollectionProduct.objects.bulk_create(
            CollectionProduct(collection=collection, product=products[sku], sort_order=place)
            for place, sku in enumerate(spec.skus)
        )
        if spec.phase == "upcoming":
            AccessCode.objects.create(collection=collection, code=DEMO_CODE, max_uses=None, note="Demo")
    return len(COLLECTIONS)


def wind_clocks(*, now: datetime) -> int:
    """Give the demo's drops that are over a new window, so that an old demo still has something to open.

    Only windows which have ended are touched, and only those of the demo's own drops; return how many.
    """
    wound = 0
    for spec in COLLECTIONS:
        if not spec.phase:
            continue
        starts_at, ends_at = WINDOWS[spec.phase](timezone.localtime(now))
        wound += Collection.objects.filter(slug=spec.slug, kind=spec.kind, ends_at__lte=now).update(
            starts_at=starts_at, ends_at=ends_at, updated_at=now
        )
    return wound
