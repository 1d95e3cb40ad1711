"""`manage.py remind_drops`: mail those who asked about a drop that is about to open, by hand."""

from django.core.management.base import BaseCommand

from catalog.tasks import remind_drops


class Command(BaseCommand):
    help = "Send the reminders of drops that are due."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(", ".join(f"{name}: {number}" for name, number in remind_drops().items()))
