"""`manage.py tend_bank_data`: remind of bank data, delete those of finished refunds, encrypt again, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import tend_bank_data


class Command(BaseCommand):
    help = "Ask again for bank data of manual refunds, and forget those whose money went."

    def handle(self, *args: object, **options: object) -> None:
        counts = tend_bank_data()
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()))
