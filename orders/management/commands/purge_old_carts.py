"""`manage.py purge_old_carts`: delete carts, sessions and addresses that are not needed any more, by hand."""

from django.core.management.base import BaseCommand

from orders.tasks import purge_old_carts


class Command(BaseCommand):
    help = "Delete old guests' carts, ended checkout sessions and unused addresses."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(", ".join(f"{number} {name}" for name, number in purge_old_carts().items()))
