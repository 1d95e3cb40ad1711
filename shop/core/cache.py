"""The cache may be unavailable: then the shop is slower, has no rate limits, and goes on selling and signing in.

The cache has no data that must be kept (reservations and payments are rows in PostgreSQL), so no answer counts as "not
there".
"""

import functools
import logging
from collections.abc import Callable
from typing import Any, Final

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def _forgive(name: str, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Return the backend's method `name`, returning `otherwise(*arguments)` while Redis is unavailable."""
    method = getattr(RedisCache, name)

    @functools.wraps(method)
    def forgiving(self: RedisCache, *args: object, **kwargs: object) -> object:
        try:
            return method(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            log.warning("The cache did not answer (%s): %s", name, error)
            return otherwise(*args, **kwargs)

    return forgiving


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, which treats an unavailable server as empty."""

    get: Final = _forgive("get", lambda key, default=None, version=None: default)
    get_many: Final = _forgive("get_many", lambda keys, version=None: {})
    has_key: Final = _forgive("has_key", lambda key, version=None: False)
    add: Final = _forgive("add", lambda *args, **kwargs: True)
    set: Final = _forgive("set", lambda *args, **kwargs: None)
    set_many: Final = _forgive("set_many", lambda data, *args, **kwargs: list(data))
    touch: Final = _forgive("touch", lambda *args, **kwargs: False)
    delete: Final = _forgive("delete", lambda *args, **kwargs: False)
    delete_many: Final = _forgive("delete_many", lambda *args, **kwargs: None)
    # A counter that cannot be read starts at zero.
    incr: Final = _forgive("incr", lambda key, delta=1, version=None: delta)
    clear: Final = _forgive("clear", lambda: False)
