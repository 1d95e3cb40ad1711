from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "shop.reports"
    label = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        """Register the rules of the sums."""
        from shop.reports import invariants  # noqa: F401
