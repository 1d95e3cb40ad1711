"""`manage.py demo`: fill the shop with the demo brand."""

import time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shop.demo.seed import DemoRefused, seed


class Command(BaseCommand):
    """Add MAAL Line: accounts, places, products, stock, pictures, collections."""

    help = "Fill the shop with the demo brand. A second run changes nothing. Refuses when DEBUG is off."

    def handle(self, *args: object, **options: object) -> None:
        """Seed, printing each step and how long it took."""
        begun = time.monotonic()
        try:
            changed = seed(now=timezone.now(), say=self._say)
        except DemoRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        took = f"{time.monotonic() - begun:.1f} s"
        self._say(
            f"The demo shop is filled ({took})." if changed else f"The demo shop was already filled ({took})."
        )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
