"""`manage.py expire_checkouts`: expire checkout sessions, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import expire_checkouts


class Command(BaseCommand):
    help = "Expire the checkout sessions whose time is over and release what they hold."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"expired {expire_checkouts()}")
