"""`manage.py backup FOLDER`: database, uploaded files and manifest into a new folder there (docs/backup.md)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.core.database import backup


class Command(BaseCommand):
    help = "Write a backup into a new folder below FOLDER. DATA_KEYS are not in it: keep them elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--programs", default="", help="The folder of pg_dump. Default: the one in PATH.")
        parser.add_argument("--no-media", action="store_true", help="Leave the uploaded files out.")
        parser.add_argument(
            "--keep", type=int, default=0, help="Then delete all backups there but the newest KEEP."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backup.take(
                options["folder"], programs=options["programs"], with_media=not options["no_media"]
            )
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(made))
        for gone in backup.keep_newest(options["folder"], options["keep"]):
            self.stderr.write(f"Deleted {gone}.")
