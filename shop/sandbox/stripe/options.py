"""The options of Stripe's counterpart."""

from __future__ import annotations

from dataclasses import dataclass

from shop.sandbox.config import SandboxConfig, first, required
from shop.sandbox.store import JsonDict

CODE = "stripe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The shop's keys, its mode, and where notifications go (set in Stripe's dashboard)."""

    secret_key: str
    webhook_secret: str
    webhook_url: str
    livemode: bool = False


def of(config: SandboxConfig) -> Options:
    """Return the options of a running sandbox; the webhook goes to the shop unless they say otherwise."""
    return Options(**{"webhook_url": f"{config.site_url}/payments/webhook/{CODE}/", **config.options[CODE]})


def from_settings(settings: object) -> JsonDict:
    """Read the options from the shop's settings.

    Raises:
        SandboxRefused: one is missing.
    """
    return {
        "secret_key": str(required(settings, "STRIPE_SECRET_KEY")),
        "webhook_secret": first(settings, "STRIPE_WEBHOOK_SECRETS"),
        "livemode": bool(getattr(settings, "STRIPE_LIVEMODE", False)),
    }
