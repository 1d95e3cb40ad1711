"""`manage.py rewrite_pictures`: apply the rules of new uploads to existing pictures."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shop.core.pictures.existing import rewrite_all

_SHOWN = {"refused", "missing"}


class Command(BaseCommand):
    help = (
        "Write every stored picture anew (turned, sRGB, without metadata, under a new name) and say which files are no "
        "pictures. May be stopped and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument(
            "--remove-refused", action="store_true", help="take refused files away from their products"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[str] = Counter()
        for outcome in rewrite_all(remove_refused=options["remove_refused"], dry_run=options["dry_run"]):
            counts[outcome.became] += 1
            if outcome.became in _SHOWN:
                words = outcome.reason or "The file is not in the media folder."
                self.stdout.write(f"{outcome.became}: {outcome.row}: {outcome.name}: {words}")
        tally = ", ".join(f"{counts[became]} {became}" for became in sorted(counts)) or "no pictures"
        self.stdout.write(f"{tally}{' (nothing was changed)' if options['dry_run'] else ''}")
        if counts["refused"] and not options["remove_refused"]:
            self.stdout.write(
                "Refused files are still shown. Replace them in the admin, or run this again with --remove-refused."
            )
