"""`manage.py sweep_payments`: read the providers' own lists of payments now, by hand."""

from django.core.management.base import BaseCommand, CommandParser

from payments.reconciliation import provider_list
from payments.tasks import sweep_payments
from shop.core.jobs import run_job


class Command(BaseCommand):
    help = "Read each provider's list of payments, settle what differs, and show payments that nobody here knows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--due", action="store_true", help="Only lists whose time has come, as the job does."
        )

    def handle(self, *args: object, **options: object) -> None:
        counts = (
            sweep_payments() if options["due"] else run_job("sweep_payments", provider_list.read_all_lists)
        )
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()) or "nothing was due")
