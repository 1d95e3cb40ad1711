"""What every search reads of the catalogue, kept by the process until the catalogue has another version.

While the database cannot be asked it is kept for longer: the lists that are shown meanwhile are as old.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Generic, TypeVar

from django.db import Error

from catalog.listing import generations, navigation
from catalog.listing.generations import AWAY_SECONDS
from shop.core.database import timeouts

Thing = TypeVar("Thing")
# Where no version is known for so long, things are asked of the cache again, which keeps them for a while besides.
KEEP_SECONDS: Final = 10
# The database is not asked again for so long after it could not be asked.
_NOT_TRIED_SECONDS: Final = 1


@dataclass(slots=True)
class _Kept(Generic[Thing]):
    """A thing, the version of the catalogue that was known when it was read ("": none), and when it was right last."""

    thing: Thing
    version: str
    at: float

    def is_of(self, version: str, now: float) -> bool:
        """Return whether it will do: for a version that is known, or for now."""
        if version and self.version == version:
            self.at = now
            return True
        return not version and now - self.at < KEEP_SECONDS


class Lately(Generic[Thing]):
    """Things of one kind by their keys in the cache, the same objects while nothing changes.

    They are those of the last version of the catalogue that this process has read, which every page that is shared
    asks for anyway, once a second at most: a change is seen with it, and costs one look into the cache. In a process
    that gives no such pages they are at most 40 seconds old.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept[Thing]] = {}
        self._failed: dict[str, float] = {}

    def read(self, key: str, make: Callable[[], Thing]) -> Thing:
        """Return what is kept under a key, by the process, or by the cache, or what `make` returns."""
        version = generations.seen.lately(KEEP_SECONDS)
        now, kept = time.monotonic(), self._kept.get(key)
        if kept is not None and kept.is_of(version, now):
            return kept.thing
        may_go_on = kept is not None and now - kept.at < KEEP_SECONDS + AWAY_SECONDS
        if kept is not None and may_go_on and now - self._failed.get(key, -1e9) < _NOT_TRIED_SECONDS:
            return kept.thing
        try:
            thing = navigation.remember(_key(key, version), make)
        except Error as error:
            if kept is None or not may_go_on or not timeouts.is_away(error):
                raise
            self._failed[key] = now
            return kept.thing
        self._failed.pop(key, None)
        if kept is not None and kept.thing == thing:
            # What was made of it is known by it.
            thing = kept.thing
        self._kept[key] = _Kept(thing, version, now)
        return thing

    def forget(self) -> None:
        """Read all again: for tests."""
        self._kept.clear()
        self._failed.clear()


def _key(key: str, version: str) -> str:
    """Return what the cache has a thing under; of a version it may hold nothing that was read before."""
    return f"{key}:{blake2b(version.encode(), digest_size=12).hexdigest()}" if version else key
