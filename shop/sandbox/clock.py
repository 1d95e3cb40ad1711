"""The sandbox's clock.

Stamps are always real time, so that the shop's own clock agrees with them. Deadlines (expiry, retries) are
compared with a time that an operator can push forward: ``advance(3600)`` makes everything due one hour sooner.
"""

from __future__ import annotations

import time

from shop.sandbox.store import Store

_KEY = "clock.offset"
TEN_YEARS = 10 * 365 * 86_400


class Clock:
    """Real time for stamps and shifted time for deadlines (both unix seconds)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def offset(self) -> float:
        """Return how many seconds the deadlines have been pushed forward."""
        return float(self._store.meta(_KEY) or 0)

    def now(self) -> float:
        """Return real time in unix seconds."""
        return time.time()

    def due_now(self) -> float:
        """Return the time that deadlines are compared with."""
        return time.time() + self.offset

    def deadline(self, stamp: float) -> float:
        """Turn a real-time stamp into the moment at which it is due."""
        return stamp + self.offset

    def advance(self, seconds: float) -> float:
        """Move all deadlines ``seconds`` nearer and return the new offset.

        Raises:
            ValueError: more than ten years, or not a number.
        """
        if not abs(seconds) <= TEN_YEARS:
            raise ValueError("El reloj se adelanta a lo sumo diez años.")
        with self._store.transaction():
            value = self.offset + seconds
            self._store.set_meta(_KEY, repr(value))
        return value
