"""A transaction of the seeding: all or nothing, and never two at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SEEDING_LOCK = 7_203_115  # Any number that nothing else in the project locks.


@contextmanager
def section() -> Iterator[None]:
    """Open a transaction that waits for any other seeding (advisory lock `SEEDING_LOCK`, held to its end)."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEEDING_LOCK])
        yield
