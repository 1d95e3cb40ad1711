"""`manage.py seed_roles`: make the staff roles and give them their permissions."""

from django.core.management.base import BaseCommand

from shop.accounts.staff import roles


class Command(BaseCommand):
    help = "Make the staff roles that are missing and give each at least its permissions."

    def handle(self, *args: object, **options: object) -> None:
        for name, number in roles.seed().items():
            self.stdout.write(f"{name}: {number} permissions")
