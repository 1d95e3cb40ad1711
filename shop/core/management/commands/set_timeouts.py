"""Write the shop's limits for locks, statements and idle transactions into the database role that it uses."""

from django.core.management.base import BaseCommand

from shop.core.database import timeouts


class Command(BaseCommand):
    help = "Writes DATABASE_TIMEOUTS into the database role (ALTER ROLE ... IN DATABASE ... SET). Twice is harmless."

    def handle(self, *args: object, **options: object) -> None:
        role = timeouts.write_to_role()
        values = ", ".join(
            f"{name} = {value}" for name, value in timeouts.limits(timeouts.Patience.SHOP).items()
        )
        self.stdout.write(
            f"Role {role}: {values}. Connections that are open keep what they had: restart the shop."
        )
