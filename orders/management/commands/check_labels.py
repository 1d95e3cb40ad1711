"""`manage.py check_labels`: buy queued labels and ask about those that are not decided, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import check_labels


class Command(BaseCommand):
    help = "Buy queued labels and ask about those that are not decided."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{check_labels()}")
