"""Conditional requests (RFC 9110 §13): reading again what has not changed, and changing only what was read."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja.decorators import decorate_view
from ninja.operation import Operation
from ninja.throttling import BaseThrottle

from shop.core.api import calling, problems

View = TypeVar("View", bound=Callable[..., Any])
Version = Callable[[HttpRequest], str | None]
Current = Callable[[], str | None]

# Half a minute of a page that has changed meanwhile is what a shopper sees anyway while reading it.
PUBLIC: Final = "public, max-age=30, stale-while-revalidate=60"
# What one process keeps of answers that were made for the present version, in bytes.
KEPT_BYTES: Final = 16 * 1024 * 1024
_VALIDITY: Final = "_percha_validity"


@dataclass(frozen=True, slots=True)
class Validity:
    """For how long an answer to guests stands: while `current()` is its version; None: that has to be asked for.

    `limits` are those of its operation: an answer that is repeated counts as well.
    """

    version: str
    current: Current
    limits: Sequence[BaseThrottle]


class Bodies:
    """Bodies by their ETag, which names address, language and version: one that is found is the right one.

    Of one process; the oldest go first.
    """

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self.most, self.size = most, 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def find(self, etag: str) -> bytes | None:
        return self._bodies.get(etag)

    def keep(self, etag: str, body: bytes) -> None:
        with self._lock:
            if etag not in self._bodies:
                self._bodies[etag] = body
                self.size += len(body)
            while self.size > self.most and self._bodies:
                _oldest, gone = self._bodies.popitem(last=False)
                self.size -= len(gone)

    def clear(self) -> None:
        """Forget all: for tests that count what an answer costs."""
        with self._lock:
            self._bodies.clear()
            self.size = 0


bodies: Final = Bodies()


def _never() -> str | None:
    return None


def read_if_changed(version: Version, current: Current = _never) -> Callable[[View], View]:
    """Return the decorator of a GET whose answer is the same until `version(request)` changes; below the router's.

    An unchanged answer is 304, before the endpoint is called but after token and limits were checked: `version` knows
    the account. It returns None where the answer is the visitor's own: it is then never kept. What was answered for a
    version is kept for others who ask for the same: it may depend on address, language and version alone.

    `current()` is the version for guests where it is known without a statement, None where it is not: while it stands,
    answers are repeated before anything else is done (`shop.core.api.unchanged`).
    """

    def decorate(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        operation: Operation = run.__self__  # type: ignore[attr-defined]

        def answer(request: HttpRequest, **arguments: object) -> HttpResponse:
            refusal = calling.refusal_of(operation, request)
            if refusal is not None:
                return refusal
            try:
                found = version(request)
            except Exception as error:  # noqa: BLE001  (its handlers re-raise what they do not know)
                return calling.answer_of(operation, request, error)
            if found is None:
                return calling.call(operation, request, arguments)
            etag = _etag(request, found)
            if is_known(request.headers.get("If-None-Match", ""), etag):
                response: HttpResponse = HttpResponseNotModified(headers={"ETag": etag})
            else:
                response = _public(etag, lambda: calling.call(operation, request, arguments))
            if response.has_header("ETag"):
                setattr(response, _VALIDITY, Validity(found, current, operation.throttle_objects))
            return response

        def marked(request: HttpRequest, **arguments: object) -> HttpResponse:
            response = answer(request, **arguments)
            if response.has_header("ETag"):
                response["Cache-Control"] = PUBLIC
                patch_vary_headers(response, ["Accept-Language", "Authorization", "Cart-Token"])
            return response

        marked.__self__ = operation  # type: ignore[attr-defined]
        return marked

    def mark(view: View) -> View:
        marked: View = decorate_view(decorate)(view)
        marked.is_conditional = True  # type: ignore[attr-defined]
        return marked

    return mark


def _etag(request: HttpRequest, version: str) -> str:
    """Return the strong ETag of an address in a version: one of another address never matches."""
    address = f"{get_language()} {request.build_absolute_uri()}"
    return quote_etag(f"{version}-{blake2b(address.encode(), digest_size=8).hexdigest()}")


def is_known(known: str, etag: str) -> bool:
    """Return whether `If-None-Match` names this ETag. A proxy that compresses may have made it a weak one."""
    return known == etag or any(one.removeprefix("W/") == etag for one in parse_etags(known))


def validity_of(response: HttpResponseBase) -> Validity | None:
    """Return for how long an answer of `read_if_changed` stands; None for every other one."""
    return getattr(response, _VALIDITY, None)


def _public(etag: str, make: Callable[[], HttpResponse]) -> HttpResponse:
    """Return the answer that was kept, or make it and keep it; a refusal gets no ETag."""
    body = bodies.find(etag)
    if body is not None:
        response = HttpResponse(body, content_type=calling.JSON)
    else:
        response = make()
        if response.status_code != 200:
            return response
        bodies.keep(etag, response.content)
    response["ETag"] = etag
    return response


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


def version_of(*values: object) -> str:
    """Return a short digest of what a form would change of a row: its version for `If-Match`."""
    return blake2b(repr(values).encode(), digest_size=12).hexdigest()


def show_version(response: HttpResponse, version: str) -> None:
    """Send the version of what was read or changed, for the next change's `If-Match`."""
    response["ETag"] = quote_etag(version)
