"""How often somebody may do something: counters in the cache, which expire by themselves.

Without a cache nothing is counted or refused (`shop.core.cache`): what must be exact is a row.
"""

from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest

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


def address_of(request: HttpRequest) -> str:
    """Return what a visitor is counted under: the IPv4 address or the /64, as `shop.core.web.visitors` reads it."""
    return visitors.counted_of(request)
