"""The category tree and the collections on show: shared by every page, kept in the cache for a short while.

When the cache does not answer, the rows are read from the database.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from django.core.cache import cache
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language
from redis.exceptions import RedisError

from catalog.models import Category, Collection

log = logging.getLogger(__name__)
KEEP_SECONDS: Final = 30
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    """A category in the navigation. `tree_path` is treebeard's materialised path."""

    key: int
    name: str
    path_slug: str
    tree_path: str
    depth: int

    @property
    def url(self) -> str:
        """Return the page's address."""
        return _address(self.path_slug, get_language(), get_script_prefix())


@lru_cache(maxsize=4096)
def _address(path_slug: str, language: str, prefix: str) -> str:
    """Return the address of a category in the language that is active; every page names those of its menu."""
    return reverse("catalog:category", args=[path_slug])


def remember(key: str, make: Callable[[], Thing]) -> Thing:
    """Return the cached value of `key`, or make it and keep it for `KEEP_SECONDS`."""
    try:
        cached: Thing | None = cache.get(key)
        if cached is None:
            cached = make()
            cache.set(key, cached, KEEP_SECONDS)
    except RedisError:
        log.warning("The cache does not answer; reading %s from the database", key)
        return make()
    return cached


def category_entries(version: str = "") -> list[CategoryEntry]:
    """Return the visible categories in the order of the tree; children of a hidden one are hidden too.

    `version` (of the catalogue) asks for those of this version; without it they may be half a minute old.
    """
    return _categories_of(version) if version else remember("catalog:category-tree", _read_categories)


@lru_cache(maxsize=8)
def _categories_of(version: str) -> list[CategoryEntry]:
    return _read_categories()


def _read_categories() -> list[CategoryEntry]:
    entries: list[CategoryEntry] = []
    hidden: list[str] = []
    for category in Category.objects.order_by("path"):
        if not category.is_active or any(category.path.startswith(path) for path in hidden):
            hidden.append(category.path)
            continue
        entries.append(
            CategoryEntry(category.pk, category.name, category.path_slug, category.path, category.depth)
        )
    return entries


def top_categories(version: str = "") -> list[CategoryEntry]:
    """Return the visible categories of the first level."""
    return [entry for entry in category_entries(version) if entry.depth == 1]


def children(parent: CategoryEntry, version: str = "") -> list[CategoryEntry]:
    """Return the visible categories right below one."""
    return [
        entry
        for entry in category_entries(version)
        if entry.depth == parent.depth + 1 and entry.tree_path.startswith(parent.tree_path)
    ]


def ancestors(tree_path: str, version: str = "") -> list[CategoryEntry]:
    """Return the visible categories from the root down to the one with this path, itself included."""
    return [entry for entry in category_entries(version) if tree_path.startswith(entry.tree_path)]


def collections_on_show(version: str = "") -> list[Collection]:
    """Return the visible collections, drops and others, in the shop's order; `version` as of `category_entries`."""
    return list(_collections_of(version)) if version else remember("catalog:collections", _read_collections)


@lru_cache(maxsize=8)
def _collections_of(version: str) -> list[Collection]:
    return _read_collections()


def _read_collections() -> list[Collection]:
    return list(Collection.objects.filter(is_active=True))


def current_drop(now: datetime, version: str = "") -> Collection | None:
    """Return the drop to show first: the one opened last, else the one that opens next."""
    shown = collections_on_show(version)
    drops = [collection for collection in shown if collection.kind == Collection.Kind.DROP]
    running = [drop for drop in drops if drop.phase(now) == Collection.Phase.OPEN]
    if running:
        return max(running, key=lambda drop: drop.starts_at or drop.created_at)
    return next_drop(now, version)


def next_drop(now: datetime, version: str = "") -> Collection | None:
    """Return the drop that opens next."""
    ahead = [
        collection
        for collection in collections_on_show(version)
        if collection.kind == Collection.Kind.DROP and collection.phase(now) == Collection.Phase.UPCOMING
    ]
    return min(ahead, key=lambda drop: drop.starts_at or now, default=None)
