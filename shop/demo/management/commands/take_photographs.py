"""`manage.py take_photographs`: photographs in place of the demo's drawings, all of them, now."""

from django.core.management.base import BaseCommand

from shop.demo import photographing


class Command(BaseCommand):
    help = "Take the demo's photographs at once; the worker does it by and by. Safe to stop and run again."

    def handle(self, *args: object, **options: object) -> None:
        found = photographing.take_photographs(seconds=86_400)
        self.stdout.write(f"{found['taken']} taken, {found['left']} left")
