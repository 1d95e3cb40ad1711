"""Django's migrate, then the shop's database limits for the role (unless DATABASE_TIMEOUTS_IN_ROLE is off)."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import DatabaseError

from shop.core import timeouts


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        is_a_run = not (options["check_unapplied"] or options["plan"])
        if is_a_run and settings.DATABASE_TIMEOUTS_IN_ROLE:
            self._write_limits(options["verbosity"])

    def _write_limits(self, verbosity: int) -> None:
        """Write them; a server that forbids it gets a sentence, for the tables are up to date all the same."""
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
