"""How often somebody may do something: counters in the cache, which expire by themselves.

Without a cache nothing is counted or refused (`shop.core.cache`): what must be exact is a row.
"""

import time
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Final, NamedTuple, cast

from django.core.cache import cache
from django.http import HttpRequest

from shop.core.cache import ForgivingRedisCache
from shop.core.web import visitors


def allow(scope: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one act of `key` in `scope` and return whether it is within `limit` acts in `seconds`.

    The window begins with the first act. The key (an address, an IP) is kept as a digest only.
    """
    name = f"throttle:{scope}:{sha256(key.encode()).hexdigest()[:32]}"
    if cache.add(name, 1, seconds):
        return True
    try:
        return bool(cache.incr(name) <= limit)
    except ValueError:  # it expired between the two
        cache.set(name, 1, seconds)
        return True


class Counted(NamedTuple):
    """Which act of its window this was, from 1, and in how many seconds the window ends."""

    number: int
    resets_in: int


@dataclass(slots=True)
class _Window:
    """What this process knows of a window: acts that the cache has counted, and its own that are not among them yet."""

    shared: int = 0
    own: int = 0


_windows: dict[str, _Window] = {}
_counting: Final = Lock()
_MOST_WINDOWS: Final = 10_000


def count(scope: str, key: str, *, seconds: int, portion: int = 1) -> Counted:
    """Count one act of `key` in the running window of `seconds`; windows follow each other by the clock.

    With a `portion` a process adds so many acts to the cache's counter at once, atomically, so that the others cost no
    round trip, a visitor's first among them. What it has not added yet, less than a portion, only it counts: a limit
    may let through so many more for each other process. Without a cache only the process's own acts are counted, and
    with a portion of 1 none.
    """
    now = int(time.time())
    name = f"count:{scope}:{now // seconds}:{sha256(key.encode()).hexdigest()[:32]}"
    resets_in = seconds - now % seconds
    with _counting:
        if name not in _windows and len(_windows) >= _MOST_WINDOWS:
            _windows.clear()
        window = _windows.setdefault(name, _Window())
        window.own += 1
        if window.own < portion:
            return Counted(window.shared + window.own, resets_in)
        mine, window.own = window.own, 0
    number = cast("ForgivingRedisCache", cache).count(name, 2 * seconds, mine)
    with _counting:
        window.shared = max(window.shared, number)
    return Counted(number, resets_in)


def address_of(request: HttpRequest) -> str:
    """Return what a visitor is counted under: the IPv4 address or the /64, as `shop.core.web.visitors` reads it."""
    return visitors.counted_of(request)
