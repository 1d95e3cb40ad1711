"""Identifiers in the counterparts' shapes: random, or repeatable from a seed."""

from __future__ import annotations

import random
import string
import time
import uuid

from shop.sandbox.store import Store

ALPHABET = string.ascii_letters + string.digits
EPOCH = 1_767_225_600  # 2026-01-01, so that the first ids look like today's


class Ids:
    """Make identifiers. With a seed the n-th identifier is always the same."""

    def __init__(self, store: Store, seed: str | None) -> None:
        self._store = store
        self._seed = seed

    def _random(self) -> random.Random:
        if self._seed is None:
            return random.SystemRandom()
        return random.Random(f"{self._seed}:{self._store.next_number('ids')}")

    def token(self, prefix: str, length: int = 24) -> str:
        """Return ``prefix`` followed by letters and digits, such as ``evt_3Qab…``."""
        source = self._random()
        return prefix + "".join(source.choice(ALPHABET) for _ in range(length))

    def digits(self, length: int) -> str:
        """Return a string of digits (voucher numbers, authorisation codes)."""
        source = self._random()
        return "".join(source.choice(string.digits) for _ in range(length))

    def uuid(self) -> str:
        """Return a version 4 UUID."""
        return str(uuid.UUID(int=self._random().getrandbits(128), version=4))

    def number(self, kind: str, first: int) -> int:
        """Return a growing number above ``first`` with small random gaps, as the providers' ids have.

        Without a seed the series begins at the present millisecond: a shop that outlives the state file must not
        meet an id twice.
        """
        with self._store.transaction():
            step = self._random().randrange(1, 19)
            begin = first if self._seed is not None else first + int((time.time() - EPOCH) * 1000)
            value = int(self._store.meta(f"number.{kind}") or begin) + step
            self._store.set_meta(f"number.{kind}", str(value))
        return value
