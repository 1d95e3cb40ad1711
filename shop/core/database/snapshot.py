"""Figures that several statements make together, read as of one instant."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_instant() -> Iterator[None]:
    """Let everything that is read within see the database as the first statement within has seen it. Locks nothing.

    In READ COMMITTED each statement sees what was committed before it: a unit that moves between two of them would be
    seen twice, or nowhere. Inside a transaction of the caller's, which has begun already, this changes nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
