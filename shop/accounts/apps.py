from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "shop.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from shop.accounts.roles import seed_after_migrate

        # Django's own signal: permissions exist only after the migrations, so no migration could give them.
        post_migrate.connect(seed_after_migrate, dispatch_uid="percha.roles")
