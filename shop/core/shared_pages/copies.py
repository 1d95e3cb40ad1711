"""The copies of shared pages: in the process, where they cost nothing, and in Redis for the other processes.

A copy knows the generation of what it shows; it is right while that is the present one. Redis may be away at any time:
then pages are made, and what the process has is still given.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Lock
from typing import Any, Final

from django.core.cache import cache
from django.utils.http import parse_etags

from shop.core.shared_pages import encodings

# What one process keeps of pages, in bytes.
KEPT_BYTES: Final = 32 * 1024 * 1024
# Of what cannot be relied on for longer (`Generations.is_exact`).
KEEP_INEXACT: Final = 5
# For so long an old copy is given while a new one is being made, or cannot be made.
STALE_SECONDS: Final = 30
# After a page could not be made, nobody tries again for so long.
_NOT_TRIED_SECONDS: Final = 1.0
# Whoever makes a page may die meanwhile.
_TURN_SECONDS: Final = 10
# The form of the rows in Redis; another release may have had another one.
_FORM: Final = 2
# It does two things in one round trip (`shop.core.cache`).
_cache: Final[Any] = cache


@dataclass(slots=True)
class Copy:
    """A page as it was made: `headers` of every answer, the body quickly compressed by brotli, and what it depends on.

    `generation` is that of `tags` when it was made, `made_at` in seconds since 1970. `differs_early`: who may buy early
    sees something else.
    """

    generation: str
    tags: tuple[str, ...]
    made_at: float
    keep: int
    headers: dict[str, str]
    etag: str
    packed: bytes
    differs_early: bool = False
    stale_since: float | None = field(default=None, compare=False)
    # When a new one could not be made, by the monotonic clock.
    failed_at: float | None = field(default=None, compare=False)
    # By encoding: what has been sent; well compressed from the second time on.
    _ready: dict[str, "_Sent"] = field(default_factory=dict, compare=False)

    @property
    def size(self) -> int:
        """Return about how many bytes it takes: with what will be kept of it in two encodings."""
        return 3 * len(self.packed) + 1000

    def is_of(self, generation: str) -> bool:
        """Return whether it shows what there is."""
        is_right = self.generation == generation and 0 <= time.time() - self.made_at < self.keep
        if is_right:
            self.stale_since = None
        return is_right

    def may_stand_in(self) -> bool:
        """Return whether it may be given while a new one is being made: for half a minute since it was found old."""
        if self.stale_since is None:
            self.stale_since = time.monotonic()
        return time.monotonic() - self.stale_since < STALE_SECONDS

    def outlives_keep(self, generation: str) -> bool:
        """Return whether it may be given where no new one can be made: nothing has changed, and it is not too old."""
        return self.generation == generation and 0 <= time.time() - self.made_at < self.keep + STALE_SECONDS

    def has_just_failed(self, generation: str) -> bool:
        """Return whether it is given without trying to make a new one, which was not possible a moment ago."""
        is_new = self.failed_at is not None and time.monotonic() - self.failed_at < _NOT_TRIED_SECONDS
        return is_new and self.outlives_keep(generation)

    def is_known(self, etags: str) -> bool:
        """Return whether a browser that sends these (`If-None-Match`) has it already."""
        own = self.etag.removeprefix("W/")
        return any(one.removeprefix("W/") == own for one in parse_etags(etags))

    def unchanged(self) -> dict[str, str]:
        """Return the headers of an answer to a browser that has it already."""
        return {name: value for name, value in self._all_headers().items() if name != "Content-Type"}

    def answer(self, encoding: str) -> tuple[dict[str, str], bytes]:
        """Return headers and body for a browser that takes this encoding ("": none)."""
        ready = self._ready.get(encoding)
        if ready is None or not ready.is_final:
            ready = self._ready[encoding] = self._sent(encoding, is_again=ready is not None)
        return ready.headers, ready.body or encodings.plain(self.packed)

    def _sent(self, encoding: str, *, is_again: bool) -> "_Sent":
        if not encoding:
            # Nobody asks for it but machines: it is not kept.
            return _Sent(self._headers_of("", len(encodings.plain(self.packed))), b"", is_final=True)
        if encoding == "br" and not is_again:
            body = self.packed
        else:
            body = encodings.compress(encodings.plain(self.packed), encoding, well=is_again)
        return _Sent(self._headers_of(encoding, len(body)), body, is_final=is_again)

    def _headers_of(self, encoding: str, length: int) -> dict[str, str]:
        sent_as = {"Content-Encoding": encoding} if encoding else {}
        return {**self._all_headers(), **sent_as, "Content-Length": str(length)}

    def _all_headers(self) -> dict[str, str]:
        return {**self.headers, "ETag": self.etag}

    def as_row(self) -> tuple[Any, ...]:
        """Return it as it is written to Redis."""
        return (
            *(_FORM, self.generation, self.tags, self.made_at, self.keep),
            *(self.headers, self.etag, self.packed, self.differs_early),
        )

    @classmethod
    def of_row(cls, row: Any) -> "Copy | None":
        """Return what `as_row` wrote; None for anything else."""
        if not isinstance(row, tuple) or len(row) != 9 or row[0] != _FORM:
            return None
        return cls(*row[1:])


@dataclass(frozen=True, slots=True)
class _Sent:
    """An answer in one encoding; `body` is empty where it is made each time."""

    headers: dict[str, str]
    body: bytes
    is_final: bool


class Copies:
    """The copies of one process; those not asked for longest go first."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self.most, self.size = most, 0
        self._kept: OrderedDict[str, Copy] = OrderedDict()
        self._lock = Lock()

    def here(self, key: str) -> Copy | None:
        """Return the process's own copy, right or old; None when it has none."""
        with self._lock:
            copy = self._kept.get(key)
            if copy is not None:
                self._kept.move_to_end(key)
        return copy

    def take_turn(self, key: str) -> tuple[bool, Copy | None]:
        """Return whether this process makes the page, and the copy that another one has made. One round trip.

        Without Redis, each process makes its own.
        """
        is_mine, row = _cache.add_and_get(_turn(key), 1, _TURN_SECONDS, _name(key))
        return bool(is_mine), Copy.of_row(row)

    def keep(self, key: str, copy: Copy) -> None:
        """Keep a copy here and in Redis, and let others make the page. One round trip."""
        self.keep_here(key, copy)
        _cache.set_and_delete(_name(key), copy.as_row(), copy.keep + STALE_SECONDS, _turn(key))

    def end_turn(self, key: str) -> None:
        """Let others make the page."""
        cache.delete(_turn(key))

    def keep_here(self, key: str, copy: Copy) -> None:
        """Keep a copy in this process."""
        with self._lock:
            before = self._kept.pop(key, None)
            self.size += copy.size - (before.size if before else 0)
            self._kept[key] = copy
            while self.size > self.most and self._kept:
                _oldest, gone = self._kept.popitem(last=False)
                self.size -= gone.size

    def clear(self) -> None:
        """Forget all that this process has: for tests."""
        with self._lock:
            self._kept.clear()
            self.size = 0


copies: Final = Copies()


def etag_of(body: bytes) -> str:
    """Return the ETag of a page; weak, since it is the same however the page is compressed."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def _turn(key: str) -> str:
    return f"{_name(key)}:made"


def _name(key: str) -> str:
    return f"page:{blake2b(key.encode(), digest_size=16).hexdigest()}"
