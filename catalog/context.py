"""Template context of every page: the menu, the current drop, the chosen theme."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from catalog.listing.navigation import current_drop, top_categories

THEMES = frozenset({"light", "dark"})


def navigation(request: HttpRequest) -> dict[str, object]:
    """Give templates `nav_categories`, `nav_drop` and `theme`. Lazy: pages without a menu read nothing."""
    theme = request.COOKIES.get("theme", "")
    return {
        "nav_categories": SimpleLazyObject(top_categories),
        "nav_drop": SimpleLazyObject(_drop_entry),
        "theme": theme if theme in THEMES else "",
    }


def _drop_entry() -> dict[str, str]:
    drop = current_drop(timezone.now())
    return {"name": drop.name, "url": drop.get_absolute_url()} if drop else {}
