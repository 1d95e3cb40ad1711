"""`manage.py purge_waiting`: expire and delete old waiting list entries, by hand."""

from django.core.management.base import BaseCommand

from catalog.tasks import purge_waiting


class Command(BaseCommand):
    help = "End and forget what waits for too long."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(", ".join(f"{name}: {number}" for name, number in purge_waiting().items()))
