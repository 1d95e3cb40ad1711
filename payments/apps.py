from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    label = "payments"
    verbose_name = _("Money")

    def ready(self) -> None:
        from payments import checks, gateways, inbox, invariants, outages, refusals, silence  # noqa: F401  (registers checks and rules)
        from payments.gateways import guard
        from shop.core import actors, health

        actors.name_providers(gateways.NAMES)
        guard.tell(outages.begun)
        guard.tell_refused(refusals.misconfigured)
        health.contribute("webhooks", inbox.standing)
        health.contribute("provider_calls", outages.health)
        health.contribute("providers", silence.standing)
