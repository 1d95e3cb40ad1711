"""One POST to an endpoint: to the address that was checked, ten seconds in all, no redirect followed.

`http.client` beneath a connection of our own, since the usual clients resolve the name a second time, follow redirects,
use the environment's proxies, and limit each wait but not the whole.
"""

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Timer
from typing import Final

import certifi
from django.utils import timezone

from shop.core.outgoing.addresses import Target
from shop.core.privacy.redaction import mask

_MOST_READ: Final = 4096
_MOST_KEPT: Final = 500
# Whoever asks for a longer pause is tried again after this one.
LONGEST_PAUSE: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Answer:
    """What came of a request: the endpoint's status, or None and why there is none."""

    status_code: int | None = None
    milliseconds: int = 0
    text: str = ""
    error: str = ""
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def is_gone(self) -> bool:
        return self.status_code == http.HTTPStatus.GONE


class _Ended(Exception):
    """The time for the whole request is over."""


def post(target: Target, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
    """Send `body` to a checked target and return what came back; never raises for what the other side does.

    A status counts once its headers are there, though the rest of the answer does not come in time.
    """
    begun = time.monotonic()
    try:
        with _opened(target, seconds) as connection:
            return _exchanged(connection, target, body, headers, begun)
    except (OSError, http.client.HTTPException, ValueError, _Ended) as error:
        is_late = time.monotonic() - begun >= seconds or isinstance(error, TimeoutError | _Ended)
        words = f"no answer within {seconds:g} s" if is_late else f"{type(error).__name__}: {error}"
        return Answer(milliseconds=_since(begun), error=mask(_plain(words))[:300])


def retry_after(value: str | None) -> timedelta | None:
    """Return the pause that a `Retry-After` header asks for (seconds or a date, RFC 9110), at most a day."""
    if not value:
        return None
    try:
        pause = timedelta(seconds=int(value)) if value.strip().isdecimal() else _until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


def _until(value: str) -> timedelta:
    return parsedate_to_datetime(value) - timezone.now()


@contextlib.contextmanager
def _opened(target: Target, seconds: float) -> Iterator[http.client.HTTPConnection]:
    """Connect to the first of the checked addresses that answers; whatever is done with it ends after `seconds`."""
    end = time.monotonic() + seconds
    raw = _connected(target, end)
    kept: list[socket.socket] = [raw]
    # A time limit of a socket is one of each wait: a byte every nine seconds would go on for ever.
    timer = Timer(max(end - time.monotonic(), 0), _shut, [kept])
    timer.daemon = True
    timer.start()
    try:
        if target.scheme == "https":
            kept[0] = raw = _tls().wrap_socket(
                raw, server_hostname=target.host, do_handshake_on_connect=False
            )
            raw.do_handshake()
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = raw
        connection.auto_open = 0
        yield connection
    finally:
        timer.cancel()
        kept[0].close()


def _connected(target: Target, end: float) -> socket.socket:
    error: OSError | None = None
    for address in target.addresses:
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, target.port), timeout=left)
        except OSError as failed:
            error = failed
    raise error or _Ended


def _shut(kept: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        kept[0].shutdown(socket.SHUT_RDWR)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def _exchanged(
    connection: http.client.HTTPConnection,
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    begun: float,
) -> Answer:
    connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": target.authority, **headers, "Connection": "close"}.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    text = b""
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        text = response.read(_MOST_READ)
    return Answer(
        status_code=response.status,
        milliseconds=_since(begun),
        text=mask(_plain(text.decode(errors="replace")))[:_MOST_KEPT],
        retry_after=retry_after(response.getheader("Retry-After")),
    )


def _since(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)


def _plain(text: str) -> str:
    """Return text that a row can keep: without NUL and other control characters."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text).strip()
