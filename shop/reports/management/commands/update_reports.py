"""`manage.py update_reports`: bring the reports up to date, by hand; with `--all` count everything again."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from shop.core.jobs import run_job
from shop.reports import rebuilding


class Command(BaseCommand):
    help = "Bring the sums of the reports up to date. Harmless while the shop sells, and at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="count everything again (after a change of TIME_ZONE)"
        )

    def handle(self, *args: object, **options: object) -> None:
        if options["all"]:
            rebuilding.begin_again()
        done = run_job("update_reports", lambda: rebuilding.catch_up(seconds=3600))
        if done.get("busy"):
            self.stdout.write("another run is at work")
        else:
            self.stdout.write(f"counted {done['orders']} orders, {done['days']} days written")
