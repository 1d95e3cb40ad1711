"""A pool of threads that make calls outside, beside those that serve pages: many may wait at once, few may work.

A job runs in a thread of the pool. At most `WORKING` jobs of a process work at the same time, each with one of as many
connections to the database; before a call outside a job gives its connection to the next one (`away`), and takes one
again for the answer. So hundreds may wait for a provider, and they cost the other pages neither a thread nor a
connection. Those that come back from a call go first: somebody waits for them longest. Those that begin let the pages
of their process go first (`pages`), for a moment: a crowd's presses are all answered before they are worked off.

A job lives in its process and dies with it. What must not be lost is a row, written before the call, and a job must be
safe to repeat.
"""

import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from shop.core.protection import pages
from shop.core.protection.bulkhead import beside

T = TypeVar("T")

# As many jobs of one process use its processor and the database at once; its pages have the rest.
WORKING: Final = 2
# For so many seconds at most a job waits with its beginning for a moment in which no page is being made. Where there is
# none it begins beside them: a shop that always has visitors sells as well.
AFTER_PAGES: Final = 0.25
# A result that nobody has fetched is forgotten after so many seconds.
_KEPT_SECONDS: Final = 120.0


@dataclass
class Job(Generic[T]):
    """One job: who is called, what it is about, its result. `on_call` is called once, before its first call outside."""

    party: str
    key: str
    on_call: Callable[[], None]
    future: "Future[T]" = field(default_factory=Future)
    is_calling: bool = False
    ended_at: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.future.done()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; return whether it has ended."""
        try:
            with pages.apart():
                self.future.exception(seconds)
        except TimeoutError:
            return False
        return True


@dataclass(eq=False)
class _Turn:
    """Somebody who waits until he may work; from `beside_pages` on (monotonic seconds) also beside pages."""

    beside_pages: float
    comes: threading.Event = field(default_factory=threading.Event)
    connection: BaseDatabaseWrapper | None = None


class _Places:
    """The places of those that work, each with its connection."""

    def __init__(self, number: int) -> None:
        self._lock = threading.Lock()
        self._free = number
        self._idle: list[BaseDatabaseWrapper] = []
        self._starting: deque[_Turn] = deque()
        self._returning: deque[_Turn] = deque()

    def take(self, *, returns: bool) -> None:
        """Wait for a place; from then on its connection is this thread's."""
        turn = _Turn(time.monotonic() + AFTER_PAGES)
        with self._lock:
            (self._returning if returns else self._starting).append(turn)
            self._give()
        if not turn.comes.wait(AFTER_PAGES):
            with self._lock:
                self._give()
            turn.comes.wait()
        wrapper = turn.connection
        if wrapper is None:
            wrapper = connections.create_connection(DEFAULT_DB_ALIAS)
            wrapper.inc_thread_sharing()
        connections[DEFAULT_DB_ALIAS] = wrapper
        wrapper.close_if_unusable_or_obsolete()

    def leave(self) -> None:
        """Give the place and its connection to the next one; the thread has none from then on."""
        wrapper = connections[DEFAULT_DB_ALIAS]
        del connections[DEFAULT_DB_ALIAS]
        with self._lock:
            self._free += 1
            self._idle.append(wrapper)
            self._give()
        _close_own()

    def begin(self) -> None:
        """Let those begin that waited for the pages."""
        if self._starting:
            with self._lock:
                self._give()

    def _give(self) -> None:
        """Give free places to those whose turn it is. The lock is held."""
        while self._free and (turn := self._next()) is not None:
            self._free -= 1
            turn.connection = self._idle.pop() if self._idle else None
            turn.comes.set()

    def _next(self) -> _Turn | None:
        if self._returning:
            return self._returning.popleft()
        if self._starting and (not pages.is_any() or self._starting[0].beside_pages <= time.monotonic()):
            return self._starting.popleft()
        return None

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()


