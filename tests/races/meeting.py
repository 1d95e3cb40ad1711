"""Two who meet half-way: one holds what the other wants and then asks for more. Shows a wrong order of locks at once.

Threads that race may pass one another a thousand times before they deadlock; here the meeting is arranged.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections, transaction


def meet(act: Callable[[], Any], *, first: Callable[[], Any], then: Callable[[], Any]) -> Any:
    """Lock with `first`, let `act` run beside us until it waits for us or ends, lock with `then`, commit.

    Whoever asks for the locks in the common order waits for `first` with nothing in hand that `then` wants. Returns
    what `act` returned or raised; what `then` raises (PostgreSQL may choose us as the victim) is returned as well.
    """
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(act())
        except Exception as error:  # noqa: BLE001
            answers.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    try:
        with transaction.atomic():
            first()
            thread.start()
            _until_it_waits_for_us(thread)
            then()
    except Exception as error:  # noqa: BLE001
        thread.join(timeout=20)
        return error
    thread.join(timeout=20)
    assert not thread.is_alive(), "it still waits"
    return answers[0]


def _until_it_waits_for_us(thread: threading.Thread) -> None:
    deadline = time.monotonic() + 10
    while thread.is_alive() and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Not pg_stat_activity: a transaction sees that as it was when it first looked.
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            (waiting,) = cursor.fetchone()
        if waiting:
            return
        time.sleep(0.01)
