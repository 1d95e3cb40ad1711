"""Which views make a page that everybody shares, and what such a page depends on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.http import HttpRequest
from django.urls import Resolver404, resolve

View = TypeVar("View", bound=Callable[..., Any])
# In the query of an address: this visitor's own copy, with the messages that wait for the visitor.
OWN_COPY: Final = "aviso"
_MARK: Final = "_percha_shared"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a shared view reads of a query, besides its path: every other key is taken off the request.

    With one of `own_keys` in the query the copy is the visitor's own (a code to be filled in). `has_early`: before a
    drop opens, whoever may buy early gets a copy of their own.
    """

    keys: Callable[[], frozenset[str]]
    has_early: bool = False
    own_keys: tuple[str, ...] = ()


def shared_page(
    *,
    keys: Iterable[str] | Callable[[], frozenset[str]] = (),
    has_early: bool = False,
    own_keys: tuple[str, ...] = (),
) -> Callable[[View], View]:
    """Mark a view whose page is the same for everybody who asks for the same address.

    It is called with a request from which all that tells one visitor from another was taken
    (`shop.core.shared_pages.middleware`). `keys`: the keys of the query that it reads.
    """
    known = keys if callable(keys) else _always(frozenset(keys))

    def mark(view: View) -> View:
        setattr(view, _MARK, Mark(known, has_early, own_keys))
        return view

    return mark


def _always(keys: frozenset[str]) -> Callable[[], frozenset[str]]:
    return lambda: keys


@lru_cache(maxsize=4096)
def mark_at(path: str) -> Mark | None:
    """Return the mark of the view at a path (with its first slash); None where no shared view is."""
    try:
        view = resolve(path).func
    except Resolver404:
        return None
    found: Mark | None = getattr(view, _MARK, None)
    return found


def is_shared(request: HttpRequest) -> bool:
    """Return whether the answer that is being made is one that everybody shares."""
    return getattr(request, "is_shared", False)
