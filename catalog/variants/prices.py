"""Prices that the law requires beside the selling price."""

from decimal import Decimal

from shop.core import countries
from shop.core.money import quantize


def without_national_taxes(price: Decimal, country: str | None = None) -> Decimal | None:
    """Return the price less the tax that it contains, in the shop's currency; None where no law requires it.

    `country` defaults to the shop's.
    """
    tax = (countries.get(country) if country else countries.current()).sales_tax
    return quantize(price / (1 + tax.rate)) if tax and tax.shows_net_price else None
