"""Amounts in templates: `{{ variant.price|money }}` writes `$ 84.900`."""

from decimal import Decimal

from django import template

from shop.core import money as core_money

register = template.Library()


@register.filter
def money(value: Decimal | int | str | None, currency: str | None = None) -> str:
    """Write an amount for people, in the shop's currency or in the one given; nothing for None."""
    if value is None or value == "":
        return ""
    return core_money.display(value, currency or None)


@register.filter
def unbroken(text: str) -> str:
    """Keep the words of a text on one line: an amount within a sentence is never parted from its symbol."""
    return str(text).replace(" ", "\N{NO-BREAK SPACE}")
