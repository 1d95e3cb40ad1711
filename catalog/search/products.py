"""Searches whose answers are products, not rows by colour: for the API."""

from uuid import UUID

from catalog.models import Listing
from catalog.search.port import Request
from catalog.search.postgres import engine

MAX_FOUND = 480


def search(text: str) -> tuple[list[UUID], str]:
    """Return the products that match, the best first, at most `MAX_FOUND`, and what was searched instead, if anything.

    An empty text finds nothing.
    """
    found = engine.find(Request(text=text, size=MAX_FOUND, with_facets=False)) if text.strip() else None
    if found is None or not found.keys:
        return [], ""
    products = dict(Listing.objects.filter(pk__in=found.keys).values_list("pk", "product_id"))
    keys = dict.fromkeys(products[key] for key in found.keys if key in products)
    return list(keys), found.corrected.searched if found.corrected else ""
