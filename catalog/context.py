"""Template context of every page: the menu and the current drop."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from catalog.listing.navigation import current_drop, top_categories


def navigation(request: HttpRequest) -> dict[str, object]:
    """Give templates `nav_categories` and `nav_drop`. Lazy: pages without a menu read nothing."""
    return {
        "nav_categories": SimpleLazyObject(top_categories),
        "nav_drop": SimpleLazyObject(_drop_entry),
    }


def _drop_entry() -> dict[str, str]:
    drop = current_drop(timezone.now())
    return {"name": drop.name, "url": drop.get_absolute_url()} if drop else {}
