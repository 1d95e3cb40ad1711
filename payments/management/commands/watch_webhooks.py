"""`manage.py watch_webhooks`: check whether the providers' webhooks arrive, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import watch_webhooks


class Command(BaseCommand):
    help = "Look whether the providers' webhooks come; the staff is told once when one falls silent."

    def handle(self, *args: object, **options: object) -> None:
        found = watch_webhooks()
        self.stdout.write(str(found["providers"]) or "no provider is silent")
