"""`manage.py purge`: delete old job runs, idempotency keys and sessions."""

from django.core.management.base import BaseCommand

from shop.core.tasks import purge


class Command(BaseCommand):
    help = "Delete what nobody needs any more: old job runs, idempotency keys, ended sessions."

    def handle(self, *args: object, **options: object) -> None:
        counts = purge()
        self.stdout.write(", ".join(f"{number} {name}" for name, number in counts.items()))
