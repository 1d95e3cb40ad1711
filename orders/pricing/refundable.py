"""What may go back of a purchase, by line and unit: what was paid for it with its share of every adjustment.

The shares are those of the purchase as it was paid. They are not computed again over what the buyer keeps, so the same
units bring the same money in whatever order and in however many parts they come back, and all of them together exactly
what was paid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.pricing.totals import Adjustment, PricedLine, Share, Totals, price
from shop.core.money import ZERO


class TooManyUnits(ValueError):
    """More units of a line would go back than are left (`left`). Trying again does not help."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} units may still go back")
        self.left = left


@dataclass(frozen=True, slots=True)
class RefundableLine:
    """What was paid for each unit of a line, in the order in which units go back."""

    units: tuple[Share, ...]

    @property
    def paid(self) -> Decimal:
        return sum((unit.amount for unit in self.units), ZERO)

    def next(self, units: int, *, gone: int = 0, gone_amount: Decimal | None = None) -> Share:
        """Return what goes back for `units` more, after `gone` units for which `gone_amount` went back.

        `gone_amount` None: as this function would have said. Where something else went back for them (a refund in
        between failed), the difference is made up, so that the line's last unit closes it at exactly what was paid.

        Raises:
            TooManyUnits: fewer are left.
        """
        if units < 0 or gone + units > len(self.units):
            raise TooManyUnits(max(len(self.units) - gone, 0))
        before, after = self._first(gone), self._first(gone + units)
        taken = before.amount if gone_amount is None else gone_amount
        return Share(max(after.amount - taken, ZERO) if units else ZERO, after.tax - before.tax)

    def _first(self, count: int) -> Share:
        counted = self.units[:count]
        return Share(sum((unit.amount for unit in counted), ZERO), sum((unit.tax for unit in counted), ZERO))


@dataclass(frozen=True, slots=True)
class Refundable:
    """What may go back: the lines by their keys, and what belongs to no line (shipping, charges of the order)."""

    lines: Mapping[str, RefundableLine]
    charges: Decimal

    @property
    def total(self) -> Decimal:
        return sum((line.paid for line in self.lines.values()), self.charges)


def refundable(lines: Sequence[PricedLine], adjustments: Iterable[Adjustment], currency: str) -> Refundable:
    """Return what was paid for each unit of a purchase; the sum of all is the purchase's total.

    Raises:
        InvalidAdjustment: see `orders.pricing.totals.price`.
    """
    return refundable_of(price(lines, adjustments, currency))


def refundable_of(totals: Totals) -> Refundable:
    """Return what may go back of a purchase whose sums are known."""
    return Refundable(
        lines={line.line.key: RefundableLine(line.units) for line in totals.lines},
        charges=totals.shipping + totals.order_charges,
    )
