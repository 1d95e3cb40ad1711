"""`manage.py refresh_branches`: ask carriers again for old lists of branches, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import refresh_branches


class Command(BaseCommand):
    help = "Ask carriers again for old lists of branches."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{refresh_branches()}")
