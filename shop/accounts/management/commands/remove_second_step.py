"""`manage.py remove_second_step ana@example.com`: for the superuser who lost the phone, when there is no other."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from shop.accounts.models import User
from shop.core.states import record
from shop.core.user_input.emails import is_address


class Command(BaseCommand):
    help = "Take the second step of signing in from an account; the next visit to the back office sets up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(is_address("email", options["email"])).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        with transaction.atomic():
            removed, _details = Authenticator.objects.filter(user=user).delete()
            record(user, "second step removed", actor="command")
        self.stdout.write(f"{removed} removed" if removed else "There was none.")
