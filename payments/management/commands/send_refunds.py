"""`manage.py send_refunds`: send the refunds that are due, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import send_refunds


class Command(BaseCommand):
    help = "Send the refunds that are due, and look again at those on their way."

    def handle(self, *args: object, **options: object) -> None:
        counts = send_refunds()
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()) or "nothing was due")
