"""Rates in templates: `{{ rate.percent|percent }}` writes `32,25 %`, `{{ offer.factor|fraction }}` of 0.19 `19 %`."""

from decimal import Decimal

from django import template

from shop.core.user_input import numerals

register = template.Library()


@register.filter
def percent(value: Decimal) -> str:
    """Write a number that is in per cent, with the decimals that it has, in the reader's language."""
    decimals = max(0, -int(Decimal(value).as_tuple().exponent))
    return f"{numerals.write(value, decimals=decimals)}\N{NO-BREAK SPACE}%"


@register.filter
def fraction(value: Decimal) -> str:
    """Write a fraction in per cent, without trailing zeros."""
    shown = Decimal(value) * 100
    exact = max(0, -int(shown.normalize().as_tuple().exponent))
    return f"{numerals.write(shown, decimals=exact)}\N{NO-BREAK SPACE}%"
