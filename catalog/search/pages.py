"""What is found besides products: categories, collections and drops, the shop's policies."""

from collections.abc import Iterable
from dataclasses import dataclass
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
    named: list[PageFound] = [PageFound(one.name, one.url) for one in navigation.category_entries(version)]
    named += [PageFound(one.name, one.get_absolute_url()) for one in navigation.collections_on_show(version)]
    named += [PageFound(one.title, one.url) for one in policies.POLICIES]
    return [page for page in named if _has(wanted, words_of(fold(str(page.name))).split())][:MOST]


def _has(wanted: Iterable[str], words: list[str]) -> bool:
    return all(any(word.startswith(one) or _stem(one) == _stem(word) for word in words) for one in wanted)


def _stem(word: str) -> str:
    """Return the word without the plural's ending."""
    return word.removesuffix("s").removesuffix("e") if len(word) > 3 else word
