"""`manage.py purge_webhooks`: delete webhooks after their retention, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import purge_webhooks


class Command(BaseCommand):
    help = "Delete webhooks that are done, and much later those that failed for good."

    def handle(self, *args: object, **options: object) -> None:
        counts = purge_webhooks()
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()))
