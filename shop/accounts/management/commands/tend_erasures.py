"""`manage.py tend_erasures`: carry out the erasures that are due and erase expired invoice data, by hand."""

from django.core.management.base import BaseCommand

from shop.accounts.tasks import expire, tend_erasures


class Command(BaseCommand):
    help = "Carry out the erasures that are due, and erase invoice data that were kept long enough."

    def handle(self, *args: object, **options: object) -> None:
        counts = {**tend_erasures(), **{f"{name} lapsed": count for name, count in expire().items() if count}}
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()) or "nothing was due")
