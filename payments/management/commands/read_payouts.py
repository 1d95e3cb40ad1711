"""`manage.py read_payouts`: read the payout reports that wait, or one from a file, and match what is left over."""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments import gateways
from payments.payouts import importing, matching, reading, residue
from payments.tasks import read_payouts


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"{text} is no file")
    return path


class Command(BaseCommand):
    help = "Read the payout reports that wait (or FILE of PROVIDER), and look again at the lines left over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=_file)
        parser.add_argument("--provider", choices=sorted(gateways.GATEWAYS))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"]:
            self._read(options["file"], options["provider"])
        else:
            read_payouts()
            matching.match_again()
        lines, payments = residue.counts()
        self.stdout.write(f"left over: {lines} lines, {payments} payments in no report")

    def _read(self, path: Path, provider: str | None) -> None:
        if not provider:
            raise CommandError("Say whose report it is: --provider")
        try:
            report = importing.upload(
                gateway=provider,
                file_name=path.name,
                content=path.read_bytes(),
                language=settings.LANGUAGE_CODE,
                actor="command:read_payouts",
            )
            importing.run(report.pk)
        except reading.Unreadable as refusal:
            raise CommandError(str(refusal)) from refusal
        except importing.ReadBefore as again:
            raise CommandError(f"this file was read before: {again.report.file_name}") from again
        report.refresh_from_db()
        if report.refusal:
            raise CommandError(report.refusal)
        self.stdout.write(f"{report.file_name}: {report.line_count} new lines, {report.repeated_count} known")
