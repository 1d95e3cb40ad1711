"""What the sandbox needs to know before it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shop.sandbox import counterparts

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

SITE_CURRENCY = {
    "MLA": "ARS",
    "MLB": "BRL",
    "MLM": "MXN",
    "MLC": "CLP",
    "MCO": "COP",
    "MPE": "PEN",
    "MLU": "UYU",
}


class SandboxRefused(Exception):
    """The sandbox may not run here; the message says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Everything a running sandbox is told from outside.

    ``retry_scale`` multiplies the providers' retry schedules (0.001: fifteen minutes become 0.9 s).
    ``mp_signature_unit`` is what Mercado Pago's ``ts`` counts: ``s`` (both official SDKs read seconds) or ``ms`` (one
    of the two examples of its documentation). ``webhook_delay`` is the pause in seconds before the first delivery.
    ``seed`` makes ids repeatable. ``options`` are those of the counterparts, by their code.
    """

    data_path: Path
    mp_access_token: str
    mp_webhook_secret: str
    mp_collector_id: int
    stripe_secret_key: str
    stripe_webhook_secret: str
    stripe_webhook_url: str
    site_url: str = "http://127.0.0.1:8000"
    mp_site: str = "MLA"
    allow_http_back_urls: bool = False
    mp_ipn: bool = True
    mp_signature_unit: str = "s"
    retry_scale: float = 0.001
    webhook_delay: float = 0.5
    stripe_livemode: bool = False
    seed: str | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def mp_currency(self) -> str:
        """Return the ISO currency of the Mercado Pago site."""
        return SITE_CURRENCY[self.mp_site]

    def may_deliver_to(self, url: str) -> bool:
        """Return whether a webhook may be sent to ``url``: this machine or the shop's own host only."""
        host = (urlsplit(url).hostname or "").lower()
        return is_loopback(host) or host == (urlsplit(self.site_url).hostname or "").lower()

    @classmethod
    def from_settings(cls, settings: Any, *, data_path: Path | None = None) -> SandboxConfig:
        """Read the configuration from Django settings.

        Raises:
            SandboxRefused: DEBUG or SANDBOX_ENABLED is off, or a key is missing or malformed.
        """
        if not settings.DEBUG:
            raise SandboxRefused("The payment sandbox only runs with DEBUG on: it accepts invented money.")
        if not getattr(settings, "SANDBOX_ENABLED", False):
            raise SandboxRefused("The payment sandbox is switched off: set SANDBOX_ENABLED=true to use it.")
        collector = str(_required(settings, "MERCADOPAGO_COLLECTOR_ID"))
        if not collector.isdecimal():
            raise SandboxRefused("MERCADOPAGO_COLLECTOR_ID must be a number, such as 724484980.")
        site = str(getattr(settings, "MERCADOPAGO_SITE", "") or _site_of(settings)).upper()
        if site not in SITE_CURRENCY:
            raise SandboxRefused(f"MERCADOPAGO_SITE must be one of {', '.join(SITE_CURRENCY)}.")
        site_url = str(_required(settings, "SITE_URL")).rstrip("/")
        return cls(
            data_path=data_path or default_data_path(settings),
            mp_access_token=str(_required(settings, "MERCADOPAGO_ACCESS_TOKEN")),
            mp_webhook_secret=_first(settings, "MERCADOPAGO_WEBHOOK_SECRETS"),
            mp_collector_id=int(collector),
            mp_site=site,
            stripe_secret_key=str(_required(settings, "STRIPE_SECRET_KEY")),
            stripe_webhook_secret=_first(settings, "STRIPE_WEBHOOK_SECRETS"),
            stripe_webhook_url=f"{site_url}/payments/webhook/stripe/",
            stripe_livemode=bool(getattr(settings, "STRIPE_LIVEMODE", False)),
            site_url=site_url,
            allow_http_back_urls=True,
            mp_signature_unit=getattr(settings, "SANDBOX_MP_SIGNATURE_UNIT", "s"),
            options={code: joined.configure(settings) for code, joined in counterparts.found().items()},
        )


def _site_of(settings: Any) -> str:
    """Return the site whose accounts are paid in the shop's currency: a seller has an account in their own country."""
    currency = getattr(settings, "SHOP_CURRENCY", "ARS")
    return next((site for site, coin in SITE_CURRENCY.items() if coin == currency), "MLA")


def is_loopback(host: str) -> bool:
    """Return whether ``host`` names this machine."""
    return host in LOOPBACK_NAMES or host.endswith(".localhost")


def default_data_path(settings: Any) -> Path:
    """Return where the sandbox keeps its state when nobody says otherwise."""
    folder = getattr(settings, "DATA_DIR", None) or Path(settings.BASE_DIR) / ".data"
    return Path(folder) / "sandbox.sqlite3"


def _required(settings: Any, name: str) -> Any:
    value = getattr(settings, name, None)
    if value in (None, "", []):
        raise SandboxRefused(f"The payment sandbox needs {name}: set it in .env.")
    return value


def _first(settings: Any, name: str) -> str:
    values: Sequence[str] | str = _required(settings, name)
    return values if isinstance(values, str) else str(values[0])
