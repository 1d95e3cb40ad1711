"""Makes shared pages without knowing who asks, and gives the copy that was made while it is right.

It stands before everything that reads a session or the database: a page that is kept costs neither.
"""

import copy
import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    QueryDict,
)
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.cache import patch_cache_control
from django.utils.encoding import escape_uri_path

from shop.core.shared_pages import away, encodings
from shop.core.shared_pages.copies import KEEP_INEXACT, Copy, copies, etag_of
from shop.core.shared_pages.making import make_once
from shop.core.shared_pages.marks import OWN_COPY, Generations, Mark, depends_of, mark_at
from shop.core.shared_pages.repeating import repeated
from shop.core.web.stylesheet import NAME as STYLESHEET

log = logging.getLogger(__name__)
# Two seconds in a proxy or a CDN (three in nginx, which counts whole ones), one more while it asks for a new one, one
# until the shop itself has noticed: without JavaScript nobody sees stock that is older than five seconds. Browsers ask
# each time, which costs 304 and no page.
SHARED: Final = "public, max-age=0, s-maxage=2, stale-while-revalidate=1, stale-if-error=60"
# What tells one visitor from another, or a program from a browser. The host, the scheme and the address stay.
_PERSONAL: Final = (
    *("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_CART_TOKEN", "HTTP_REFERER", "HTTP_ACCEPT_LANGUAGE"),
    *("HTTP_HX_REQUEST", "HTTP_HX_TARGET", "HTTP_HX_TRIGGER", "HTTP_HX_CURRENT_URL", "HTTP_HX_BOOSTED"),
    *("HTTP_HX_HISTORY_RESTORE_REQUEST", "HTTP_HX_PROMPT", "HTTP_USER_AGENT", "HTTP_ORIGIN", "HTTP_ACCEPT"),
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_ACCEPT_ENCODING"),
)
# An address that is longer is made, and not kept.
_LONGEST: Final = 600
_OF_ONE_ANSWER: Final = frozenset({"content-length", "set-cookie", "vary", "etag"})


