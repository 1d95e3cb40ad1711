"""Makes shared pages: nothing of the visitor is left on the request before anything reads it."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme

from shop.core.shared_pages.marks import OWN_COPY, Mark, mark_at

# What tells one visitor from another. The host, the scheme and the address stay.
_PERSONAL: Final = (
    *("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_CART_TOKEN", "HTTP_REFERER", "HTTP_ACCEPT_LANGUAGE"),
    *("HTTP_HX_REQUEST", "HTTP_HX_TARGET", "HTTP_HX_CURRENT_URL", "HTTP_USER_AGENT"),
)


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
        if _wants_own(request, mark):
            return _private(self.get_response(request))
        make_nobodys(request, mark)
        return self.get_response(request)


def _wants_own(request: HttpRequest, mark: Mark) -> bool:
    """Return whether this visitor's copy may be another one than everybody's.

    Only visitors who have signed in, or were let in early, have a session.
    """
    if OWN_COPY in request.GET or any(key in request.GET for key in mark.own_keys):
        return True
    return mark.has_early and settings.SESSION_COOKIE_NAME in request.COOKIES


def make_nobodys(request: HttpRequest, mark: Mark) -> None:
    """Take off a request what tells one visitor from another, and the keys of its query that the view does not know."""
    for name in _PERSONAL:
        request.META.pop(name, None)
    request.COOKIES = {}
    known = mark.keys()
    kept = QueryDict(mutable=True)
    for name, values in sorted(request.GET.lists()):
        if name in known:
            kept.setlist(name, values)
    request.META["QUERY_STRING"] = kept.urlencode()
    request.GET = QueryDict(request.META["QUERY_STRING"])
    request.is_shared = True  # type: ignore[attr-defined]


def _private(response: HttpResponse) -> HttpResponse:
    """Let nobody keep a visitor's own copy. Not `no-store`: the browser may go back to it."""
    if not response.has_header("Cache-Control"):
        patch_cache_control(response, private=True, no_cache=True)
    return response


class MessagesOnOwnCopies:
    """Leads a redirect to a shared page on to the visitor's own copy of it while messages wait to be read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        target = response.get("Location", "")
        if response.status_code == 302 and target and _have_messages(request):
            response["Location"] = own_copy(target, request.get_host())
        return response


def own_copy(address: str, host: str) -> str:
    """Return the address of a visitor's own copy of a shared page of ours; another address as it is."""
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={host}):
        return address
    path, question, query = address.partition("?")
    bare = path.partition("#")[0]
    if "://" in bare or mark_at(bare) is None or f"{OWN_COPY}=" in query:
        return address
    rest, hash_mark, fragment = (query if question else path).partition("#")
    rest = f"{bare}?{rest}&{OWN_COPY}=1" if question else f"{bare}?{OWN_COPY}=1"
    return f"{rest}{hash_mark}{fragment}"


def _have_messages(request: HttpRequest) -> bool:
    """Return whether this answer, or one before it, left messages that no page has shown. No query for most."""
    waiting = get_messages(request)
    return bool(getattr(waiting, "_queued_messages", ())) or bool(waiting)
