"""`manage.py read_bank_statements`: read bank statements that wait, forget old receipts and payers, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import read_bank_statements


class Command(BaseCommand):
    help = "Read bank statements that wait, and forget old receipts and the names of payers."

    def handle(self, *args: object, **options: object) -> None:
        counts = read_bank_statements()
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()))
