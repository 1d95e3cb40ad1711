"""Which methods a view takes, checked before anything else.

Django's decorators answer inside the view, after the CSRF check: a POST to a read-only page would be reported as a
stale form (403). These have the same names and mark the view, and the middleware answers 405 with `Allow`.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators import http

View = TypeVar("View", bound=Callable[..., Any])


def require_http_methods(methods: Sequence[str]) -> Callable[[View], View]:
    """Return a decorator for a view that takes these methods only (names in capitals)."""

    def mark(view: View) -> View:
        checked = http.require_http_methods(list(methods))(view)
        checked.allowed_methods = tuple(methods)  # type: ignore[attr-defined]
        return checked

    return mark


def require_GET(view: View) -> View:  # noqa: N802  (Django's name)
    """Take GET only."""
    return require_http_methods(["GET"])(view)


def require_POST(view: View) -> View:  # noqa: N802
    """Take POST only."""
    return require_http_methods(["POST"])(view)


def require_safe(view: View) -> View:
    """Take GET and HEAD only."""
    return require_http_methods(["GET", "HEAD"])(view)


class RefuseWrongMethods:
    """Answer 405 and what is allowed, before sessions are read and tokens checked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        allowed = getattr(view, "allowed_methods", None) or _of_class(getattr(view, "view_class", None))
        if not allowed or request.method in allowed:
            return None
        return HttpResponseNotAllowed(allowed)


def _of_class(view_class: object) -> tuple[str, ...]:
    """Return the methods that a class-based view answers; none for a function."""
    names = getattr(view_class, "http_method_names", ())
    return tuple(name.upper() for name in names if hasattr(view_class, name))
