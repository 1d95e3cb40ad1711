"""`manage.py run_exports`: make the exports that wait, and delete old files, by hand."""

from django.core.management.base import BaseCommand

from inventory.tasks import run_exports


class Command(BaseCommand):
    help = "Make the exports that wait, and delete the files that were kept long enough."

    def handle(self, *args: object, **options: object) -> None:
        result = run_exports()
        self.stdout.write(f"{result.get('exports', 0)} made, {result.get('deleted', 0)} deleted")
