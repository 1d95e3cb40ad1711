"""System checks of the payments: what PAYMENT_GATEWAYS names must exist and take the shop's currency."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from payments import gateways


@register()
def check_gateways(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse unknown gateways, none at all, and one that cannot take the shop's currency."""
    found: list[CheckMessage] = []
    unknown = set(settings.PAYMENT_GATEWAYS) - set(gateways.GATEWAYS)
    if unknown:
        words = f"PAYMENT_GATEWAYS names unknown gateways: {', '.join(sorted(unknown))}."
        return [Error(words, hint=f"There are: {', '.join(gateways.GATEWAYS)}.", id="percha.E004")]
    if not settings.PAYMENT_GATEWAYS:
        found.append(Error("PAYMENT_GATEWAYS is empty: nobody could pay.", id="percha.E005"))
    for gateway in gateways.offered():
        if gateway.currencies and settings.SHOP_CURRENCY not in gateway.currencies:
            words = f"{gateway.label} takes {', '.join(sorted(gateway.currencies))}, not {settings.SHOP_CURRENCY}."
            found.append(
                Error(
                    words, hint="Take it out of PAYMENT_GATEWAYS or change SHOP_CURRENCY.", id="percha.E006"
                )
            )
    return found
