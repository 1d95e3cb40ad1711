"""`manage.py repair_stock`: set one figure to the sum of its rows. Recorded with the person's name."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory import codes
from inventory.checks import repairs
from inventory.models import StockLevel


class Command(BaseCommand):
    help = (
        "Set on_hand to the sum of the movements, or reserved to the sum of the active holds, for one level."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sku")
        parser.add_argument("location", help="the location's code")
        parser.add_argument("figure", choices=repairs.Figure.values)
        parser.add_argument("--reason", required=True)
        parser.add_argument("--by", required=True, help="e-mail of whoever decides this")

    def handle(self, *args: Any, **options: Any) -> None:
        level = StockLevel.objects.filter(
            variant_id__in=codes.by_sku([options["sku"]]).values(), location__code=options["location"]
        ).first()
        if level is None:
            raise CommandError("No stock level of this SKU and location.")
        try:
            row = repairs.repair(
                level_id=level.pk,
                figure=options["figure"],
                reason=options["reason"],
                actor=f"staff:{options['by']}",
            )
        except repairs.NothingToRepair:
            self.stdout.write("nothing to repair: the figure agrees with its rows")
        except repairs.CannotRepair as error:
            raise CommandError(f"{error}: release holds or correct the ledger first") from error
        else:
            self.stdout.write(f"{options['figure']}: {row.before} → {row.after}")
