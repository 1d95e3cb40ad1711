"""How often somebody may do something: counters in the cache, which expire by themselves.

Without a cache nothing is counted or refused (`shop.core.cache`): what must be exact is a row.
"""

import time
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


# What this process has drawn of counters and not used yet: the next number and the last.
_drawn: dict[str, list[int]] = {}
_drawing: Final = Lock()
_MOST_DRAWN: Final = 10_000


def count(scope: str, key: str, *, seconds: int, portion: int = 1) -> Counted:
    """Count one act of `key` in the running window of `seconds`; windows follow each other by the clock.

    One atomic addition: acts at once are all counted. With a `portion` this process draws so many numbers at once and
    asks for more when they are used, so that most acts cost no round trip; what it does not use of them is counted all
    the same: at most a portion for each process. Without a cache each act is the first.
    """
    now = int(time.time())
    name = f"count:{scope}:{now // seconds}:{sha256(key.encode()).hexdigest()[:32]}"
    resets_in = seconds - now % seconds
    with _drawing:
        left = _drawn.get(name)
        if left is not None and left[0] <= left[1]:
            left[0] += 1
            return Counted(left[0] - 1, resets_in)
    last = cast("ForgivingRedisCache", cache).count(name, 2 * seconds, portion)
    first = max(1, last - portion + 1)
    if portion > 1:
        with _drawing:
            if len(_drawn) >= _MOST_DRAWN:
                _drawn.clear()
            _drawn[name] = [first + 1, last]
    return Counted(first, resets_in)


def address_of(request: HttpRequest) -> str:
    """Return what a visitor is counted under: the IPv4 address or the /64, as `shop.core.web.visitors` reads it."""
    return visitors.counted_of(request)
