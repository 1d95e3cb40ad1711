"""Template context of every page: the menu and the current drop."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from catalog.listing import generations
from catalog.listing.generations import catalogue_of, now_of
from catalog.listing.navigation import KEEP_SECONDS, current_drop, top_categories


def navigation(request: HttpRequest) -> dict[str, object]:
    """Give templates `nav_categories` and `nav_drop`. Lazy: pages without a menu read nothing."""
    return {
        "nav_categories": SimpleLazyObject(lambda: top_categories(_version(request))),
        "nav_drop": SimpleLazyObject(lambda: _drop_entry(request)),
    }


def _drop_entry(request: HttpRequest) -> dict[str, str]:
    drop = current_drop(now_of(request), _version(request))
    return {"name": drop.name, "url": drop.get_absolute_url()} if drop else {}


def _version(request: HttpRequest) -> str:
    """Return the version of the catalogue that a page is made by; of a visitor's own page the last that is known.

    The menu of that version costs no round trip. One that was not asked for lately, by any page, is asked for here.
    """
    return catalogue_of(request) or generations.seen.lately(KEEP_SECONDS) or generations.current().catalogue
