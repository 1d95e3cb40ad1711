"""The rules of law and custom for a shop, by country, as data with source and date."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.conf import settings

from shop.core.countries import ar, br, cl, co, mx, pe, uy
from shop.core.countries.base import (
    Country,
    Credit,
    Document,
    RateMethod,
    Retention,
    SalesTax,
    TaxCondition,
    Withdrawal,
)

__all__ = [
    "COUNTRIES",
    "Country",
    "Credit",
    "Document",
    "RateMethod",
    "Retention",
    "SalesTax",
    "TaxCondition",
    "Withdrawal",
    "current",
    "get",
    "shop_country",
]

COUNTRIES: Final[Mapping[str, Country]] = MappingProxyType(
    {module.COUNTRY.code: module.COUNTRY for module in (ar, br, cl, co, mx, pe, uy)}
)


def get(code: str) -> Country:
    """Return a country's rules by its ISO 3166-1 code.

    Raises:
        KeyError: there are no rules of that country.
    """
    return COUNTRIES[code]


def current() -> Country:
    """Return the rules of the shop's own country (`SHOP_COUNTRY`)."""
    return COUNTRIES[settings.SHOP_COUNTRY]


def shop_country() -> str:
    """Return the code of the shop's own country; the default of models that store one."""
    return str(settings.SHOP_COUNTRY)
