"""Read a request's body within a deadline, so that a slow sender does not occupy a thread of the server.

A buffering proxy (docs/nginx.conf) protects the whole shop; this protects public endpoints as well.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator

from django.http import HttpRequest
from django.http.request import UnreadablePostError


class BodyTooSlow(Exception):
    """The body did not arrive whole in time: it must not be used."""


def read_body(request: HttpRequest, *, seconds: float) -> bytes:
    """Return the whole body, which must arrive within `seconds`.

    Reading blocks in the operating system, and a byte now and then prevents any time-out of the socket. So the socket's
    receiving half is shut when the time is over: reading ends, and the answer still goes out. Under a server that does
    not expose its socket the body is read without a deadline.

    Raises:
        BodyTooSlow: it is not whole.
        UnreadablePostError: the sender has closed the connection.
    """
    with _shut_after(request, seconds) as is_over:
        try:
            body = request.body
        except UnreadablePostError:
            if is_over.is_set():
                raise BodyTooSlow from None
            raise
    if is_over.is_set() and len(body) < int(request.META.get("CONTENT_LENGTH") or 0):
        raise BodyTooSlow
    return body


@contextlib.contextmanager
def _shut_after(request: HttpRequest, seconds: float) -> Iterator[threading.Event]:
    """Shut the receiving half of the request's socket after so many seconds, unless the context ends before."""
    is_over = threading.Event()
    connected = request.META.get("gunicorn.socket")
    if not isinstance(connected, socket.socket):
        yield is_over
        return

    def shut() -> None:
        is_over.set()
        with contextlib.suppress(OSError):
            connected.shutdown(socket.SHUT_RD)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()
