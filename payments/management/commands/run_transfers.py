"""`manage.py run_transfers`: settle bank credits that were booked, and remind of transfers that end soon, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import run_transfers


class Command(BaseCommand):
    help = "Settle bank credits that were booked, and remind of transfers that end soon."

    def handle(self, *args: object, **options: object) -> None:
        counts = run_transfers()
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()))
