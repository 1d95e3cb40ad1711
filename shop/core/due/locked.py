"""Claims by the row's lock: `FOR UPDATE SKIP LOCKED`, so that two workers share the work and none waits for another.

For work that is one short transaction: the transaction of a worker that dies is rolled back, and its row is unlocked.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

log = logging.getLogger(__name__)
M = TypeVar("M", bound=Model)

PASSED_OVER: Final = "passed over"
PUT_OFF: Final = "put off"


def free(rows: "QuerySet[M]", *, no_key: bool = False) -> "QuerySet[M]":
    """Lock those of the rows that nobody has locked; called in a transaction. Rows joined to them are not locked.

    `no_key`: rows that refer to them may be written meanwhile (`FOR NO KEY UPDATE`).
    """
    return rows.select_for_update(skip_locked=True, of=("self",), no_key=no_key)


def one_by_one(
    due: "QuerySet[M]",
    act: Callable[[M], object],
    *,
    limit: int,
    no_key: bool = False,
    seconds: float = math.inf,
) -> Counter[str]:
    """Call `act` with the first of what is due, locked, again and again, each in its own transaction; return a tally.

    `act` returns a word for the tally (or whatever `str` makes one of) and leaves the row not due any more. A row that
    the database refuses to have changed (an integrity error) is logged and skipped until the next run, so that it
    delays no other row. At most `limit` rows, for at most so many `seconds`; one of them is in memory at a time.
    """
    tally: Counter[str] = Counter()
    refused: list[object] = []
    end = time.monotonic() + seconds
    while tally.total() < limit and time.monotonic() < end:
        key: object = None
        try:
            with transaction.atomic():
                row = free(due.exclude(pk__in=refused) if refused else due, no_key=no_key).first()
                if row is None:
                    break
                key = row.pk
                word = str(act(row))
        except IntegrityError:
            if key is None:
                raise
            log.exception("%s %s cannot be changed; it is passed over.", due.model.__name__, key)
            refused.append(key)
            word = PASSED_OVER
        tally[word] += 1
    return tally


def drain(
    due: "QuerySet[M]",
    act: Callable[[M], object],
    *,
    put_off: Callable[[M], object],
    size: int,
    seconds: float,
    no_key: bool = False,
) -> Counter[str]:
    """Call `act` with all that is due, `size` rows locked at a time, each batch its own transaction; return a tally.

    For hundreds of thousands of rows: one batch of them is in memory. `act` returns a word for the tally and leaves the
    row not due any more. Where it raises, the exception is logged, what it wrote is undone, and `put_off` makes the row
    due later. Ends with the first batch that is not full, or after `seconds`: what is left is due at the next run.
    """
    tally: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with transaction.atomic():
            rows = list(free(due, no_key=no_key)[:size])
            words = [_word_of(act, row, put_off) for row in rows]
        tally.update(words)
        if len(rows) < size:
            break
    return tally


def _word_of(act: Callable[[M], object], row: M, put_off: Callable[[M], object]) -> str:
    try:
        with transaction.atomic():
            return str(act(row))
    except SoftTimeLimitExceeded:
        raise  # The run's time limit is reached.
    except Exception:
        log.exception("%s %s stopped; it is put off.", type(row).__name__, row.pk)
        put_off(row)
        return PUT_OFF


def in_batches(rows: "QuerySet[M]", act: Callable[[Sequence[Any]], int], *, size: int) -> int:
    """Call `act` with the keys of `size` rows at a time, locked, each batch its own transaction; return its sum.

    `act` returns how many it has changed and leaves them not among the rows any more. Ends with the first batch that
    is not full: rows locked by others are left to them.
    """
    total = 0
    while True:
        with transaction.atomic():
            keys = list(free(rows).values_list("pk", flat=True)[:size])
            total += act(keys) if keys else 0
        if len(keys) < size:
            return total
