"""One import is written at a time, and one export made: whoever begins waits for whoever is at it."""

from django.db import connection


def take_turn(key: int) -> None:
    """Wait until nobody else has this turn (an advisory lock); it ends with the transaction.

    Whoever has it may be at a long file: this one wait is as long as the task's own limit, not a lock's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', '0', true)")
        (before, _none) = cursor.fetchone()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
