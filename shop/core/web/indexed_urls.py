"""Addresses found by their first part: Django tries the pattern of each page in turn, some seventy before a product's.

An address that is not found is said to have been tried by fewer patterns than Django would name in its technical page.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Final

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver, resolve
from django.urls.resolvers import RoutePattern

Pattern = URLPattern | URLResolver
# So many addresses are remembered: a request asks for its own twice, for what is kept of its page and for its view.
_REMEMBERED: Final = 256


class IndexedResolver(URLResolver):
    """Django's own, which tries those patterns alone that can fit the first part of an address, in their order."""

    def resolve(self, path: str) -> ResolverMatch:
        """Return what is at a path, the same object for whoever asks again. Raises: Resolver404."""
        return self._remembered(str(path))

    @cached_property
    def _remembered(self) -> Callable[[str], ResolverMatch]:
        return lru_cache(maxsize=_REMEMBERED)(self._resolve)

    def _resolve(self, path: str) -> ResolverMatch:
        matched = self.pattern.match(path)
        if not matched:
            raise Resolver404({"path": path})
        rest = str(matched[0])
        fitting = self._by_first_part.get(rest.partition("/")[0], self._others)
        if fitting is None:
            raise Resolver404({"path": rest})
        return fitting.resolve(path)

    @cached_property
    def _by_first_part(self) -> dict[str, URLResolver]:
        places: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(self.url_patterns):
            if (first := first_part(one)) is not None:
                places[first].append(place)
        anywhere = [place for place, one in enumerate(self.url_patterns) if first_part(one) is None]
        return {first: self._of(sorted(own + anywhere)) for first, own in places.items()}

    @cached_property
    def _others(self) -> URLResolver | None:
        anywhere = [place for place, one in enumerate(self.url_patterns) if first_part(one) is None]
        return self._of(anywhere) if anywhere else None

    def _of(self, places: list[int]) -> URLResolver:
        chosen = [self.url_patterns[place] for place in places]
        return URLResolver(self.pattern, chosen)


def first_part(pattern: Pattern) -> str | None:
    """Return the part up to the first slash that every address of a pattern has; None: it has none of its own."""
    if not isinstance(pattern.pattern, RoutePattern):
        return None
    first, slash, _rest = str(pattern.pattern).partition("/")
    is_whole = bool(slash) or isinstance(pattern, URLPattern)
    return first if is_whole and "<" not in first else None


def found_at(path: str) -> ResolverMatch:
    """Return what is at a path with its first slash, the same object for whoever asks again. Raises: Resolver404.

    Its `route`, which no page shows, is in the language of who asked first.
    """
    return _found(path, settings.ROOT_URLCONF)


@lru_cache(maxsize=_REMEMBERED)
def _found(path: str, _addresses: str) -> ResolverMatch:
    return resolve(path)
