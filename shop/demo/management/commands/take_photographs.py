"""`manage.py take_photographs`: photographs in place of the demo's drawings, all of them, now."""

from django.core.management.base import BaseCommand, CommandParser

from shop.demo import photographing


class Command(BaseCommand):
    help = "Take the demo's photographs at once; the worker does it by and by. Safe to stop and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "drawing", nargs="*", help="the file of a drawing, such as products/x.svg; by default all"
        )

    def handle(self, *args: object, drawing: list[str], **options: object) -> None:
        found = photographing.take_photographs(seconds=86_400, only=drawing)
        self.stdout.write(f"{found['taken']} taken, {found['left']} left")
