"""`manage.py follow_disputes`: remind of disputes and ask how the open ones stand, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import follow_disputes


class Command(BaseCommand):
    help = "Remind of disputes whose deadline is near, and ask the providers how the open ones stand."

    def handle(self, *args: object, **options: object) -> None:
        counts = follow_disputes()
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()))
