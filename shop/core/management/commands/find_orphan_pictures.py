"""`manage.py find_orphan_pictures`: list the files in the picture folders that no row names; `--delete` them."""

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandParser

from shop.core.pictures import files


class Command(BaseCommand):
    help = "List the files in the picture folders that are older than a day and that no product or collection names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="delete them, whatever their names")

    def handle(self, *args: object, **options: object) -> None:
        found = deleted = 0
        for name in files.orphans():
            found += 1
            self.stdout.write(name)
            if options["delete"]:
                deleted += files.discard(default_storage, name)
        self.stdout.write(f"{found} found, {deleted} deleted")
