"""Warn the staff of prices before at which a variant was never sold."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

_MOST_NAMED = 5


def words(skus: list[str]) -> str:
    """Return the warning for variants without a selling history at their price before; "" for none."""
    if not skus:
        return ""
    named = ", ".join(skus[:_MOST_NAMED]) + (" …" if len(skus) > _MOST_NAMED else "")
    sentence = ngettext(
        "The price before of %(skus)s was never asked while it was on sale. Buyers may take it for a false discount.",
        "The prices before of %(number)d variants were never asked while they were on sale (%(skus)s). Buyers may "
        "take them for false discounts.",
        len(skus),
    )
    return sentence % {"number": len(skus), "skus": named}


def warn(request: HttpRequest, skus: list[str]) -> None:
    """Show the warning above the next page; the price is saved all the same."""
    if skus:
        messages.warning(request, words(skus))
