"""`manage.py verify_backup FOLDER`: check that a backup is complete, readable and decryptable with the present keys."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.core.database import backup


class Command(BaseCommand):
    help = "Check a backup without touching any database. Ends with status 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--programs", default="", help="The folder of pg_restore. Default: the one in PATH."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wrong = backup.verify(options["folder"], programs=options["programs"])
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(f"The backup of {backup.taken_at(options['folder']).isoformat()} is whole.")
