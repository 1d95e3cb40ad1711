"""Django's application, which looks for the view of a fixed address once in a process."""

from typing import Final

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.urls import ResolverMatch

from shop.core.web.indexed_urls import found_at

# A pattern that takes anything and keeps nothing of it would fit any number of addresses.
MOST: Final = 2000
_LONGEST: Final = 200


class ShopHandler(WSGIHandler):
    """Django's own, which keeps what it has found at addresses of which a view is told nothing: no key, no number.

    There are as many of them as patterns without a parameter, in each language.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fixed: dict[str, ResolverMatch] = {}

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Return what is at the address of a request. Raises: Resolver404."""
        if hasattr(request, "urlconf"):
            found: ResolverMatch = super().resolve_request(request)
            return found
        path = request.path_info
        match = self._fixed.get(path)
        if match is None:
            match = found_at(path)
            is_fixed = not match.args and not match.kwargs
            if is_fixed and len(path) <= _LONGEST and len(self._fixed) < MOST:
                self._fixed[path] = match
        request.resolver_match = match
        return match
