"""Andreani's settings. What nobody could confirm is one of them: docs/carriers/andreani.md#unverified."""

from collections.abc import Iterator

from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings

CREDENTIALS = ("ANDREANI_USER", "ANDREANI_PASSWORD", "ANDREANI_CLIENT")


def read(env: Env, *, is_asked: bool, sandbox_url: str) -> dict[str, object]:
    """Return the settings by name."""
    return {
        "ANDREANI_USER": env.secret("ANDREANI_USER", development="sandbox_user") if is_asked else "",
        "ANDREANI_PASSWORD": env.secret("ANDREANI_PASSWORD", development="sandbox_password")
        if is_asked
        else "",
        "ANDREANI_CLIENT": env.secret("ANDREANI_CLIENT", development="CL0000001") if is_asked else "",
        "ANDREANI_CONTRACT_DELIVERY": env.text(
            "ANDREANI_CONTRACT_DELIVERY", default="400001111" if sandbox_url else ""
        ),
        "ANDREANI_CONTRACT_BRANCH": env.text(
            "ANDREANI_CONTRACT_BRANCH", default="400002222" if sandbox_url else ""
        ),
        "ANDREANI_ORIGIN_BRANCH": env.text("ANDREANI_ORIGIN_BRANCH", default=""),
        "ANDREANI_BRANCH_FIELD": env.choice("ANDREANI_BRANCH_FIELD", choices=("id", "codigo"), default="id"),
        "ANDREANI_PRICES": env.choice(
            "ANDREANI_PRICES", choices=("with_tax", "without_tax"), default="with_tax"
        ),
        "ANDREANI_TRACKING_URL": env.text(
            "ANDREANI_TRACKING_URL", default="https://www.andreani.com/envio/{number}"
        ),
        "ANDREANI_API_BASE": env.url(
            "ANDREANI_API_BASE", default=f"{sandbox_url}/andreani" if sandbox_url else ""
        ),
    }


def problems(values: Settings, *, is_asked: bool) -> Iterator[Problem]:
    """Yield a carrier that is asked without any contract: it has no price then."""
    contracts = values["ANDREANI_CONTRACT_DELIVERY"] or values["ANDREANI_CONTRACT_BRANCH"]
    if is_asked and "andreani" in values["SHIPPING_CARRIERS"] and not contracts:
        yield (
            "ANDREANI_CONTRACT_DELIVERY",
            "is not set, nor ANDREANI_CONTRACT_BRANCH: prices are by contract.",
        )
    address = values["ANDREANI_TRACKING_URL"]
    if address and (not address.startswith("https://") or "{number}" not in address):
        yield "ANDREANI_TRACKING_URL", "must begin with https:// and hold {number}."
