"""Goods of a plan that come back: what is still to be paid falls first, money goes back only beyond that.

The rule is to compute as if only the goods that are kept had been bought, by the same factor; count and due dates stay.
What comes back brings its share of the interest along, since lines carry it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shop.core.allocation import rounded, spread
from shop.core.installments.payoff import Position

_ZERO: Final = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class ReducedLine:
    """What a return does to one instalment: its `open` amount afterwards, how much that fell, and its waived interest.

    `waived_falls` was waived and is no longer part of the debt: it is moved from waived to reduced.
    """

    number: int
    open: Decimal
    falls: Decimal
    waived_falls: Decimal


@dataclass(frozen=True, slots=True)
class Reduction:
    """What becomes of an amount that is owed back: `falls` + `waived_falls` + `paid_back`."""

    lines: tuple[ReducedLine, ...]
    falls: Decimal
    waived_falls: Decimal
    paid_back: Decimal


def reduce(
    positions: Sequence[Position], amount: Decimal, *, currency: str, promised: Decimal = _ZERO
) -> Reduction:
    """Return what becomes of `amount`, the price with interest of goods that come back.

    `positions`: every instalment of the plan, also those that are paid. The open ones fall in proportion, and stay
    equal where they were. What exceeds them was paid or waived: the share of what comes back in the waived interest
    falls, as nobody paid it, and the rest is paid back in money. `promised`: money of earlier returns that is still to
    be paid back.

    Raises:
        ValueError: it is zero or less, or more than is left of the plan.
    """
    left = sum((one.amount - one.reduced for one in positions), _ZERO) - promised
    if not 0 < amount <= left:
        raise ValueError(f"{amount} cannot come back of {left}")
    opened = [one.open for one in positions]
    falls = min(amount, sum(opened, _ZERO))
    kept = _spread(sum(opened, _ZERO) - falls, opened, currency)
    waived = [one.waived for one in positions]
    all_waived = sum(waived, _ZERO)
    waived_falls = min(amount - falls, rounded(all_waived * amount / left, currency))
    shares = _spread(waived_falls, waived, currency)
    lines = tuple(
        ReducedLine(one.number, rest, one.open - rest, share)
        for one, rest, share in zip(positions, kept, shares, strict=True)
    )
    return Reduction(lines, falls, waived_falls, amount - falls - waived_falls)


def _spread(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Return shares in proportion, none of them above its weight."""
    return spread(amount, weights, currency) if amount else [_ZERO] * len(weights)
