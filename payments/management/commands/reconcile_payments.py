"""`manage.py reconcile_payments`: ask the providers about every attempt without an answer, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import reconcile


class Command(BaseCommand):
    help = "Ask the providers about the payment attempts that are due, and end those whose time is over."

    def handle(self, *args: object, **options: object) -> None:
        counts = reconcile()
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()) or "nothing was due")
