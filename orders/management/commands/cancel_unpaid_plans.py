"""`manage.py cancel_unpaid_plans`: cancel plans whose first instalment was never paid, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import cancel_unpaid_plans


class Command(BaseCommand):
    help = "Cancel plans whose first instalment was never paid."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{cancel_unpaid_plans()}")