class _Pool:
    """The threads, the places and the jobs of this process."""

    def __init__(self) -> None:
        self.places = _Places(WORKING)
        self._lock = threading.Lock()
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._jobs: dict[tuple[str, str], Job[object]] = {}

    def find(self, party: str, key: str) -> "Job[object] | None":
        with self._lock:
            return self._jobs.get((party, key))

    def under_way(self, party: str) -> int:
        with self._lock:
            return sum(job.party == party and not job.is_over for job in self._jobs.values())

    def forget(self, job: "Job[object]") -> None:
        with self._lock:
            if self._jobs.get((job.party, job.key)) is job:
                del self._jobs[job.party, job.key]

    def submit(self, job: "Job[object]", act: Callable[[], object]) -> "Job[object]":
        context = contextvars.copy_context()
        with self._lock:
            running = self._jobs.get((job.party, job.key))
            if running is not None and not running.is_over:
                return running
            self._drop_old()
            self._jobs[job.party, job.key] = job
            threads = self._threads.get(job.party)
            if threads is None:
                threads = ThreadPoolExecutor(settings.PAYMENT_CALLS_AT_ONCE, thread_name_prefix=job.party)
                self._threads[job.party] = threads
            threads.submit(context.run, self._run, job, act)
        return job

    def _drop_old(self) -> None:
        oldest = time.monotonic() - _KEPT_SECONDS
        for key, job in list(self._jobs.items()):
            if job.ended_at and job.ended_at < oldest:
                del self._jobs[key]

    def _run(self, job: "Job[object]", act: Callable[[], object]) -> None:
        _own.set(job)
        self.places.take(returns=False)
        try:
            with beside():
                result = act()
        except BaseException as error:  # noqa: BLE001  (whoever waits raises it)
            self.places.leave()
            job.ended_at = time.monotonic()
            job.future.set_exception(error)
        else:
            self.places.leave()
            job.ended_at = time.monotonic()
            job.future.set_result(result)

    def close(self) -> None:
        """Wait for the jobs to end, and close the connections; the next job starts the threads again."""
        with self._lock:
            threads, self._threads = self._threads, {}
            self._jobs.clear()
        for one in threads.values():
            one.shutdown()
        self.places.close()


_pool = _Pool()
pages.when_none(_pool.places.begin)
_own: contextvars.ContextVar[Job[object] | None] = contextvars.ContextVar("percha_pool_job", default=None)


def submit(party: str, key: str, act: Callable[[], T], *, on_call: Callable[[], None]) -> Job[T]:
    """Let the pool run `act`; return its job, or the one under way for the same party and key.

    The context of the caller (language, visitor) is the job's too. At most `PAYMENT_CALLS_AT_ONCE` jobs of one party
    run at once in this process; the others wait in their order. `on_call` is called before the first call outside.
    """
    found: Job[T] = _pool.submit(Job(party, key, on_call), act)  # type: ignore[assignment]
    return found


def under_way(party: str) -> int:
    """Return how many jobs of this party wait or run in this process."""
    return _pool.under_way(party)


def find(party: str, key: str) -> Job[object] | None:
    """Return the job of this party and key in this process, under way or over and not yet forgotten."""
    return _pool.find(party, key)


def forget(job: Job[T]) -> None:
    """Forget a job whose result was used."""
    _pool.forget(job)  # type: ignore[arg-type]


def close() -> None:
    """Wait for the jobs, end the threads, close the connections (tests, the end of a process)."""
    _pool.close()


@contextmanager
def away() -> Iterator[None]:
    """Give one's place, and its connection, to another job while waiting for somebody outside.

    Does nothing outside the pool, and inside a transaction, whose connection must stay.
    """
    job = _own.get()
    if job is None or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        yield
        return
    if not job.is_calling:
        job.is_calling = True
        job.on_call()
    _pool.places.leave()
    try:
        yield
    finally:
        # Whoever asks no provider but the shop's own books has opened a connection for it.
        _close_own()
        _pool.places.take(returns=True)


def _close_own() -> None:
    """Close the connections that this thread has beside its place's: to another database, or opened without a place."""
    for opened in connections.all(initialized_only=True):
        opened.close()
        del connections[opened.alias]
