"""`manage.py check_stock`: run the stock check, by hand. Exits with status 1 when it finds violations."""

from django.core.management.base import BaseCommand, CommandError

from inventory.tasks import check_invariants


class Command(BaseCommand):
    help = "Check the stock against its ledger, its holds and the orders. Repairs nothing (see repair_stock)."

    def handle(self, *args: object, **options: object) -> None:
        result = check_invariants()
        if result["violations"]:
            raise CommandError(f"{result['violations']} violations\n{result['details']}")
        self.stdout.write("the stock agrees with its ledger and its holds")
