"""`manage.py mark_sent_before 2026-11-01`: mark the orders placed before a day as sent and delivered, without mails.

For a shop whose orders were sent before Percha kept shipments: they would all stand among those to be prepared.
"""

from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orders.fulfilment import sent_before


class Command(BaseCommand):
    help = "Mark the orders placed before a day as sent and delivered, without mails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare which orders, and how they are dated."""
        parser.add_argument("day", type=date.fromisoformat, help="orders placed before it, as 2026-11-01")
        parser.add_argument(
            "--days", type=int, default=7, help="after how many days each was sent and delivered (7)"
        )
        parser.add_argument("--reason", default="sent before the shop kept shipments")
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Mark them, and name those that were left out."""
        if options["days"] < 0:
            raise CommandError("--days cannot be negative")
        midnight = timezone.make_aware(datetime.combine(options["day"], time()))
        keys = list(sent_before.orders(placed_before=midnight).values_list("pk", flat=True))
        if options["dry_run"]:
            self.stdout.write(f"{len(keys)} orders would be marked as sent and delivered.")
            return
        marked = 0
        marks = sent_before.mark(
            keys, days=options["days"], reason=options["reason"], actor="command:mark_sent_before"
        )
        for order, why_not in marks:
            marked += not why_not
            if why_not:
                self.stderr.write(f"{order}: {why_not}")
            elif marked % 1_000 == 0:
                self.stdout.write(f"{marked} of {len(keys)} …")
        self.stdout.write(f"{marked} orders are marked as sent and delivered, {len(keys) - marked} are not.")
