"""Template context of every page: the menu and the current drop."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from catalog.listing import generations
from catalog.listing.generations import catalogue_of, now_of
from catalog.listing.navigation import KEEP_SECONDS, CategoryEntry, current_drop, top_categories


@dataclass(frozen=True, slots=True)
class DropEntry:
    """The drop in the menu; false where there is none."""

    name: str = ""
    url: str = ""

    def __bool__(self) -> bool:
        return bool(self.url)


@dataclass(frozen=True, slots=True)
class Menu:
    """What the menu leads to; `urls` has all its addresses."""

    categories: tuple[CategoryEntry, ...]
    drop: DropEntry
    urls: frozenset[str]


# Menus of so many versions and languages are kept by a process.
_MOST: Final = 32
_kept: Final[dict[tuple[str, str | None, str], Menu]] = {}


def navigation(request: HttpRequest) -> dict[str, object]:
    """Give templates `nav_categories`, `nav_drop` and `nav_here`: the page's address when it stands in the menu.

    Lazy: pages without a menu read nothing.
    """
    menu = cache(lambda: _menu(request))
    return {
        "nav_categories": SimpleLazyObject(lambda: menu().categories),
        "nav_drop": SimpleLazyObject(lambda: menu().drop),
        "nav_here": SimpleLazyObject(lambda: request.path if request.path in menu().urls else ""),
    }


def _menu(request: HttpRequest) -> Menu:
    """Return the menu of the version of the catalogue that a page is made by.

    A shared page's generation has the openings of drops as well: its menu is made once. A visitor's own page has that
    of the last version that is known, which costs no round trip. One that was not asked for lately, by any page, is
    asked for here.
    """
    if version := catalogue_of(request):
        of = (version, get_language(), get_script_prefix())
        menu = _kept.get(of)
        if menu is None:
            if len(_kept) >= _MOST:
                _kept.clear()
            menu = _kept[of] = _read(version, now_of(request))
        return menu
    return _read(generations.seen.lately(KEEP_SECONDS) or generations.current().catalogue, now_of(request))


def _read(version: str, now: datetime) -> Menu:
    categories = tuple(top_categories(version))
    drop = current_drop(now, version)
    entry = DropEntry(drop.name, drop.get_absolute_url()) if drop else DropEntry()
    urls = {category.url for category in categories} | ({entry.url} if drop else set())
    return Menu(categories, entry, frozenset(urls))
