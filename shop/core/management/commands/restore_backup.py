"""`manage.py restore_backup FOLDER`: a backup into an empty database and media folder (docs/backup.md)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.core.database import backup, timeouts


class Command(BaseCommand):
    help = "Restore a backup into the empty database that the settings name. The shop must not run meanwhile."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--programs", default="", help="The folder of pg_restore. Default: the one in PATH."
        )
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="Go on though DATA_KEYS are lost (sealed bank data and links cannot be opened any more), or the seal.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"]
        try:
            backup.restore(folder, programs=options["programs"], without_keys=options["without_keys"])
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        if settings.DATABASE_TIMEOUTS_IN_ROLE:
            timeouts.write_to_role()
        self.stdout.write(
            f"Restored as of {backup.taken_at(folder).isoformat()}. Now, before the shop opens:\n"
            f"  python manage.py migrate\n  python manage.py after_restore {folder}"
        )
