"""`manage.py sweep_payments`: read the providers' own lists of payments now, by hand."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments import sweep
from payments.tasks import sweep_payments


class Command(BaseCommand):
    help = "Read each provider's list of payments, settle what differs, and show payments that nobody here knows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--due", action="store_true", help="Only lists whose time has come, as the job does.")

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[str] = Counter()
        if options["due"]:
            counts.update(sweep_payments())
        else:
            for code in sweep.watched():
                counts.update(sweep.sweep(code, is_wanted=True, actor="command:sweep_payments"))
        self.stdout.write(", ".join(f"{word} {count}" for word, count in counts.items()) or "nothing was due")
