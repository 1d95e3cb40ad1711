"""The name of a variant and its place in its product, made from its values in the order of their options."""

from collections.abc import Sequence
from typing import Final

from catalog.models import OptionValue

# The column has room for three values of three digits each.
_COUNTED: Final = 3


def name_of(values: Sequence[OptionValue]) -> str:
    """Return the name of the variant of these values: `Oliva / M`."""
    return " / ".join(value.name for value in values)[:120]


def sort_order_of(values: Sequence[OptionValue]) -> int:
    """Return the place of the variant in its product: sorted by the first value, then by the second, then the third."""
    place = 0
    for value in values[:_COUNTED]:
        place = place * 1000 + min(value.sort_order, 999)
    return place
