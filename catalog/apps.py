from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    label = "catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        """Register the catalogue's personal data, its types of webhooks, and the search that follows the lists."""
        from catalog import outgoing, privacy  # noqa: F401
        from catalog.listing import rebuilding
        from catalog.search.postgres import engine

        rebuilding.follow(engine)
