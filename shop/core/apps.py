from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "shop.core"
    label = "core"
    verbose_name = _("Shop")

    def ready(self) -> None:
        from shop.core import checks  # noqa: F401
        from shop.core.audit import timeline  # noqa: F401
        from shop.core.database import timeouts  # noqa: F401
        from shop.core.database.postgresql.moments import read_moments_quickly
        from shop.core.outgoing import publishing  # noqa: F401
        from shop.core.privacy import personal_data  # noqa: F401
        from shop.core.user_input import emails  # noqa: F401
        from shop.core.web.response_headers import keep_headers_plainly

        read_moments_quickly()
        keep_headers_plainly()
