"""The options of Conekta's counterpart."""

from __future__ import annotations

from dataclasses import dataclass

from shop.sandbox.config import SandboxConfig
from shop.sandbox.store import JsonDict

CODE = "conekta"
DEVELOPMENT_TOKEN = "key_sandbox0123456789"  # noqa: S105 -- the public one of .env.example


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The private key that the shop was given, the mode, and where notifications go (set in Conekta's panel)."""

    access_token: str = DEVELOPMENT_TOKEN
    webhook_url: str = ""
    livemode: bool = False


def of(config: SandboxConfig) -> Options:
    """Return the options of a running sandbox; the webhook goes to the shop unless they say otherwise."""
    given: JsonDict = {"webhook_url": f"{config.site_url}/payments/webhook/{CODE}/"}
    return Options(**{**given, **config.options.get(CODE, {})})


def from_settings(settings: object) -> JsonDict:
    """Read the options from the shop's settings; without a key of its own, the public one is accepted."""
    token = str(getattr(settings, "CONEKTA_ACCESS_TOKEN", "") or DEVELOPMENT_TOKEN)
    return {"access_token": token, "livemode": bool(getattr(settings, "CONEKTA_LIVEMODE", False))}
