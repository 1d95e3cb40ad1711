from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "shop.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from django.contrib.auth.models import Group

        # Receivers of signals, and what accounts have of a person.
        from shop.accounts import devices, privacy  # noqa: F401
        from shop.accounts.staff.roles import called, seed_after_migrate

        devices.keep_rows_in_place_of_allauth()
        # Titles, choices and lists of Django's admin use `str(row)`: a role is shown in the reader's language.
        Group.add_to_class("__str__", called)

        # Django's own signal: permissions exist only after the migrations, so no migration could give them.
        post_migrate.connect(seed_after_migrate, dispatch_uid="percha.roles")