class SharedPages:
    """Answers GET and HEAD of marked views (`shared_page`) without knowing who asks.

    A visitor with messages to read (`?aviso=1`), or who may buy early, gets a copy of their own, which nobody keeps.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        mark = mark_at(request.path_info) if request.method in {"GET", "HEAD"} else None
        if mark is None or "%00" in request.META.get("QUERY_STRING", ""):
            # What no page can mean is refused further on.
            return self.get_response(request)
        if OWN_COPY in request.GET or any(key in request.GET for key in mark.own_keys):
            return _private(self.get_response(request))
        try:
            generations = mark.generations()
            known = mark.keys(generations)
        except (OperationalError, InterfaceError):
            # The database is away, and nothing was asked before: the page says so itself.
            return _private(self.get_response(request))
        if any(name in known and "" in values for name, values in request.GET.lists()):
            return _without_empty(request, known)
        shared = nobodys(request, mark, generations)
        page = self._page(shared, mark, generations)
        # Only visitors who have signed in, or were let in early, have a session.
        may_be_early = mark.has_early and settings.SESSION_COOKIE_NAME in request.COOKIES
        if may_be_early and _differs_early(page):
            return _private(self.get_response(request))
        if not isinstance(page, Copy):
            return page
        if (environ := getattr(request, "environ", None)) is not None:
            repeated.note(environ, key_of(shared), mark, known)
        return answer(page, request)

    def _page(self, request: HttpRequest, mark: Mark, generations: Generations) -> Copy | HttpResponse:
        key = key_of(request)
        if len(key) > _LONGEST:
            return self.get_response(request)
        kept = copies.here(key)

        def is_right(found: Copy) -> bool:
            return found.is_of(generations.text(found.tags))

        if kept is not None and (is_right(kept) or kept.has_just_failed(generations.text(kept.tags))):
            return kept
        return make_once(
            key,
            kept,
            is_right,
            lambda: _as_copy(self.get_response(request), mark, generations),
            lambda old, response: away.may_replace(old, response, mark),
        )


def _without_empty(request: HttpRequest, known: frozenset[str]) -> HttpResponse:
    """Lead to the address without keys that say nothing: a form sends every field, also those left empty."""
    left = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        left.setlist(name, [value for value in values if value or name not in known])
    query = left.urlencode()
    response = HttpResponsePermanentRedirect(escape_uri_path(request.path) + (f"?{query}" if query else ""))
    response["Cache-Control"] = SHARED
    return response


def nobodys(request: HttpRequest, mark: Mark, generations: Generations) -> HttpRequest:
    """Return the same request as if nobody had sent it, with the keys of its query that the view reads."""
    other = copy.copy(request)
    other.__dict__.pop("headers", None)
    other.META = {name: value for name, value in request.META.items() if name not in _PERSONAL}
    other.COOKIES = {}
    known = mark.keys(generations)
    kept = QueryDict(mutable=True)
    for name, values in sorted(request.GET.lists()):
        if name in known:
            kept.setlist(name, values)
    other.META["QUERY_STRING"] = kept.urlencode()
    other.GET = QueryDict(other.META["QUERY_STRING"])
    other.method = "GET"
    other.is_shared = True  # type: ignore[attr-defined]
    other.generations = generations  # type: ignore[attr-defined]
    return other


def key_of(request: HttpRequest) -> str:
    """Return what a copy is found by: all that a shared page depends on besides its generation."""
    sent = request.META
    parts = (request.scheme, sent.get("HTTP_HOST"), sent.get("SERVER_NAME"), sent.get("SERVER_PORT"))
    return " ".join(map(str, (*parts, sent.get("SCRIPT_NAME"), request.path_info, sent["QUERY_STRING"])))


def _as_copy(response: HttpResponse, mark: Mark, generations: Generations) -> Copy | HttpResponse:
    """Return a page as it may be kept; an answer that is none (not found, moved, an error) as it is."""
    found = depends_of(response)
    if response.status_code != 200 or found is None or response.streaming:
        return response
    if reads_the_visitor(response):
        # It was made for nobody, so that nothing is given away; but the next change of this view might.
        log.error("A shared page sets or reads cookies: it is not kept")
        return _private(response)
    body = response.content
    headers = {name: value for name, value in response.items() if name.lower() not in _OF_ONE_ANSWER}
    headers.setdefault("Cache-Control", SHARED)
    headers["Cache-Tag"] = ",".join(("catalogue", *found.tags))
    headers["Surrogate-Key"] = " ".join(("catalogue", *found.tags))
    headers["Vary"] = "Accept-Encoding"
    # A proxy that sends early hints takes the stylesheet from here; a browser, which pages it may fetch before a click.
    headers |= _hints(get_script_prefix(), settings.STATIC_URL)
    return Copy(
        generation=generations.text(found.tags),
        tags=found.tags,
        made_at=time.time(),
        keep=min(mark.keep, found.keep or mark.keep, mark.keep if generations.is_exact else KEEP_INEXACT),
        headers=headers,
        etag=etag_of(body),
        packed=encodings.compress(body, "br"),
        differs_early=found.differs_early,
    )


@lru_cache(maxsize=16)
def _hints(_prefix: str, _static: str) -> dict[str, str]:
    return {
        "Link": f"<{static(STYLESHEET)}>; rel=preload; as=style",
        "Speculation-Rules": f'"{reverse("speculation_rules")}"',
    }


def reads_the_visitor(response: HttpResponse) -> bool:
    """Return whether an answer was made by reading cookies, or sets one."""
    return bool(response.cookies) or "cookie" in response.get("Vary", "").lower()


def answer(page: Copy, request: HttpRequest) -> HttpResponse:
    """Return a copy as this browser takes it: compressed, or not at all when it has it already."""
    known = request.META.get("HTTP_IF_NONE_MATCH", "")
    briefly = {} if page.failed_at is None else {"Cache-Control": away.BRIEFLY}
    if known and page.is_known(known):
        return HttpResponseNotModified(headers=page.unchanged() | briefly)
    headers, body = page.answer(encodings.chosen(request.META.get("HTTP_ACCEPT_ENCODING", "")))
    headers = headers | briefly if briefly else headers
    return HttpResponse(b"" if request.method == "HEAD" else body, headers=headers)


def _differs_early(page: Copy | HttpResponse) -> bool:
    if isinstance(page, Copy):
        return page.differs_early
    found = depends_of(page)
    return found is not None and found.differs_early


def _private(response: HttpResponse) -> HttpResponse:
    """Let nobody keep a visitor's own copy. Not `no-store`: the browser may go back to it."""
    if not response.has_header("Cache-Control") or "public" in response["Cache-Control"]:
        response.headers.pop("Cache-Control", None)
        patch_cache_control(response, private=True, no_cache=True)
    return response
