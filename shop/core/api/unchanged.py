"""Answers that have not changed are given again before the other middlewares are passed, which would say the same.

An answer of `read_if_changed` is repeated with all its headers to guests whose request has the same values in all that
an answer depends on, while its version is known to stand without asking for it. Everything else goes the usual way: a
request with a token (of an account or a cart), another method, a body, a limit that is reached.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase

from shop.core.api import problems, throttles
from shop.core.api.conditional import Validity, bodies, is_known, validity_of

# Scheme, language, CORS headers, the address and its ETag are read from these, and whether the Host is allowed.
_DECIDING: Final = (
    *("PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT_LANGUAGE", "HTTP_HOST", "HTTP_ORIGIN"),
    *("SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT"),
)
_WHOEVER: Final = ("HTTP_AUTHORIZATION", "HTTP_CART_TOKEN")
# What one process keeps: some three kilobytes each, and no longer addresses than that.
MOST: Final = 4000
_LONGEST: Final = 2000
_COUNTED: Final = frozenset({"ratelimit", "ratelimit-policy"})

Key = tuple[str, ...]


@dataclass(slots=True)
class _Kept:
    """The headers by status of an answer with this ETag; its body is in `bodies`."""

    etag: str
    validity: Validity
    headers: dict[int, dict[str, str]] = field(default_factory=dict)


class KeptAnswers:
    """Answers by what their requests asked for. Of one process; the oldest go first."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._lock = Lock()

    def repeat(self, key: Key, request: HttpRequest) -> HttpResponse | None:
        """Return the answer that was given to such a request, counted by its limits; None: it goes the usual way."""
        kept = self._kept.get(key)
        if kept is None or kept.validity.current() != kept.validity.version:
            return None
        known = request.META.get("HTTP_IF_NONE_MATCH")
        is_sent = not known or not is_known(known, kept.etag)
        headers = kept.headers.get(HTTPStatus.OK if is_sent else HTTPStatus.NOT_MODIFIED)
        body = bodies.find(kept.etag) if is_sent else b""
        if headers is None or body is None:
            return None
        # What is refused here is refused by the operation, which does not count the request again.
        if [limit for limit in kept.validity.limits if not limit.allow_request(request)]:
            return None
        response = (
            HttpResponse(body, headers=headers) if is_sent else HttpResponseNotModified(headers=headers)
        )
        throttles.describe(request, response)
        return response

    def keep(self, key: Key, response: HttpResponseBase) -> None:
        """Keep an answer of `read_if_changed` whose version still stands."""
        validity = validity_of(response)
        if validity is None or validity.current() != validity.version or response.cookies:
            return
        etag = response["ETag"]
        headers = {name: value for name, value in response.items() if name.lower() not in _COUNTED}
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.etag != etag:
                kept = self._kept[key] = _Kept(etag, validity)
            kept.headers[response.status_code] = headers
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget all: for tests."""
        with self._lock:
            self._kept.clear()


kept_answers: Final = KeptAnswers()


class UnchangedAnswers:
    """Repeats the answers that have not changed; the first middleware, since it repeats what the others have added."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = _key(request)
        if key is None:
            return self.get_response(request)
        repeated = kept_answers.repeat(key, request)
        if repeated is not None:
            return repeated
        response = self.get_response(request)
        kept_answers.keep(key, response)
        return response


def _key(request: HttpRequest) -> Key | None:
    """Return all that the answer to a guest depends on besides the version; None where it is never repeated."""
    sent = request.META
    if (
        request.method != "GET"
        or not request.path.startswith(problems.PREFIX)
        or sent.get("CONTENT_LENGTH", "") not in {"", "0"}
        or any(name in sent for name in _WHOEVER)
    ):
        return None
    key = (request.scheme or "", *[str(sent.get(name, "")) for name in _DECIDING])
    return key if sum(map(len, key)) <= _LONGEST else None
