"""Outages of a provider, reported to people: one mail for an outage, the dashboard, and the health page.

The guard around every call (`shop.core.protection.guard`) notices outages and their ends; this module writes
the sentences.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from payments import gateways, provider_settings
from payments.gateways.base import GatewayError
from shop.core.mail import outbox
from shop.core.protection import guard
from shop.core.protection.circuit import Phase

log = logging.getLogger(__name__)
# An id that no provider has: asking for it changes nothing, and any answer shows that the provider responds.
_NOTHING = "0" * 32


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """Whether a provider answers: `is_silent` while no call is made to it, `since` when that began."""

    gateway: str
    label: str
    phase: Phase
    since: datetime | None

    @property
    def is_silent(self) -> bool:
        return self.phase != Phase.CLOSED


def health_by_provider() -> list[ProviderHealth]:
    """Return the health of each provider that the shop offers: one read from Redis each, no call."""
    return [_health(code) for code in settings.PAYMENT_GATEWAYS]


def _health(code: str) -> ProviderHealth:
    phase, circuit = guard.phase(code)
    since = datetime.fromtimestamp(circuit.opened_at, UTC) if circuit.opened_at else None
    return ProviderHealth(code, gateways.get(code).label, phase, since)


def health() -> dict[str, object]:
    """Return the providers' part of `/healthz/`: a silent provider makes the shop degraded, not dead."""
    found = health_by_provider()
    phases = {provider.gateway: str(provider.phase) for provider in found}
    return {**phases, "is_degraded": any(provider.is_silent for provider in found)}


def begun(gateway: str, detail: str, *, at: float) -> None:
    """Notify the staff that a provider fell silent: one mail for an outage, and at most one in an hour.

    Called in the middle of a shopper's request; errors here are only logged.
    """
    since = datetime.fromtimestamp(at, UTC)
    outbox.queue(
        kind="provider_silent",
        to=settings.SHOP_EMAIL,
        template="provider_silent",
        context={
            "provider": gateways.get(gateway).label,
            "since": timezone.localtime(since),
            "detail": detail[:300],
            "admin_url": f"{settings.SITE_URL}{reverse('admin:index')}",
        },
        dedupe_key=f"provider-silent:{gateway}:{since:%Y%m%d%H}",
        language=settings.LANGUAGE_CODE,
    )


def probe_silent() -> dict[str, str]:
    """Send each silent provider one harmless request, when its pause is over; return the phase of each.

    So a circuit closes automatically, also while there are no payments.
    """
    phases = {}
    for code in gateways.GATEWAYS:
        if provider_settings.is_absent(code, settings):
            continue
        phase, _circuit = guard.phase(code)
        if phase == Phase.HALF_OPEN:
            try:
                gateways.get(code, gateways.for_pages()).find(_NOTHING, since=timezone.now())
            except GatewayError as error:
                log.info("%s was asked whether it answers again: %s", code, error)
            phase, _circuit = guard.phase(code)
        phases[code] = str(phase)
    return phases
