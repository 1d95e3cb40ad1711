"""`manage.py expire_returns`: end approved returns of which nothing was sent in time, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import expire_returns


class Command(BaseCommand):
    help = "End approved returns of which nothing was sent in time."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{expire_returns()}")
