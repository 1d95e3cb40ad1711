"""`manage.py render_pictures`: make the sizes and formats of pictures that lack them; safe to stop and run again."""

from django.core.management.base import BaseCommand, CommandParser

from shop.core.pictures import rendering


class Command(BaseCommand):
    help = "Make the renditions (320 to 1600 px; AVIF, WebP, JPEG) of every picture that lacks them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=86_400, help="stop after so many seconds")
        parser.add_argument(
            "--again", action="store_true", help="try those that have failed too often once more"
        )

    def handle(self, *args: object, **options: float) -> None:
        found = rendering.render_missing(seconds=options["seconds"], again=bool(options["again"]))
        self.stdout.write(f"{found['made']} made, {found['left']} left")
