"""Conditional requests (RFC 9110 §13): reading again what has not changed, and changing only what was read."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import condition
from ninja.decorators import decorate_view

from shop.core.api import problems

View = TypeVar("View", bound=Callable[..., Any])
Version = Callable[[HttpRequest], str | None]

# Half a minute of a page that has changed meanwhile is what a shopper sees anyway while reading it.
PUBLIC: Final = "public, max-age=30, stale-while-revalidate=60"


def read_if_changed(version: Version) -> Callable[[View], View]:
    """Return the decorator of a GET whose answer is the same until `version(request)` changes; below the router's.

    An unchanged answer is 304, before the endpoint is called. `version` returns None where the answer is the visitor's
    own: it is then never kept.
    """

    def tag(request: HttpRequest, **_arguments: object) -> str | None:
        found = version(request)
        request._percha_public = found is not None  # type: ignore[attr-defined]
        return quote_etag(found) if found is not None else None

    def decorate(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        conditional = condition(etag_func=tag)(run)

        def answer(request: HttpRequest, **arguments: object) -> HttpResponse:
            response: HttpResponse = conditional(request, **arguments)
            if getattr(request, "_percha_public", False) and response.status_code in {200, 304}:
                response["Cache-Control"] = PUBLIC
                patch_vary_headers(response, ["Accept-Language", "Authorization"])
            return response

        answer.__self__ = getattr(run, "__self__", None)  # type: ignore[attr-defined]
        return answer

    def mark(view: View) -> View:
        marked: View = decorate_view(decorate)(view)
        marked.is_conditional = True  # type: ignore[attr-defined]
        return marked

    return mark


def require_match(request: HttpRequest, version: str) -> None:
    """Refuse a change whose `If-Match` does not name the version that there is.

    Raises:
        Problem: there is no such header (428), or it was changed since it was read (412).
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise problems.NO_VERSION(_("Send If-Match with the ETag that you have read."))
    if quote_etag(version) not in parse_etags(header):
        raise problems.CHANGED(_("It was changed since you read it. Read it again."))
