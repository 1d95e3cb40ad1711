"""Slots for calls: a limited number at once in one process, so that a hanging provider never takes all its threads.

Each provider has slots of its own, and all together are fewer than the threads of the process. Nobody waits for a slot:
without a free one the call is refused at once.
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
# One entry for each thread that has a slot.
_waiting: set[object] = set()
# The providers whose slots this thread has already: one is enough for all calls made inside.
_inside: ContextVar[tuple[str, ...]] = ContextVar("percha_rooms", default=())


@contextmanager
def slot(gateway: str) -> Iterator[None]:
    """Take a slot for calls to `gateway` until the end; inside it, further calls of the same provider need none.

    Raises:
        NotAsked: all are taken (BUSY).
    """
    slots, mark = _inside.get(), object()
    if gateway in slots:
        yield
        return
    with _lock:
        is_full = _taken[gateway] >= settings.PAYMENT_CALLS_PER_PROVIDER
        # A thread with two slots (it closes a payment at one provider to begin one at another) is one thread.
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
    """Return how many slots each provider has taken in this process."""
    with _lock:
        return {gateway: number for gateway, number in _taken.items() if number}
