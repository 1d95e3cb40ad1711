"""A page is made once, however many ask for it at the same moment; meanwhile the others get the old copy.

So does everybody while no new one can be made (`shop.core.shared_pages.away`).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, TypeVar

from shop.core.shared_pages.copies import Copy, copies

Other = TypeVar("Other")
# Whoever has no old copy to give waits for the one that is being made, and then makes its own.
WAIT_SECONDS: Final = 5.0
_LOOK_EVERY: Final = 0.03


@dataclass(slots=True)
class _Place:
    """The lock of a page that is being made in this process, and how many ask for it."""

    lock: Lock = field(default_factory=Lock)
    asking: int = 0


_places: Final[dict[str, _Place]] = {}
_guard: Final = Lock()


def make_once(
    key: str,
    old: Copy | None,
    is_right: Callable[[Copy], bool],
    make: Callable[[], Copy | Other],
    may_replace: Callable[[Copy, Other], bool],
) -> Copy | Other:
    """Return the page: the one that another thread or process makes, the old one meanwhile, or what `make` returns.

    `make` returns a copy, which is kept, or something else, which is given to its own visitor alone, unless the old
    copy `may_replace` it. Threads meet at a lock, processes at a key in Redis; without Redis each process makes its
    own.
    """
    with _place(key) as place:
        is_mine = place.lock.acquire(blocking=False)
        if not is_mine:
            if old is not None and old.may_stand_in():
                return old
            is_mine = place.lock.acquire(timeout=WAIT_SECONDS)
        try:
            latest, made = _among_processes(key, old, is_right, make)
            # Another process may know less than this one, or more: its copy is a later one, not always a better one.
            for one in (latest, old):
                if one is not None and not isinstance(made, Copy) and may_replace(one, made):
                    one.failed_at = time.monotonic()
                    copies.keep_here(key, one)
                    return one
            return made
        finally:
            if is_mine:
                place.lock.release()


def _among_processes(
    key: str, old: Copy | None, is_right: Callable[[Copy], bool], make: Callable[[], Copy | Other]
) -> tuple[Copy | None, Copy | Other]:
    """Return the latest old copy, which another process may have made, and the page."""
    until = time.monotonic() + WAIT_SECONDS
    is_mine = False
    while True:
        # Another thread has just made it, or another process.
        found = copies.here(key)
        if found is not None and is_right(found):
            return old, found
        is_mine, found = copies.take_turn(key)
        if found is not None:
            if is_right(found):
                copies.keep_here(key, found)
                if is_mine:
                    copies.end_turn(key)
                return old, found
            old = found if old is None or found.made_at > old.made_at else old
        if is_mine or time.monotonic() > until:
            break
        if old is not None and old.may_stand_in():
            return old, old
        time.sleep(_LOOK_EVERY)
    made: Copy | Other | None = None
    try:
        made = make()
        return old, made
    finally:
        if isinstance(made, Copy):
            copies.keep(key, made)
        elif is_mine:
            copies.end_turn(key)


@contextmanager
def _place(key: str) -> Iterator[_Place]:
    with _guard:
        place = _places.setdefault(key, _Place())
        place.asking += 1
    try:
        yield place
    finally:
        with _guard:
            place.asking -= 1
            if not place.asking:
                del _places[key]
