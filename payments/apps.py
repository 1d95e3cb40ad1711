from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    label = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        from payments import checks, outages  # noqa: F401  (registers the system checks)
        from payments.gateways import guard

        guard.tell(outages.begun)
