"""The pages that the threads of this process are making, so that work beside them begins while there are none.

A press of Pay costs a process more than any page does, and nobody looks at its result before the provider has answered.
Beside a crowd that presses together each page would take turns with it for the processor.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Pages:
    """How many are being made, and who wants to know that none is."""

    def __init__(self) -> None:
        self.number = 0
        self.watchers: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._of_thread = threading.local()

    def count(self, by: int) -> None:
        with self._lock:
            self.number += by
        self._of_thread.number = self.of_this_thread() + by
        if not self.number:
            for watcher in self.watchers:
                watcher()

    def of_this_thread(self) -> int:
        return getattr(self._of_thread, "number", 0)


_pages: Final = _Pages()


def counted(application: Application) -> Application:
    """Wrap a WSGI application: a request counts until its answer is made."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with being_made():
            return application(environ, start_response)

    return wrapped


@contextmanager
def being_made() -> Iterator[None]:
    """Count a page of this thread."""
    _pages.count(1)
    try:
        yield
    finally:
        _pages.count(-1)


@contextmanager
def apart() -> Iterator[None]:
    """Do not count this thread's page while it waits for work that begins when there is none."""
    mine = _pages.of_this_thread()
    _pages.count(-mine)
    try:
        yield
    finally:
        _pages.count(mine)


def is_any() -> bool:
    """Say whether a page is being made in this process now."""
    return _pages.number > 0


def when_none(watcher: Callable[[], None]) -> None:
    """Call this each time when the last page of those at once is made, in the thread that made it."""
    _pages.watchers.append(watcher)
