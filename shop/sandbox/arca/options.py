"""The options of ARCA's counterpart."""

from __future__ import annotations

from dataclasses import dataclass

from shop.sandbox.config import SandboxConfig
from shop.sandbox.store import JsonDict

CODE = "arca"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The taxpayer that was registered: CUIT, certificate (PEM), condition, points of sale for web services."""

    cuit: str = ""
    certificate: str = ""
    condition: str = "RI"
    points_of_sale: tuple[int, ...] = (1,)


def of(config: SandboxConfig) -> Options:
    """Return the options of a running sandbox."""
    given: JsonDict = dict(config.options.get(CODE, {}))
    if "points_of_sale" in given:
        given["points_of_sale"] = tuple(given["points_of_sale"])
    return Options(**given)


def from_settings(settings: object) -> JsonDict:
    """Read the options from the shop's settings; without a certificate nobody can sign in."""
    return {
        "cuit": str(getattr(settings, "ARCA_CUIT", "")),
        "certificate": str(getattr(settings, "ARCA_CERTIFICATE", "")),
        "condition": str(getattr(settings, "SELLER_TAX_CONDITION", "RI")),
        "points_of_sale": [int(getattr(settings, "ARCA_POINT_OF_SALE", 1))],
    }
