"""`manage.py find_traces WORD …`: where in the whole database a word is found, such as an erased e-mail address."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shop.core.privacy import traces


class Command(BaseCommand):
    help = "Look for words in every text and JSON column of every table."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("words", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        for trace in traces.find(options["words"]):
            self.stdout.write(f"{trace.table}.{trace.column}: {trace.rows} × {trace.word}")
