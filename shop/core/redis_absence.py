"""Whether this process takes Redis for away: then nobody waits for it but one caller every few seconds.

A server that hangs is worse than one that refuses: each question to it takes as long as the time-out, and a page asks
several. So the first that has waited in vain tells all others of the process, who go on as if it had refused them.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Final

# For so many seconds nobody asks. Longer than one caller waits (`CACHE_TIMEOUT`), or two would wait at once.
LEFT_ALONE: Final = 5.0
# A connection may be lost, for once, while the server is there: it is opened again for the next question.
_LOST_IN_A_ROW: Final = 2


class Absence:
    """What one process knows of one server. `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: float | None = None
        self._lost = 0
        self._lock = Lock()

    def is_away(self) -> bool:
        """Return whether it is left alone just now; asks nothing and takes nobody's turn."""
        until = self._until
        return until is not None and self._clock() < until

    def may_ask(self) -> bool:
        """Return whether to ask the server: always while it is there; one caller alone when it may be back.

        Should that caller never tell how it went, another one may ask after `LEFT_ALONE`.
        """
        if self._until is None:
            return True
        with self._lock:
            if self._until is None:
                return True
            now = self._clock()
            if now < self._until:
                return False
            self._until = now + LEFT_ALONE
            return True

    def timed_out(self) -> None:
        """Note that it did not answer in time: it is away."""
        with self._lock:
            self._until = self._clock() + LEFT_ALONE

    def lost(self) -> None:
        """Note that it refused a connection, or that one broke: it is away when that comes twice in a row."""
        with self._lock:
            self._lost += 1
            if self._lost >= _LOST_IN_A_ROW or self._until is not None:
                self._until = self._clock() + LEFT_ALONE

    def answered(self) -> bool:
        """Note that it is there; return whether it was taken for away."""
        if self._until is None and not self._lost:
            return False
        with self._lock:
            was_away = self._until is not None
            self._until, self._lost = None, 0
        return was_away


@lru_cache(maxsize=16)
def absence_of(*servers: str) -> Absence:
    """Return what this process knows of these servers; all its threads share it."""
    return Absence()
