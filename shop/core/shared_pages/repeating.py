"""Gives the copy of a shared page before Django reads the request, which would cost more than the copy.

`SharedPages` notes for an address as it was sent which copy it gave; while that copy is right by what this process
knows anyway, it is given again. Everything else goes the usual way: nothing here makes a page, and what is given is
what `SharedPages` would give (`shop/core/tests/shared_pages/test_repeating.py`). Only which keys of a query a view
reads may be asked again, every some seconds; where the database or Redis is away, the request goes the usual way too,
which begins with a connection that stands and ends with the page that says so.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from redis import RedisError

from shop.core.shared_pages import encodings
from shop.core.shared_pages.copies import Copy, copies
from shop.core.shared_pages.marks import Generations, Mark

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Sent = tuple[str, ...]
# All of a request that decides which copy is given (`middleware.key_of`), as the server has read it.
_DECIDING: Final = (
    *("wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT"),
    *("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
)
# What one process notes, and the longest of it: some kilobytes each.
MOST: Final = 4000
_LONGEST: Final = 1000
_NOT_MODIFIED: Final = "304 Not Modified"


@dataclass(frozen=True, slots=True)
class _Noted:
    """Which copy an address got, and the keys of a query that its view read then."""

    key: str
    mark: Mark
    keys: frozenset[str]


class Repeated:
    """What this process has noted of addresses; the oldest go first."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._noted: OrderedDict[Sent, _Noted] = OrderedDict()
        self._lock = Lock()

    def note(self, environ: dict[str, Any], key: str, mark: Mark, keys: frozenset[str]) -> None:
        """Note that a request got, or may get, the copy under this key."""
        sent = _sent(environ)
        known = self._noted.get(sent)
        if sum(map(len, sent)) > _LONGEST or (known and (known.key, known.keys) == (key, keys)):
            return
        with self._lock:
            self._noted[sent] = _Noted(key, mark, keys)
            while len(self._noted) > self.most:
                self._noted.popitem(last=False)

    def find(self, environ: dict[str, Any]) -> Copy | None:
        """Return the copy that such a request got, while it is right; None: the request goes the usual way."""
        noted = self._noted.get(_sent(environ))
        generations = noted.mark.known() if noted else None
        if noted is None or generations is None or _keys(noted.mark, generations) != noted.keys:
            return None
        copy = copies.here(noted.key)
        if copy is None or not copy.is_of(generations.text(copy.tags)):
            return None
        may_be_early = copy.differs_early and noted.mark.has_early
        if may_be_early and settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", ""):
            return None
        return copy

    def clear(self) -> None:
        """Forget all: for tests."""
        with self._lock:
            self._noted.clear()


repeated: Final = Repeated()


def repeating(application: Application) -> Application:
    """Wrap a WSGI application whose `SharedPages` note what they give."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        copy = repeated.find(environ) if environ["REQUEST_METHOD"] == "GET" else None
        if copy is None:
            return application(environ, start_response)
        known = environ.get("HTTP_IF_NONE_MATCH", "")
        if known and copy.is_known(known):
            start_response(_NOT_MODIFIED, list(copy.unchanged().items()))
            return []
        headers, body = copy.answer(encodings.chosen(environ.get("HTTP_ACCEPT_ENCODING", "")))
        start_response("200 OK", list(headers.items()))
        return [body]

    return wrapped


def _keys(mark: Mark, generations: Generations) -> frozenset[str] | None:
    try:
        return mark.keys(generations)
    except (DatabaseError, InterfaceError, RedisError):
        return None


def _sent(environ: dict[str, Any]) -> Sent:
    return tuple([environ.get(name, "") for name in _DECIDING])
