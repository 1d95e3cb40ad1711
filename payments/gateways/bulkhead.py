"""Room for calls: only so many at once in one process, so that a provider that hangs never takes all its threads.

Each provider has rooms of its own, and all together have fewer than the process has threads. Nobody waits for a room:
whoever finds none is told so at once.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from django.conf import settings

from payments.gateways.base import NotAsked

_AGAIN_AFTER: Final = 2.0

_lock = threading.Lock()
_taken: Counter[str] = Counter()
# The provider whose room this thread has already: one room is enough for all that is done inside.
_inside: ContextVar[str] = ContextVar("percha_room", default="")


@contextmanager
def room(gateway: str) -> Iterator[None]:
    """Take a room for calls to `gateway` until the end; inside it, another one of the same provider is free.

    Raises:
        NotAsked: all are taken (BUSY).
    """
    if _inside.get() == gateway:
        yield
        return
    with _lock:
        is_full = (
            _taken[gateway] >= settings.PAYMENT_CALLS_PER_PROVIDER
            or _taken.total() >= settings.PAYMENT_CALLS_IN_ALL
        )
        if not is_full:
            _taken[gateway] += 1
    if is_full:
        raise NotAsked(f"{gateway}: all rooms are taken", code=NotAsked.BUSY, retry_after=_AGAIN_AFTER)
    token = _inside.set(gateway)
    try:
        yield
    finally:
        _inside.reset(token)
        with _lock:
            _taken[gateway] -= 1


def taken() -> dict[str, int]:
    """Return how many rooms each provider has taken in this process."""
    with _lock:
        return {gateway: number for gateway, number in _taken.items() if number}
