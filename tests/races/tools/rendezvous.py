"""Arranged interleavings: one holds the lock the other wants, or all stop between their read and their write.

Threads that race may pass one another a thousand times without interleaving; here they do every time, however slow or
busy the machine is. A wait ends with its condition; PATIENCE only ends a test whose condition never comes.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections, transaction

from tests.races.tools.concurrency import PATIENCE


def meet(act: Callable[[], Any], *, first: Callable[[], Any], then: Callable[[], Any]) -> Any:
    """Lock with `first`, let `act` run beside us until it waits for us or ends, lock with `then`, commit.

    Whoever asks for the locks in the common order waits for `first` with nothing in hand that `then` wants. Returns
    what `act` returned or raised; what `then` raises (PostgreSQL may choose us as the victim) is returned as well.
    """
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(_answer(act)), daemon=True)
    try:
        with transaction.atomic():
            first()
            thread.start()
            _until(lambda: not thread.is_alive() or waits_for_us())
            then()
    except AssertionError:
        raise
    except Exception as error:  # noqa: BLE001
        thread.join(timeout=PATIENCE)
        return error
    thread.join(timeout=PATIENCE)
    assert not thread.is_alive(), "it still waits"
    return answers[0]


def meet_at_a_lock(
    acts: Sequence[Callable[[], Any]], *, lock: Callable[[], Any], in_turn: bool = False
) -> list[Any]:
    """Hold a lock with `lock` until every act waits for it (or has ended), then let go; return their answers in order.

    All of them have looked before one of them acts: a statement that waits at a row has already judged by what it saw.
    `in_turn`: each begins when those before it wait, so that they stand in the queue in this order.
    """
    answers: list[Any] = [None] * len(acts)
    backends: list[int] = []
    present = threading.Barrier(len(acts) + 1, timeout=PATIENCE)

    def run(place: int) -> None:
        backends.append(_backend())
        if not in_turn:
            present.wait()
        answers[place] = _answer(acts[place])

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(acts))]
    with transaction.atomic():
        lock()
        for thread in threads:
            thread.start()
            if in_turn:
                _until(lambda: _waiting(backends) >= sum(one.is_alive() for one in threads))
        if not in_turn:
            present.wait()
        _until(lambda: _waiting(backends) >= sum(thread.is_alive() for thread in threads))
    for thread in threads:
        thread.join(timeout=PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody still waits"
    return answers


def stopping(act: Callable[[], Any], *, before: str, wait: Callable[[], Any]) -> Callable[[], Any]:
    """Return `act` made to call `wait` once, in its thread, before the first statement with `before` in it is sent.

    With a barrier's `wait` all who race have looked before one of them writes. `before` must come, or the act fails.
    """

    def stopped() -> Any:
        is_due = True

        def watch(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
            nonlocal is_due
            if is_due and before in str(sql):
                is_due = False
                wait()
            return execute(sql, *rest)

        with connection.execute_wrapper(watch):
            answer = act()
        assert not is_due, f"it never came to {before!r}"
        return answer

    return stopped


def come_between(act: Callable[[], Any], *, before: str, meanwhile: Callable[[], Any]) -> Any:
    """Run `act` in a thread until it is about to send `before`, do `meanwhile`, let it go on; return its answer."""
    is_there, may_go = threading.Event(), threading.Event()

    def wait() -> None:
        is_there.set()
        assert may_go.wait(PATIENCE), "nobody let it go on"

    answers: list[Any] = []
    run = stopping(act, before=before, wait=wait)
    thread = threading.Thread(target=lambda: answers.append(_answer(run)), daemon=True)
    thread.start()
    try:
        _until(lambda: is_there.is_set() or not thread.is_alive())
        assert is_there.is_set(), f"it ended before it came to {before!r}: {answers}"
        meanwhile()
    finally:
        may_go.set()
        thread.join(timeout=PATIENCE)
    assert not thread.is_alive(), "it still waits"
    return answers[0]


@contextmanager
def without(*guards: str) -> Iterator[None]:
    """Drop unique indexes and check constraints (by name) and restore them: the test leaves no row that violates them.

    For controls alone: what the database refuses by itself can only be shown to be needed on a table without it.
    """
    with connection.cursor() as cursor:
        taken = [_take_away(cursor, name) for name in guards]
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in taken:
                cursor.execute(statement)


def _take_away(cursor: Any, name: str) -> str:
    """Drop an index or a constraint; return the statement that makes it again."""
    cursor.execute(
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s",
        [name],
    )
    if found := cursor.fetchone():
        table, definition = found
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        return f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'
    cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
    (definition,) = cursor.fetchone()
    cursor.execute(f'DROP INDEX "{name}"')
    return str(definition)


def _answer(act: Callable[[], Any]) -> Any:
    """Return what the act returned or raised; its connection is closed."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001
        return error
    finally:
        connections.close_all()


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(pid)


def waits_for_us() -> bool:
    """Say whether somebody waits for a lock of ours."""
    with connection.cursor() as cursor:
        # Not pg_stat_activity: a transaction sees that as it was when it first looked.
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        (waiting,) = cursor.fetchone()
    return bool(waiting)


def _waiting(backends: list[int]) -> int:
    """Count those who wait for a lock, ours or that of one who is before them in the queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid = ANY (%s)", [backends]
        )
        (waiting,) = cursor.fetchone()
    return int(waiting)


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "they never met"
        time.sleep(0.01)
