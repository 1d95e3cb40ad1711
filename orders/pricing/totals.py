"""What a purchase costs: lines and adjustments in, sums out, down to what was paid for each unit.

An adjustment is everything that changes the price of the lines: shipping, a tax, a discount, a fee. It belongs to a
line (or to one unit of it), to the shipping, or to the order as a charge of its own. A deduction for the whole order is
spread over its lines (`orders.pricing.discounts`), so that each unit carries its share and a return needs no second
computation. Amounts are in one currency, major units.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shop.core.allocation import spread
from shop.core.money import ZERO

# The kind of the shipping's own adjustment, which people see even where it is free.
SHIPPING = "shipping"


class Target(StrEnum):
    """What an adjustment belongs to."""

    LINE = "line"
    SHIPPING = "shipping"
    ORDER = "order"


class InvalidAdjustment(ValueError):
    """An adjustment that would make a price below zero, or that belongs to nothing. Trying again never helps."""

    def __init__(self, adjustment: "Adjustment", reason: str) -> None:
        super().__init__(f"{adjustment.kind} of {adjustment.amount}: {reason}")
        self.adjustment = adjustment


@dataclass(frozen=True, slots=True)
class PricedLine:
    """So many units at one price. `key` names the line among the others of its purchase."""

    key: str
    quantity: int
    unit_price: Decimal

    @property
    def total(self) -> Decimal:
        """What the units cost before any adjustment."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """One change of the price. `amount` is what it adds to the total, below zero for a deduction.

    `tax` is how much tax the adjustment says is paid: a tax that is added has `amount` = `tax`, one that the prices
    contain already has `amount` 0. `source` names what it comes from (`rate:<key>`), `label` is what people read.
    `line` is a line's key, `unit` one of its units counted from 1 (0: the whole line).
    """

    kind: str
    source: str
    label: str
    amount: Decimal
    target: Target
    line: str = ""
    unit: int = 0
    tax: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what was paid, and the tax in it as far as adjustments record it."""

    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class LineTotals:
    """One line with its adjustments. `units` is what is paid for each unit; their sum is what the line is paid."""

    line: PricedLine
    adjustments: tuple[Adjustment, ...]
    units: tuple[Share, ...]

    @property
    def paid(self) -> Decimal:
        """What the line costs with its adjustments."""
        return sum((unit.amount for unit in self.units), ZERO)

    @property
    def adjusted(self) -> Decimal:
        """What its adjustments add; below zero for a deduction."""
        return self.paid - self.line.total


@dataclass(frozen=True, slots=True)
class Charge:
    """Adjustments of one kind and source as people see them: one row with its sum."""

    kind: str
    label: str
    amount: Decimal
    target: Target

    @property
    def is_shipping(self) -> bool:
        return self.kind == SHIPPING


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a purchase: `total` = `subtotal` + `shipping` + `adjusted`, to the minor unit.

    `subtotal` is of the lines before adjustments, `shipping` of the adjustments of the shipping, `adjusted` of all
    others; `order_charges` is the part of these that belongs to no line.
    """

    currency: str
    lines: tuple[LineTotals, ...]
    adjustments: tuple[Adjustment, ...]
    subtotal: Decimal
    shipping: Decimal
    order_charges: Decimal

    @property
    def adjusted(self) -> Decimal:
        return sum((line.adjusted for line in self.lines), ZERO) + self.order_charges

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.adjusted + self.shipping

    @property
    def tax(self) -> Decimal:
        """The tax that adjustments record, whether added or contained in the prices."""
        return sum((adjustment.tax for adjustment in self.adjustments), ZERO)

    @property
    def charges(self) -> list[Charge]:
        return charges(self.adjustments)


def price(lines: Sequence[PricedLine], adjustments: Iterable[Adjustment], currency: str) -> Totals:
    """Return the sums of a purchase.

    Adjustments of a line are spread over its units in the order given, each by what the units cost after those before
    it; one of a single unit changes that unit.

    Raises:
        InvalidAdjustment: one that takes a unit, the shipping or a charge of the order below zero, or names no line.
    """
    given = tuple(adjustments)
    of_line: dict[str, list[Adjustment]] = {line.key: [] for line in lines}
    for adjustment in given:
        if adjustment.target == Target.LINE:
            if adjustment.line not in of_line:
                raise InvalidAdjustment(adjustment, f"there is no line {adjustment.line!r}")
            of_line[adjustment.line].append(adjustment)
    return Totals(
        currency=currency,
        lines=tuple(_line(line, of_line[line.key], currency) for line in lines),
        adjustments=given,
        subtotal=sum((line.total for line in lines), ZERO),
        shipping=_shipping(given),
        order_charges=_order_charges(given),
    )


def charges(adjustments: Iterable[Adjustment]) -> list[Charge]:
    """Return the rows that people see: one for each kind and source, in the order of the first adjustment of each.

    What changes nothing is left out, except the shipping, which may be free.
    """
    found: dict[tuple[str, str, str], Charge] = {}
    for one in adjustments:
        key = (one.kind, one.source, one.label)
        before = found[key].amount if key in found else ZERO
        found[key] = Charge(one.kind, one.label, before + one.amount, one.target)
    return [charge for charge in found.values() if charge.amount or charge.is_shipping]


def _line(line: PricedLine, adjustments: Sequence[Adjustment], currency: str) -> LineTotals:
    amounts = [line.unit_price] * line.quantity
    taxes = [ZERO] * line.quantity
    for one in adjustments:
        if one.unit:
            if not 0 < one.unit <= line.quantity:
                raise InvalidAdjustment(one, f"there is no unit {one.unit} of {line.quantity}")
            amounts[one.unit - 1] += one.amount
            taxes[one.unit - 1] += one.tax
        else:
            weights = list(amounts)
            amounts = _plus(amounts, spread(one.amount, weights, currency))
            taxes = _plus(taxes, spread(one.tax, weights, currency))
        if min(amounts) < 0:
            raise InvalidAdjustment(one, f"a unit of line {line.key!r} would cost less than nothing")
    units = tuple(Share(amount, tax) for amount, tax in zip(amounts, taxes, strict=True))
    return LineTotals(line, tuple(adjustments), units)


def _plus(one: Sequence[Decimal], other: Sequence[Decimal]) -> list[Decimal]:
    return [mine + yours for mine, yours in zip(one, other, strict=True)]


def _shipping(adjustments: Iterable[Adjustment]) -> Decimal:
    added = ZERO
    for one in adjustments:
        if one.target == Target.SHIPPING:
            added += one.amount
            if added < 0:
                raise InvalidAdjustment(one, "the shipping would cost less than nothing")
    return added


def _order_charges(adjustments: Iterable[Adjustment]) -> Decimal:
    added = ZERO
    for one in adjustments:
        if one.target == Target.ORDER:
            if one.amount < 0:
                raise InvalidAdjustment(one, "a deduction of the whole order is spread over its lines")
            added += one.amount
    return added
