"""Template context of every page: the menu and the current drop."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from catalog.listing.generations import catalogue_of, now_of
from catalog.listing.navigation import current_drop, top_categories


def navigation(request: HttpRequest) -> dict[str, object]:
    """Give templates `nav_categories` and `nav_drop`. Lazy: pages without a menu read nothing."""
    return {
        "nav_categories": SimpleLazyObject(lambda: top_categories(catalogue_of(request))),
        "nav_drop": SimpleLazyObject(lambda: _drop_entry(request)),
    }


def _drop_entry(request: HttpRequest) -> dict[str, str]:
    drop = current_drop(now_of(request), catalogue_of(request))
    return {"name": drop.name, "url": drop.get_absolute_url()} if drop else {}
