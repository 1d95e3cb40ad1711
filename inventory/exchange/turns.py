"""One import is written at a time, and one export made: another one waits for it."""

from django.db import connection


def take_turn(key: int) -> None:
    """Take the advisory lock of this kind of job until the transaction ends; wait for its holder.

    The holder may be processing a long file: this wait is limited by the task's time limit, not by the lock timeout.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', '0', true)")
        (before, _none) = cursor.fetchone()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
