"""Early settlement: what is paid today for instalments that are due later, and what interest is waived.

The interest of an instalment is owed by the day while its month runs, and not at all before its month begins. That is
never more than the actuarial balance, which consumer law compares with, and at the sale it is the cash price. What is
due or overdue loses nothing. Late interest is apart (`late`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, Self

from shop.core.allocation import from_minor, unit_digits
from shop.core.installments.quotation import Installments
from shop.core.installments.schedule import period_starts, times_in_months

_ZERO: Final = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan agreed. `due_dates` are the original ones: moving one changes when it is late, not its interest.

    `monthly` is the plan's own monthly rate, a fraction.
    """

    sale_date: date
    due_dates: tuple[date, ...]
    monthly: Decimal
    currency: str

    @classmethod
    def of(cls, shown: Installments) -> Self:
        """Return the terms of instalments as they were shown."""
        return cls(shown.sale_date, shown.due_dates, shown.rate.monthly, shown.currency)

    def months(self, day: date) -> Decimal:
        """Return the months from the sale to a day; within a month by its days.

        Raises:
            ValueError: the day lies before the sale.
        """
        if day < self.sale_date:
            raise ValueError(f"{day} lies before the sale on {self.sale_date}")
        times = times_in_months(self.sale_date, self.due_dates)
        begun = Decimal(0)
        for start, due, time in zip(
            period_starts(self.sale_date, self.due_dates), self.due_dates, times, strict=True
        ):
            if day < due:
                return begun + (time - begun) * Decimal((day - start).days) / (due - start).days
            begun = time
        return begun

    def elapsed(self, number: int, day: date) -> Fraction:
        """Return how much of the month of an instalment (1, 2, …) has run by its days: 0 before it, 1 after it."""
        start, due = period_starts(self.sale_date, self.due_dates)[number - 1], self.due_dates[number - 1]
        if day >= due:
            return Fraction(1)
        return max(Fraction(0), Fraction((day - start).days, (due - start).days))


@dataclass(frozen=True, slots=True)
class Position:
    """An instalment as it stands: `amount` and the `interest` in it by the table, and what is `open` of the amount.

    `reduced`: what returns took from it. `waived`: interest that was waived before. What was paid counts as principal
    first, so that a part payment never makes a later payoff dearer.
    """

    number: int
    amount: Decimal
    interest: Decimal
    open: Decimal
    reduced: Decimal = _ZERO
    waived: Decimal = _ZERO

    def __post_init__(self) -> None:
        if not 0 <= self.open <= self.amount - self.reduced - self.waived:
            raise ValueError(f"instalment {self.number}: {self.open} open of {self.amount}")


@dataclass(frozen=True, slots=True)
class PayoffLine:
    """What is paid for one instalment and what is waived of it; together all that was open."""

    number: int
    paid: Decimal
    waived: Decimal


@dataclass(frozen=True, slots=True)
class Payoff:
    """What early settlement costs. `actuarial_balance`: what the instalments paid are worth at the plan's rate."""

    lines: tuple[PayoffLine, ...]
    total: Decimal
    waived: Decimal
    actuarial_balance: Decimal


def payoff(
    positions: Sequence[Position], day: date, terms: Terms, *, numbers: Collection[int] | None = None
) -> Payoff:
    """Return what is paid on `day` to settle open instalments, and what is waived of each.

    `positions`: every instalment that is open; paid ones do no harm. `numbers`: those to be paid (1, 2, …), by default
    all of them. When all that is left of a plan is settled, the total is at most the actuarial balance, whatever the
    rounding. Instalments of which others were settled early are computed by themselves: paying them one after another
    never costs less than all at once.

    Raises:
        ValueError: the day lies before the sale.
    """
    opened = [one for one in positions if one.open]
    chosen = [one for one in opened if numbers is None or one.number in numbers]
    digits = _digits(chosen, terms.currency)
    waived = {one.number: _waived(one, terms.elapsed(one.number, day), digits) for one in chosen}
    worth = actuarial_balance(chosen, day, terms)
    if len(chosen) == len(opened) and _as_agreed(chosen, day, terms):
        _cap(chosen, waived, worth, day, terms)
    lines = tuple(PayoffLine(one.number, one.open - waived[one.number], waived[one.number]) for one in chosen)
    return Payoff(
        lines,
        total=sum((line.paid for line in lines), _ZERO),
        waived=sum((line.waived for line in lines), _ZERO),
        actuarial_balance=worth,
    )


def actuarial_balance(positions: Sequence[Position], day: date, terms: Terms) -> Decimal:
    """Return what open instalments are worth on a day at the plan's rate, rounded; overdue ones are worth themselves.

    Raises:
        ValueError: the day lies before the sale.
    """
    now = terms.months(day)
    times = times_in_months(terms.sale_date, terms.due_dates)
    worth = sum(
        (one.open / (1 + terms.monthly) ** max(Decimal(0), times[one.number - 1] - now) for one in positions),
        _ZERO,
    )
    return _rounded(worth, _digits(positions, terms.currency), ROUND_HALF_UP)


def kept_interest(position: Position) -> Decimal:
    """Return the interest in what returns left of an instalment: it falls as the amount did. Not rounded."""
    if not position.amount:
        return _ZERO
    return position.interest * (position.amount - position.reduced) / position.amount


def _waived(position: Position, elapsed: Fraction, digits: int) -> Decimal:
    """Return the interest that is not owed yet, as far as it is open."""
    if elapsed >= 1:
        return _ZERO
    kept = _rounded(kept_interest(position), digits, ROUND_HALF_UP)
    owed = _rounded(kept * elapsed.numerator / elapsed.denominator, digits, ROUND_DOWN)
    return min(max(kept - owed - position.waived, _ZERO), position.open)


def _as_agreed(positions: Sequence[Position], day: date, terms: Terms) -> bool:
    """Return whether no instalment was settled before its time: all from the running month to the last open are open.

    Whoever paid the middle ones early has had more waived than their worth; the worth of what is left would then be
    less than the plan's balance.
    """
    later = sorted(one.number for one in positions if terms.due_dates[one.number - 1] > day)
    running = 1 + sum(due <= day for due in terms.due_dates)
    return later == list(range(running, running + len(later)))


def _cap(
    positions: Sequence[Position], waived: dict[int, Decimal], worth: Decimal, day: date, terms: Terms
) -> None:
    """Waive what the payoff is above the actuarial balance, on the first instalments that are not due."""
    above = sum((one.open - waived[one.number] for one in positions), _ZERO) - worth
    for one in sorted(positions, key=lambda one: one.number):
        if above > 0 and terms.due_dates[one.number - 1] > day:
            more = min(above, one.open - waived[one.number])
            waived[one.number] += more
            above -= more


def _digits(positions: Sequence[Position], currency: str) -> int:
    return max((unit_digits(one.amount, currency) for one in positions), default=2)


def _rounded(value: Decimal, digits: int, rounding: str) -> Decimal:
    return from_minor(int(value.scaleb(digits).to_integral_value(rounding)), digits)
