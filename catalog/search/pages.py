"""What is found besides products: categories, collections and drops, the shop's policies."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from django.utils.functional import Promise

from catalog import policies
from catalog.listing import navigation
from catalog.listing.rows import words_of
from catalog.search.text import fold

MOST: Final = 4


@dataclass(frozen=True, slots=True)
class PageFound:
    """A page whose name has what was typed."""

    name: "str | Promise"
    url: str


def pages(text: str, version: str = "") -> list[PageFound]:
    """Return the pages with words in their names that begin with each word that was typed: those of the navigation.

    `version` (of the catalogue) as of `navigation.category_entries`.
    """
    wanted = words_of(fold(text)).split()
    if not wanted or max(map(len, wanted)) < 2:
        return []
    found = (PageFound(name, url()) for name, url in _named(version) if _has(wanted, _words(str(name))))
    return list(islice(found, MOST))


def _named(version: str) -> "Iterator[tuple[str | Promise, Callable[[], str]]]":
    """Yield the name of each page, and what tells its address: of most it is not asked."""
    for entry in navigation.category_entries(version):
        yield entry.name, lambda entry=entry: entry.url  # type: ignore[misc]
    for collection in navigation.collections_on_show(version):
        yield collection.name, collection.get_absolute_url
    for policy in policies.POLICIES:
        yield policy.title, lambda policy=policy: policy.url  # type: ignore[misc]


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(words_of(fold(name)).split())


def _has(wanted: Iterable[str], words: tuple[str, ...]) -> bool:
    return all(any(word.startswith(one) or _stem(one) == _stem(word) for word in words) for one in wanted)


def _stem(word: str) -> str:
    """Return the word without the plural's ending."""
    return word.removesuffix("s").removesuffix("e") if len(word) > 3 else word
