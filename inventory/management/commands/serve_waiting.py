"""`manage.py serve_waiting`: set units that came back aside for the first in line, by hand."""

from django.core.management.base import BaseCommand

from inventory.tasks import serve_waiting


class Command(BaseCommand):
    help = "Serve the waiting lists."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(", ".join(f"{name}: {number}" for name, number in serve_waiting().items()))
