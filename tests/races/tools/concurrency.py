"""Many acts at once, each thread with a database connection of its own, on the real PostgreSQL."""

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from django.db import connections

# Seconds until a wait fails: it ends a test that hangs, and is far above what a busy machine needs.
PATIENCE = 120.0


def together(acts: Sequence[Callable[[], Any]], *, at_once: int = 32) -> list[Any]:
    """Run all acts, `at_once` of them in flight, and return what each returned or raised, in their order.

    The threads wait for one another before the first act, with their connections open. An exception is an answer
    like any other: the caller says which ones it expects.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    for place in range(len(acts)):
        waiting.put(place)
    answers: list[Any] = [None] * len(acts)
    width = min(at_once, len(acts))
    start = threading.Barrier(width)

    def work() -> None:
        try:
            connections["default"].ensure_connection()
            start.wait(timeout=PATIENCE)
            while True:
                try:
                    place = waiting.get_nowait()
                except Empty:
                    return
                try:
                    answers[place] = acts[place]()
                except Exception as error:  # noqa: BLE001
                    answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, daemon=True) for _n in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody is still waiting: a deadlock?"
    return answers


def count(answers: Sequence[Any], kind: type) -> int:
    """Count the answers of a kind."""
    return sum(isinstance(answer, kind) for answer in answers)


def surprises(answers: Sequence[Any], *expected: type[BaseException]) -> list[BaseException]:
    """Return the exceptions among the answers that nobody expected."""
    return [a for a in answers if isinstance(a, BaseException) and not isinstance(a, expected)]
