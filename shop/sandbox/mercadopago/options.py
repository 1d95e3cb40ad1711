"""The options of Mercado Pago's counterpart."""

from __future__ import annotations

from dataclasses import dataclass

from shop.sandbox.config import SandboxConfig, SandboxRefused, first, required
from shop.sandbox.store import JsonDict

CODE = "mercadopago"
SITE_CURRENCY = {
    "MLA": "ARS",
    "MLB": "BRL",
    "MLM": "MXN",
    "MLC": "CLP",
    "MCO": "COP",
    "MPE": "PEN",
    "MLU": "UYU",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The shop's account, its site and the switches of varying behaviour.

    ``signature_unit`` is what the signature's ``ts`` counts: ``s`` (both official SDKs read seconds) or ``ms`` (one of
    the two examples of the documentation). ``ipn`` sends the older unsigned notifications besides.
    """

    access_token: str
    webhook_secret: str
    collector_id: int
    site: str = "MLA"
    allow_http_back_urls: bool = False
    ipn: bool = True
    signature_unit: str = "s"

    @property
    def currency(self) -> str:
        """Return the ISO currency of the site."""
        return SITE_CURRENCY[self.site]


def of(config: SandboxConfig) -> Options:
    """Return the options of a running sandbox."""
    return Options(**config.options[CODE])


def from_settings(settings: object) -> JsonDict:
    """Read the options from the shop's settings.

    Raises:
        SandboxRefused: one is missing or malformed.
    """
    collector = str(required(settings, "MERCADOPAGO_COLLECTOR_ID"))
    if not collector.isdecimal():
        raise SandboxRefused("MERCADOPAGO_COLLECTOR_ID must be a number, such as 724484980.")
    site = str(getattr(settings, "MERCADOPAGO_SITE", "") or _site_of(settings)).upper()
    if site not in SITE_CURRENCY:
        raise SandboxRefused(f"MERCADOPAGO_SITE must be one of {', '.join(SITE_CURRENCY)}.")
    return {
        "access_token": str(required(settings, "MERCADOPAGO_ACCESS_TOKEN")),
        "webhook_secret": first(settings, "MERCADOPAGO_WEBHOOK_SECRETS"),
        "collector_id": int(collector),
        "site": site,
        "allow_http_back_urls": True,
        "signature_unit": getattr(settings, "SANDBOX_MP_SIGNATURE_UNIT", "s"),
    }


def _site_of(settings: object) -> str:
    """Return the site whose accounts are paid in the shop's currency: a seller has an account in their own country."""
    currency = getattr(settings, "SHOP_CURRENCY", "ARS")
    return next((site for site, coin in SITE_CURRENCY.items() if coin == currency), "MLA")
