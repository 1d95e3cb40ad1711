"""Forms of the shop are accepted because the browser says that they come from the shop's own pages.

Pages that everybody shares cannot have a token. Browsers send `Sec-Fetch-Site` with every request to a secure origin
since 2023 at the latest (https://caniuse.com/mdn-http_headers_sec-fetch-site), and `Origin` with every POST since 2020;
no page can write or leave out either (https://fetch.spec.whatwg.org/#forbidden-request-header). OWASP lists them among
the defences: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#fetch-metadata-headers

Everything else needs Django's token: what comes from elsewhere, from a sub-domain, or from a browser that sends neither
header; and all forms of the back office and of accounts, whose pages nobody shares.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from shop.core.web import languages

View = TypeVar("View", bound=Callable[..., Any])
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_ALWAYS_TOKENS: Final = ("/admin/", "/cuenta/", "/api/", "/i18n/")
_TOKEN: Final = "csrfmiddlewaretoken"  # noqa: S105  (the name of Django's field)


def posted_from_shared_pages(view: View) -> View:
    """Mark a view whose forms stand on shared pages, without a token.

    A browser that does not say where a form comes from gets a page that asks once more, with a token.
    """
    view.is_posted_from_shared_pages = True  # type: ignore[attr-defined]
    return view


class OwnForms(CsrfViewMiddleware):
    """Django's check of forms, which believes a browser that says they are the shop's own."""

    def process_view(  # type: ignore[override]
        self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> HttpResponse | None:
        if request.method not in _READING and _may_do_without(request.path) and is_own(request):
            return self._accept(request)  # type: ignore[attr-defined, no-any-return]
        refused = super().process_view(request, callback, callback_args, callback_kwargs)
        is_marked = getattr(callback, "is_posted_from_shared_pages", False)
        if refused is not None and is_marked and says_nothing(request):
            return _ask_once_more(request)
        return refused


def _may_do_without(path: str) -> bool:
    """Return whether forms at this path need no token when the browser says that they are the shop's own."""
    return not f"/{languages.split(path.removeprefix('/'))[1]}".startswith(_ALWAYS_TOKENS)


def is_own(request: HttpRequest) -> bool:
    """Return whether the browser says that the request comes from a page of this very origin.

    `same-site` is another name of the same domain, `none` no page at all: neither is a form of ours.
    """
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return bool(site == "same-origin")
    origin = urlsplit(request.META.get("HTTP_ORIGIN", ""))
    return bool(origin.netloc) and (origin.scheme, origin.netloc) == (request.scheme, request.get_host())


def says_nothing(request: HttpRequest) -> bool:
    """Return whether the browser does not say where a request comes from."""
    return "HTTP_SEC_FETCH_SITE" not in request.META and "HTTP_ORIGIN" not in request.META


def _ask_once_more(request: HttpRequest) -> HttpResponse:
    """Show what was sent as a form with a token: one more press, and nothing is lost."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values if name != _TOKEN]
    response = render(request, "send_again.html", {"sent": sent})
    add_never_cache_headers(response)
    return response
