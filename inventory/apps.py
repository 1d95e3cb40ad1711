from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "inventory"
    label = "inventory"
    verbose_name = _("Stock")

    def ready(self) -> None:
        """Know the rules of the stock, wherever it is checked from."""
        from inventory.checks import rules  # noqa: F401
