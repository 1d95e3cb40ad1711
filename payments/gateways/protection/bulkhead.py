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
# One mark for each thread that is in a room.
_waiting: set[object] = set()
# The providers whose rooms this thread has already: one is enough for all that is done inside.
_inside: ContextVar[tuple[str, ...]] = ContextVar("percha_rooms", default=())


@contextmanager
def slot(gateway: str) -> Iterator[None]:
    """Take a room for calls to `gateway` until the end; inside it, another one of the same provider is free.

    Raises:
        NotAsked: all are taken (BUSY).
    """
    slots, mark = _inside.get(), object()
    if gateway in slots:
        yield
        return
    with _lock:
        is_full = _taken[gateway] >= settings.PAYMENT_CALLS_PER_PROVIDER
        # A thread that waits in two rooms (it closes a payment at one provider to begin one at another) is one thread.
        is_full |= not slots and len(_waiting) >= settings.PAYMENT_CALLS_IN_ALL
        if not is_full:
            _taken[gateway] += 1
            _waiting.update(() if slots else (mark,))
    if is_full:
        raise NotAsked(f"{gateway}: all rooms are taken", code=NotAsked.BUSY, retry_after=_AGAIN_AFTER)
    token = _inside.set((*slots, gateway))
    try:
        yield
    finally:
        _inside.reset(token)
        with _lock:
            _taken[gateway] -= 1
            _waiting.discard(mark)


def taken() -> dict[str, int]:
    """Return how many rooms each provider has taken in this process."""
    with _lock:
        return {gateway: number for gateway, number in _taken.items() if number}
