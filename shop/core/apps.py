from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "shop.core"
    label = "core"
    verbose_name = _("Shop")

    def ready(self) -> None:
        from shop.core import (  # noqa: F401  (registers the checks, the limits of new connections, a lookup)
            addresses,
            checks,
            timeouts,
        )
