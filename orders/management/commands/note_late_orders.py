"""`manage.py note_late_orders`: note orders that take longer than promised, and tell their buyers, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import note_late_orders


class Command(BaseCommand):
    help = "Note orders that take longer than promised, and tell their buyers."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{note_late_orders()}")
