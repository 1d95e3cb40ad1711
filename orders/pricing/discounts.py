"""Deductions and fees that are earned by several lines or units: each part carries its share."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.pricing.totals import Adjustment, Target, Totals
from shop.core.allocation import rounded, spread
from shop.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Part:
    """A line, or one unit of it (counted from 1), with what it costs so far."""

    line: str
    cost: Decimal
    unit: int = 0


def line_parts(totals: Totals) -> list[Part]:
    """Return every line as one part, with what it costs with the adjustments so far."""
    return [Part(line.line.key, line.paid) for line in totals.lines]


def over(
    parts: Sequence[Part], amount: Decimal, *, kind: str, source: str, label: str, currency: str
) -> list[Adjustment]:
    """Spread `amount` (below zero: a deduction) over the parts by their cost; one adjustment for each part it changes.

    No part falls below zero: of a deduction that is larger than all parts together, only so much is given.
    """
    most = -sum((part.cost for part in parts), ZERO)
    given = max(amount, most)
    if not given:
        return []
    shares = spread(given, [part.cost for part in parts], currency)
    return [
        Adjustment(
            kind=kind,
            source=source,
            label=label,
            amount=share,
            target=Target.LINE,
            line=part.line,
            unit=part.unit,
        )
        for part, share in zip(parts, shares, strict=True)
        if share
    ]


def percent_off(
    parts: Sequence[Part], percent: Decimal, *, kind: str, source: str, label: str, currency: str
) -> list[Adjustment]:
    """Deduct `percent` of what the parts cost together, rounded once, then spread."""
    amount = rounded(sum((part.cost for part in parts), ZERO) * percent / 100, currency)
    return over(parts, -amount, kind=kind, source=source, label=label, currency=currency)
