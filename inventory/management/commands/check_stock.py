"""`manage.py check_stock`: check what must be true of the stock, by hand. Ends with status 1 when something is not."""

from django.core.management.base import BaseCommand, CommandError

from inventory.tasks import check_invariants


class Command(BaseCommand):
    help = "Check the stock against its ledger, its holds and the orders. Repairs nothing (see repair_stock)."

    def handle(self, *args: object, **options: object) -> None:
        result = check_invariants()
        if result["violations"]:
            raise CommandError(f"{result['violations']} violations\n{result['details']}")
        self.stdout.write("the stock agrees with its ledger and its holds")
