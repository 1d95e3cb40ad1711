"""Prices in the addresses of lists: read as people write them, written in one way.

Programs and the shop's own links write `1234.5`. The form of a list sends what somebody typed: `50.000`, `$ 1.234,50`.
Both are read by the reader of every form of the shop (`shop/core/user_input`).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.core.exceptions import ValidationError

from shop.core.user_input.fields import MoneyField

# Of what cannot be read as much is shown again: more than any number has.
_SHOWN: Final = 100
_PLAIN: Final = 13
_FIELD: Final = MoneyField(required=False, min_value=Decimal(0))


@dataclass(frozen=True, slots=True)
class Unread:
    """What was typed where a price is wanted and is none, and the sentence that says why."""

    text: str
    refusal: str


def read(text: str) -> Decimal | Unread | None:
    """Return the price in major units that a text is, in the active language; None for nothing."""
    if not text or (text.isascii() and text.isdigit() and len(text) < _PLAIN):
        return Decimal(text) if text else None  # As links have it.
    try:
        found: Decimal | None = _FIELD.clean(text.strip())
    except ValidationError as error:
        return Unread(text[:_SHOWN], " ".join(error.messages))
    return found


def in_address(price: Decimal) -> str:
    """Return a price as addresses have it, without needless zeros: `read` gives the same in every language."""
    return f"{price.normalize():f}"
