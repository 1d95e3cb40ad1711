"""The options of Andreani's counterpart."""

from __future__ import annotations

from dataclasses import dataclass

from shop.sandbox.config import SandboxConfig
from shop.sandbox.store import JsonDict

CODE = "andreani"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The account that the shop was given. An order is decided so many seconds after it was taken."""

    user: str = "sandbox_user"
    password: str = "sandbox_password"  # noqa: S105 -- the public one of .env.example
    client: str = "CL0000001"
    contract_delivery: str = "400001111"
    contract_branch: str = "400002222"
    decides_after: float = 5.0


def of(config: SandboxConfig) -> Options:
    """Return the options of a running sandbox."""
    return Options(**config.options.get(CODE, {}))


def from_settings(settings: object) -> JsonDict:
    """Read the options from the shop's settings; what is not set there is the public value."""
    names = {
        "user": "ANDREANI_USER",
        "password": "ANDREANI_PASSWORD",
        "client": "ANDREANI_CLIENT",
        "contract_delivery": "ANDREANI_CONTRACT_DELIVERY",
        "contract_branch": "ANDREANI_CONTRACT_BRANCH",
    }
    return {key: value for key, name in names.items() if (value := str(getattr(settings, name, "") or ""))}
