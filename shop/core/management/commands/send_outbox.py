"""`manage.py send_outbox`: send the mails that are due, by hand."""

from django.core.management.base import BaseCommand

from shop.core.tasks import send_outbox


class Command(BaseCommand):
    help = "Send the e-mails of the outbox that are due."

    def handle(self, *args: object, **options: object) -> None:
        counts = send_outbox()
        self.stdout.write(f"sent {counts['sent']}, put off {counts['retry']}, given up {counts['failed']}")
