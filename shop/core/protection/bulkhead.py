"""Slots for calls: a limited number at once in one process, so that a hanging party never takes all its threads.

Each party has slots of its own, each group of parties has some together, and all are fewer than the threads of the
process. Nobody waits for a slot: without a free one the call is refused at once. Threads that serve no pages (`pool`)
need none: there are so many of them as calls may be made at once.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from shop.core.protection.errors import NotAsked
from shop.core.protection.groups import group_of, slots_in_all, slots_of

_AGAIN_AFTER: Final = 2.0

_lock = threading.Lock()
_taken: Counter[str] = Counter()
# One entry for each thread that has a slot of a group: its mark, and the group.
_waiting: set[tuple[object, str]] = set()
# The parties whose slots this thread has already: one is enough for all calls made inside.
_inside: ContextVar[tuple[str, ...]] = ContextVar("percha_rooms", default=())
_is_beside: ContextVar[bool] = ContextVar("percha_beside_pages", default=False)


@contextmanager
def beside() -> Iterator[None]:
    """Make calls without slots, in a thread that serves no pages."""
    token = _is_beside.set(True)
    try:
        yield
    finally:
        _is_beside.reset(token)


@contextmanager
def slot(party: str) -> Iterator[None]:
    """Take a slot for calls to `party` until the end; inside it, further calls of the same party need none.

    Raises:
        NotAsked: all are taken (BUSY).
    """
    slots, group = _inside.get(), group_of(party)
    mark = (object(), group)
    if party in slots or _is_beside.get():
        yield
        return
    each, in_all = slots_of(group)
    # A thread with two slots (it closes a payment at one provider to begin one at another) is one thread.
    is_counted = group in map(group_of, slots)
    with _lock:
        is_full = _taken[party] >= each
        if not is_counted:
            is_full |= sum(of == group for _mark, of in _waiting) >= in_all
        if not slots:
            is_full |= len(_waiting) >= slots_in_all()
        if not is_full:
            _taken[party] += 1
            _waiting.update(() if is_counted else (mark,))
    if is_full:
        raise NotAsked(f"{party}: all slots are taken", code=NotAsked.BUSY, retry_after=_AGAIN_AFTER)
    token = _inside.set((*slots, party))
    try:
        yield
    finally:
        _inside.reset(token)
        with _lock:
            _taken[party] -= 1
            _waiting.discard(mark)


def taken() -> dict[str, int]:
    """Return how many slots each party has taken in this process."""
    with _lock:
        return {party: number for party, number in _taken.items() if number}
