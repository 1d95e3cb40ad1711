"""`manage.py late_interest`: book the late interest of overdue instalments, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import charge_late_interest


class Command(BaseCommand):
    help = "Book the late interest of overdue instalments."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{charge_late_interest()}")
