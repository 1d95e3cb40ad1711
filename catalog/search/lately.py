"""What every search asks the cache for, kept by the process for some seconds besides.

While the database cannot be asked it is kept for longer: the lists that are shown meanwhile are as old.
"""

import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from django.db import Error

from catalog.listing import navigation
from catalog.listing.generations import AWAY_SECONDS
from shop.core.database import timeouts

Thing = TypeVar("Thing")
# A change is known to all pages after this and what the cache keeps.
KEEP_SECONDS: Final = 10
# The database is not asked again for so long after it could not be asked.
_NOT_TRIED_SECONDS: Final = 1


class Lately(Generic[Thing]):
    """Things of one kind by their keys in the cache: at most 40 seconds old, the same objects while nothing changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Thing]] = {}
        self._failed: dict[str, float] = {}

    def read(self, key: str, make: Callable[[], Thing]) -> Thing:
        """Return what is kept under a key, by the process, or by the cache, or what `make` returns."""
        now, kept = time.monotonic(), self._kept.get(key)
        if kept is not None and now - kept[0] < KEEP_SECONDS:
            return kept[1]
        may_go_on = kept is not None and now - kept[0] < KEEP_SECONDS + AWAY_SECONDS
        if kept is not None and may_go_on and now - self._failed.get(key, -1e9) < _NOT_TRIED_SECONDS:
            return kept[1]
        try:
            thing = navigation.remember(key, make)
        except Error as error:
            if kept is None or not may_go_on or not timeouts.is_away(error):
                raise
            self._failed[key] = now
            return kept[1]
        self._failed.pop(key, None)
        if kept is not None and kept[1] == thing:
            # What was made of it is known by it.
            thing = kept[1]
        self._kept[key] = (now, thing)
        return thing

    def forget(self) -> None:
        """Read all again: for tests."""
        self._kept.clear()
        self._failed.clear()
