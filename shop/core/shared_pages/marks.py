"""Which views make a page that everybody shares, and what such a page depends on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404

from shop.core.web.indexed_urls import found_at

View = TypeVar("View", bound=Callable[..., Any])
# In the query of an address: this visitor's own copy, with the messages that wait for the visitor.
OWN_COPY: Final = "aviso"
# A copy is made again after so many seconds even when nothing was noted.
KEEP_SECONDS: Final = 300
_MARK: Final = "_percha_shared"
_FACTS: Final = "_percha_depends"


class Generations(Protocol):
    """What there is at a moment; a page that was made of it is right until it changes."""

    @property
    def now(self) -> datetime: ...

    @property
    def is_exact(self) -> bool:
        """Return whether no change can be missing."""

    def text(self, tags: tuple[str, ...]) -> str:
        """Return the generation of what depends on these."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a shared view's pages are kept.

    `keys` returns what it reads of a query: every other key is taken off the request. With one of `own_keys` in the
    query the copy is the visitor's own (a code to be filled in). `has_early`: before a drop opens, whoever may buy
    early gets a copy of their own. `keep`: seconds. `known` returns the generations without asking for them, or None.
    """

    generations: Callable[[], Generations]
    known: Callable[[], Generations | None]
    keys: Callable[[Any], frozenset[str]]
    own_keys: tuple[str, ...] = ()
    has_early: bool = False
    keep: int = KEEP_SECONDS


@dataclass(frozen=True, slots=True)
class Depends:
    """What one page depends on besides what every page does, and whether it is another one for who may buy early."""

    tags: tuple[str, ...]
    differs_early: bool = False
    keep: int | None = None


def shared_page(
    *,
    generations: Callable[[], Generations],
    known: Callable[[], Generations | None] = lambda: None,
    keys: Iterable[str] | Callable[[Any], frozenset[str]] = (),
    own_keys: tuple[str, ...] = (),
    has_early: bool = False,
    keep: int = KEEP_SECONDS,
) -> Callable[[View], View]:
    """Mark a view whose page is the same for everybody who asks for the same address.

    It is called with a request that is nobody's (`shop.core.shared_pages.middleware`) and says by `depends` what the
    page is made of. `keys`: the keys of the query that it reads, or a function of the present generations.
    """
    read = keys if callable(keys) else _always(frozenset(keys))

    def mark(view: View) -> View:
        setattr(view, _MARK, Mark(generations, known, read, own_keys, has_early, keep))
        return view

    return mark


def depends(
    response: HttpResponseBase, *tags: str, differs_early: bool = False, keep: int | None = None
) -> None:
    """Note what a page depends on; it is made again when that has another generation, or after `keep` seconds."""
    setattr(response, _FACTS, Depends(tuple(sorted(set(tags))), differs_early, keep))


def depends_of(response: HttpResponseBase) -> Depends | None:
    """Return what was noted of a page; None for an answer that is not kept."""
    found: Depends | None = getattr(response, _FACTS, None)
    return found


def _always(keys: frozenset[str]) -> Callable[[Any], frozenset[str]]:
    return lambda _generations: keys


@lru_cache(maxsize=4096)
def mark_at(path: str) -> Mark | None:
    """Return the mark of the view at a path (with its first slash); None where no shared view is."""
    try:
        view = found_at(path).func
    except Resolver404:
        return None
    found: Mark | None = getattr(view, _MARK, None)
    return found


def is_shared(request: HttpRequest) -> bool:
    """Return whether the answer that is being made is one that everybody shares."""
    return getattr(request, "is_shared", False)
