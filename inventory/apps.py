from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "inventory"
    label = "inventory"
    verbose_name = _("Stock")

    def ready(self) -> None:
        """Register the rules of the stock, its personal data and its types of webhooks."""
        from inventory import outgoing, privacy  # noqa: F401
        from inventory.checks import listing, rules  # noqa: F401
