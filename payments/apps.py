from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    label = "payments"
    verbose_name = _("Money")

    def ready(self) -> None:
        from payments import (  # noqa: F401  (checks, rules, personal data)
            checks,
            gateways,
            invariants,
            outages,
            outgoing,
            privacy,
        )
        from payments.checkout import refusals, waiting_page
        from payments.transfers import books  # noqa: F401  (the books of the gateway `transfer`)
        from payments.webhooks import retention, silence
        from shop.core import health
        from shop.core.audit import actors
        from shop.core.protection import guard
        from shop.core.web import warming

        actors.name_providers(gateways.NAMES)
        warming.contribute(waiting_page.prepare)
        guard.on_outage(outages.begun)
        guard.on_refused_key(refusals.misconfigured)
        health.contribute("webhooks", retention.health)
        health.contribute("provider_calls", outages.health)
        health.contribute("providers", silence.health)
