"""The fee of an exchange: kept of what goes back to the buyer because the new units cost less than the old ones. Pure.

A return's fee is kept of what is paid back. What is exchanged for as much value pays none; of the rest the buyer gets
money as by a return, so it pays the same rate: another product of one peso is no way around it.
"""

from collections.abc import Sequence
from decimal import Decimal

from shop.core.money import ZERO, quantize


def kept(differences: Sequence[Decimal], rates: Sequence[Decimal], *, currency: str) -> list[Decimal]:
    """Return the fee of each unit: its rate (a fraction) of its part of what goes back for all of them.

    `differences` are what each new unit costs more than the old one (below zero: less), in `currency`. Dearer units use
    up what cheaper ones bring, in proportion. All fees together are never more than what goes back.
    """
    less = [max(-one, ZERO) for one in differences]
    left = max(-sum(differences, ZERO), ZERO)
    share = left / sum(less, ZERO) if left else ZERO
    found: list[Decimal] = []
    for amount, rate in zip(less, rates, strict=True):
        fee = min(quantize(amount * share * rate, currency), amount, left) if rate and left else ZERO
        left -= fee
        found.append(fee)
    return found
