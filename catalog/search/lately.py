"""What every search asks the cache for, kept by the process for some seconds besides."""

import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from catalog.listing import navigation

Thing = TypeVar("Thing")
# A change is known to all pages after this and what the cache keeps.
KEEP_SECONDS: Final = 10


class Lately(Generic[Thing]):
    """Things of one kind by their keys in the cache: at most 40 seconds old, the same objects while nothing changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Thing]] = {}

    def read(self, key: str, make: Callable[[], Thing]) -> Thing:
        """Return what is kept under a key, by the process, or by the cache, or what `make` returns."""
        now, kept = time.monotonic(), self._kept.get(key)
        if kept is not None and now - kept[0] < KEEP_SECONDS:
            return kept[1]
        thing = navigation.remember(key, make)
        if kept is not None and kept[1] == thing:
            # What was made of it is known by it.
            thing = kept[1]
        self._kept[key] = (now, thing)
        return thing

    def forget(self) -> None:
        """Read all again: for tests."""
        self._kept.clear()
