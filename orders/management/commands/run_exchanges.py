"""`manage.py run_exchanges`: end exchanges that were not paid in time and release those that are ready, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import run_exchanges


class Command(BaseCommand):
    help = "End exchanges that were not paid in time, and release those whose return came."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{run_exchanges()}")
