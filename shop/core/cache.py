"""The cache may be unavailable: then the shop is slower, has no rate limits, and goes on selling and signing in.

The cache has no data that must be kept (reservations and payments are rows in PostgreSQL), so no answer counts as "not
there". After a time-out the others do not even ask for some seconds (`shop.core.redis_absence`).
"""

import functools
import logging
from collections.abc import Callable
from typing import Any, Final, cast

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shop.core.redis_absence import Absence, absence_of
from shop.core.redis_packets import at_once

log = logging.getLogger(__name__)


class KeptClient(RedisCacheClient):
    """Django's client of Redis, which makes one object for its server instead of one for each command.

    With several servers, one of which is chosen for each reading, it makes one for each command as Django's does.
    """

    @functools.cached_property
    def _kept(self) -> dict[bool, Any]:
        return {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if write not in self._kept or len(cast(Any, self)._servers) > 1:
            self._kept[write] = super().get_client(key, write=write)
        return self._kept[write]

    def count(self, key: str, seconds: int, step: int = 1) -> int:
        """Add to a counter that begins at zero and is forgotten after so many seconds: one round trip."""
        both = self._both(("SET", key, 0, "EX", seconds, "NX"), ("INCRBY", key, step))
        return cast(int, both[1])

    def add_and_get(self, key: str, value: object, seconds: int, other: str) -> tuple[bool, Any]:
        """Set a key unless it is there, and read another one: one round trip. Return whether it was, and the value."""
        was_set, found = self._both(("SET", key, self._as_bytes(value), "EX", seconds, "NX"), ("GET", other))
        return bool(was_set), None if found is None else cast(Any, self)._serializer.loads(found)

    def _as_bytes(self, value: object) -> bytes:
        packed: bytes = cast(Any, self)._serializer.dumps(value)
        return packed

    def set_and_delete(self, key: str, value: object, seconds: int, other: str) -> None:
        """Set a key and delete another one: one round trip."""
        self._both(("SET", key, self._as_bytes(value), "EX", seconds), ("DEL", other))

    def _both(self, first: tuple[object, ...], second: tuple[object, ...]) -> tuple[object, object]:
        one, other = at_once(self.get_client(write=True).connection_pool, first, second)
        return one, other


class CountingRedisCache(RedisCache):
    """Django's Redis cache, which does two things in one round trip: counts, takes turns."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient
        self.absence = absence_of(*cast("list[str]", cast(Any, self)._servers))

    def count(self, key: str, seconds: int, step: int = 1) -> int:
        """Count `step` acts and return which the last of them is, from 1; forgotten after so many seconds."""
        client: Any = self._cache
        return int(client.count(self.make_key(key), seconds, step))

    def add_and_get(self, key: str, value: object, seconds: int, other: str) -> tuple[bool, Any]:
        """Set a key unless it is there; return whether it was, and the value of another key (None: there is none)."""
        client: Any = self._cache
        key, other = self.make_key(key), self.make_key(other)
        return cast("tuple[bool, Any]", client.add_and_get(key, value, seconds, other))

    def set_and_delete(self, key: str, value: object, seconds: int, other: str) -> None:
        """Set a key for so many seconds, and delete another one."""
        client: Any = self._cache
        key, other = self.make_key(key), self.make_key(other)
        client.set_and_delete(key, value, seconds, other)


def _forgive(name: str, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Return the backend's method `name`, returning `otherwise(*arguments)` while Redis is unavailable."""
    method = getattr(CountingRedisCache, name)

    @functools.wraps(method)
    def forgiving(self: CountingRedisCache, *args: object, **kwargs: object) -> object:
        if not self.absence.may_ask():
            return otherwise(*args, **kwargs)
        try:
            found = method(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            log.warning("The cache did not answer (%s): %s", name, error)
            _note(self.absence, error)
            return otherwise(*args, **kwargs)
        if self.absence.answered():
            log.warning("The cache answers again")
        return found

    return forgiving


def is_away() -> bool:
    """Return whether Redis has just not answered this process: what can be left out is, such as a job that counts."""
    return cast(ForgivingRedisCache, cache).absence.is_away()


def _note(absence: Absence, error: Exception) -> None:
    """Note what an error says of the server: one that refuses what it is told to do is there."""
    if isinstance(error, RedisTimeoutError | TimeoutError):
        absence.timed_out()
    elif isinstance(error, RedisConnectionError | OSError):
        absence.lost()
    else:
        absence.answered()


class ForgivingRedisCache(CountingRedisCache):
    """A Redis cache which treats an unavailable server as empty."""

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
    count: Final = _forgive("count", lambda key, seconds, step=1: 1)
    add_and_get: Final = _forgive("add_and_get", lambda *args: (True, None))
    set_and_delete: Final = _forgive("set_and_delete", lambda *args: None)
    clear: Final = _forgive("clear", lambda: False)
