"""`manage.py poll_tracking`: ask carriers where shipments are, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import poll_tracking


class Command(BaseCommand):
    help = "Ask carriers where shipments are."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{poll_tracking()}")
