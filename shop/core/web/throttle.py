"""How often somebody may do something: counters in the cache, which expire by themselves.

Without a cache nothing is counted or refused (`shop.core.cache`): what must be exact is a row.
"""

import time
from hashlib import sha256
from typing import NamedTuple, cast

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


def count(scope: str, key: str, *, seconds: int) -> Counted:
    """Count one act of `key` in the running window of `seconds`; windows follow each other by the clock.

    One atomic addition: acts at once are all counted. Without a cache each is the first.
    """
    now = int(time.time())
    name = f"count:{scope}:{now // seconds}:{sha256(key.encode()).hexdigest()[:32]}"
    return Counted(cast("ForgivingRedisCache", cache).count(name, 2 * seconds), seconds - now % seconds)


def address_of(request: HttpRequest) -> str:
    """Return what a visitor is counted under: the IPv4 address or the /64, as `shop.core.web.visitors` reads it."""
    return visitors.counted_of(request)
