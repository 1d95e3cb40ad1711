from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    label = "catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        """Register the catalogue's personal data and its types of webhooks."""
        from catalog import outgoing, privacy  # noqa: F401
