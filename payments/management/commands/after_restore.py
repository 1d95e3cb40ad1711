"""`manage.py after_restore FOLDER`: read from the providers what happened since the backup (docs/backup.md)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments.reconciliation import recovery
from shop.core.database import backup


class Command(BaseCommand):
    help = "Skip the numbers given out since the backup, ask the providers for what was paid since, check everything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="The backup that was restored.")
        parser.add_argument(
            "--skip-numbers",
            type=int,
            default=recovery.SKIPPED,
            help="More than the orders that may have been placed since the backup.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            taken_at = backup.taken_at(options["folder"])
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        found = recovery.after_restore(taken_at=taken_at, skipped=options["skip_numbers"])
        for line in found.lines():
            self.stdout.write(line)
        if not found.is_good:
            raise CommandError("Something is left to do before the shop opens: see above.")
