"""Envia.com's settings. What nobody could confirm is one of them: docs/carriers/envia.md#unverified."""

import re
from collections.abc import Iterator

from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings, weak_webhook_secrets

CREDENTIALS = ("ENVIA_TOKEN",)


def read(env: Env, *, is_asked: bool, sandbox_url: str) -> dict[str, object]:
    """Return the settings by name."""
    base = f"{sandbox_url}/envia" if sandbox_url else ""
    return {
        "ENVIA_TOKEN": env.secret("ENVIA_TOKEN", development="sandbox_envia_token_0123456789")
        if is_asked
        else "",
        "ENVIA_CARRIERS": env.words("ENVIA_CARRIERS", default=["sandboxExpress"] if sandbox_url else []),
        "ENVIA_INSURES": env.flag("ENVIA_INSURES", default=False),
        "ENVIA_STATE_CODES": env.words("ENVIA_STATE_CODES", default=[]),
        "ENVIA_LABEL_HOSTS": env.words(
            "ENVIA_LABEL_HOSTS", default=["envia.com", "s3.us-east-2.amazonaws.com"]
        ),
        # Without a secret every notification is refused, and tracking is asked for by a job.
        "ENVIA_WEBHOOK_SECRETS": env.words(
            "ENVIA_WEBHOOK_SECRETS", default=["sandbox_envia_secret_0123456789"] if sandbox_url else []
        ),
        "ENVIA_WEBHOOK_SIGNED": env.choice(
            "ENVIA_WEBHOOK_SIGNED",
            choices=("timestamp.event.body", "timestamp.body", "body"),
            default="timestamp.event.body",
        ),
        "ENVIA_API_BASE": env.url("ENVIA_API_BASE", default=base),
        "ENVIA_QUERIES_API_BASE": env.url("ENVIA_QUERIES_API_BASE", default=base),
        "ENVIA_GEOCODES_API_BASE": env.url("ENVIA_GEOCODES_API_BASE", default=base),
    }


def problems(values: Settings, *, is_asked: bool) -> Iterator[Problem]:
    """Yield an account that names no carrier, malformed codes of states, and weak secrets."""
    if is_asked and "envia" in values["SHIPPING_CARRIERS"] and not values["ENVIA_CARRIERS"]:
        yield "ENVIA_CARRIERS", "is not set: Envia is asked for one carrier after another."
    for pair in values["ENVIA_STATE_CODES"]:
        if not re.fullmatch(r"[A-Z]{2}-[^=]+=[A-Za-z0-9]+", pair):
            yield "ENVIA_STATE_CODES", f"must hold pairs such as MX-CX=CMX, not {pair!r}."
    if not values["DEBUG"] and values["ENVIA_WEBHOOK_SECRETS"]:
        yield from weak_webhook_secrets(values, "ENVIA_WEBHOOK_SECRETS")
