"""`manage.py expire_holds`: release expired reservations, by hand."""

from django.core.management.base import BaseCommand

from inventory.tasks import expire_holds


class Command(BaseCommand):
    help = "Release the holds that have lapsed."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"released {expire_holds()['released']} lapsed holds")
