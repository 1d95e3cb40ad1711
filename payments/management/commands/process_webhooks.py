"""`manage.py process_webhooks`: process the webhooks that are due, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import retry_webhooks


class Command(BaseCommand):
    help = "Process the stored webhooks that are due."

    def handle(self, *args: object, **options: object) -> None:
        counts = retry_webhooks()
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()) or "nothing was due")
