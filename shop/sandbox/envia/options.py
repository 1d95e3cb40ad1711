"""The options of Envia.com's counterpart."""

from __future__ import annotations

from dataclasses import dataclass

from shop.sandbox.config import SandboxConfig
from shop.sandbox.store import JsonDict

CODE = "envia"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The account that the shop was given, and where notifications go."""

    token: str = "sandbox_envia_token_0123456789"  # noqa: S105 -- the public one of .env.example
    secret: str = "sandbox_envia_secret_0123456789"  # noqa: S105
    webhook_url: str = ""
    balance: str = "250000.00"


def of(config: SandboxConfig) -> Options:
    """Return the options of a running sandbox; the webhook goes to the shop unless they say otherwise."""
    given: JsonDict = {"webhook_url": f"{config.site_url}/shipping/webhook/{CODE}/"}
    return Options(**{**given, **config.options.get(CODE, {})})


def from_settings(settings: object) -> JsonDict:
    """Read the options from the shop's settings; what is not set there is the public value."""
    found: JsonDict = {}
    if token := str(getattr(settings, "ENVIA_TOKEN", "") or ""):
        found["token"] = token
    if secrets := list(getattr(settings, "ENVIA_WEBHOOK_SECRETS", []) or []):
        found["secret"] = str(secrets[0])
    return found
