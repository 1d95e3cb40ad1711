"""Fees that are kept of what was paid for units: by a rate, and for a label of the shop. Pure.

A rate is rounded over all units of a line that have gone back so far, so that the same units cost the same fee in
however many parts and in whatever order they come back.
"""

from collections.abc import Sequence
from decimal import Decimal

from shop.core.money import ZERO, quantize


def share_kept(owed: Decimal, *, before: Decimal, rate: Decimal, currency: str) -> Decimal:
    """Return the fee of `rate` (a fraction) for units that were paid with `owed`, after `before` for earlier ones."""
    if not rate:
        return ZERO
    return min(quantize((before + owed) * rate, currency) - quantize(before * rate, currency), owed)


def spread(fee: Decimal, amounts: Sequence[Decimal]) -> list[Decimal]:
    """Return how much of a fixed fee is taken from each amount, the first ones first; never more than there is."""
    taken = []
    for amount in amounts:
        taken.append(min(fee, amount))
        fee -= taken[-1]
    return taken
