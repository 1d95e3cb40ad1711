"""Django's migrate, then the shop's database limits for the role (unless DATABASE_TIMEOUTS_IN_ROLE is off).

An empty database gets its tables from the file of the structure (`shop/core/database/structure`) instead of all
migrations one after the other. With `--lock-seconds` a migration gives up instead of blocking others behind its lock
request, and is tried again.
"""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection
from psycopg.errors import LockNotAvailable

from shop.core.database import timeouts
from shop.core.database.structure import loading

# With one of these, or the name of an app, somebody wants something else than all tables made.
_OTHERWISE = ("app_label", "check_unapplied", "fake", "fake_initial", "plan", "prune", "one_by_one")


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-seconds",
            type=float,
            default=0,
            help="Give up waiting for a lock after so long; 0: never.",
        )
        parser.add_argument(
            "--tries", type=int, default=10, help="How often it is tried when a lock did not come."
        )
        parser.add_argument(
            "--one-by-one",
            action="store_true",
            help="Run every migration, also on an empty database, and do not read the file of the structure.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tries = options["tries"] if options["lock_seconds"] else 1
        for attempt in range(1, tries + 1):
            try:
                self._limit_locks(options["lock_seconds"])
                if options["database"] == DEFAULT_DB_ALIAS and not any(map(options.get, _OTHERWISE)):
                    self._load_structure(options["verbosity"])
                super().handle(*args, **options)
                break
            except OperationalError as error:
                if attempt == tries or not isinstance(error.__cause__, LockNotAvailable):
                    raise
                self.stderr.write(
                    f"A lock did not come (try {attempt} of {tries}): {str(error).splitlines()[0]}"
                )
                time.sleep(self.pause(attempt))
        is_a_run = not (options["check_unapplied"] or options["plan"])
        if is_a_run and settings.DATABASE_TIMEOUTS_IN_ROLE:
            self._write_limits(options["verbosity"])

    @staticmethod
    def pause(attempt: int) -> float:
        """Return the seconds between two tries: 5, 10, 15 …, so that the blocking transaction has time to end."""
        return 5.0 * attempt

    def _limit_locks(self, seconds: float) -> None:
        """Limit the wait for locks of this connection, which only the migration uses."""
        if seconds:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{int(seconds * 1000)}ms"])

    def _load_structure(self, verbosity: int) -> None:
        """Make the tables of an empty database at once; where the server refuses, the migrations make them."""
        try:
            number = loading.load(connection)
        except DatabaseError as error:
            self.stderr.write(f"The migrations run one by one, as the structure was refused: {error}")
            return
        if number and verbosity:
            self.stdout.write(f"  Applying the structure that {number} migrations make")

    def _write_limits(self, verbosity: int) -> None:
        """Write them; where the server forbids it, print a warning: the tables are up to date all the same."""
        try:
            role = timeouts.write_to_role()
        except DatabaseError as error:
            self.stderr.write(
                f"The limits of DATABASE_TIMEOUTS could not be written into the role: {error}. "
                "Set them by hand (docs/operations.md), and DATABASE_TIMEOUTS_IN_ROLE=off."
            )
            return
        if verbosity > 1:
            self.stdout.write(f"  Limits written into the role {role}.")
