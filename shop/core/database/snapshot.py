"""Figures that several statements make together, read as of one instant."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_instant() -> Iterator[None]:
    """Read everything within from the snapshot of its first statement (REPEATABLE READ). Locks nothing.

    In READ COMMITTED each statement sees what was committed before it: a unit that moves between two of them would be
    read twice, or not at all. Inside a transaction of the caller's, which has begun already, this changes nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
