"""`manage.py end_bills`: end bills of instalments that nobody can pay any more, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import end_bills


class Command(BaseCommand):
    help = "End bills of instalments that nobody can pay any more."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{end_bills()}")
