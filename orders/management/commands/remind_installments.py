"""`manage.py remind_installments`: remind buyers of instalments, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import remind_installments


class Command(BaseCommand):
    help = "Remind buyers of instalments."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{remind_installments()}")
