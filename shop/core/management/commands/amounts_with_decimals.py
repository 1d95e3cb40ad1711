"""List prices, rates and costs with more decimals than the shop's currency takes; exit 1 when there are any."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.core.user_input.payable_amounts import unpayable


class Command(BaseCommand):
    """Changes nothing: a person must decide which amount is meant."""

    help = "List amounts with more decimals than SHOP_CURRENCY takes: no provider lets a buyer pay them."

    def handle(self, *args: object, **options: object) -> None:
        count = 0
        for one in unpayable():
            count += 1
            self.stdout.write(f"{one.model._meta.label} {one.pk} {one.field} {one.amount}  {one.words}")
        if count:
            raise CommandError(f"{count} amount(s) have too many decimals for {settings.SHOP_CURRENCY}.")
        self.stdout.write("Every amount can be paid.")
