"""What is paid, in how many parts and when. Amounts are `Decimal` of one currency; days have no hours."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from shop.core.allocation import equal_parts, from_minor, unit_digits

MONTHS: Final = 12  # Of a year.
MAX_COUNT: Final = 60
# The first of instalments on a fixed day of the month falls at least so many days after the sale.
MIN_DAYS: Final = 15
_DAYS_OF_A_YEAR: Final = 365


class DuePolicy(TextChoices):
    """When instalments fall due: from the sale date on, month by month."""

    MONTHLY = "monthly", _("Every month, the first one month after the sale")
    AT_SALE = "at_sale", _("Every month, the first at the sale")
    FIXED_DAY = "fixed_day", _("On a fixed day of the month")


def financed_total(base: Decimal, factor: Decimal, count: int, currency: str) -> Decimal:
    """Return base × (1 + factor × count / 12), rounded half up, once, to the currency's unit.

    `factor` is the simple annual factor on the whole base (0.19), not a rate of interest. A base with more decimals
    than its currency has keeps them, so that a factor of zero changes nothing.

    Raises:
        ValueError: the base is zero or less, the factor is below zero, or the count is not one of 1 to 60.
    """
    if base <= 0 or factor < 0 or not 1 <= count <= MAX_COUNT:
        raise ValueError(f"{base} cannot be financed in {count} at {factor}")
    digits = unit_digits(base, currency)
    total = base * (MONTHS + factor * count) / MONTHS
    return from_minor(int(total.scaleb(digits).to_integral_value(ROUND_HALF_UP)), digits)


def parts(total: Decimal, count: int, currency: str) -> tuple[Decimal, ...]:
    """Return the amounts of the instalments: equal, the units that are left over one by one on the first of them.

    Raises:
        ValueError: there is no part.
    """
    return tuple(equal_parts(total, count, currency))


@lru_cache(maxsize=1024)
def due_dates(
    policy: DuePolicy, sale_date: date, count: int, *, day: int | None = None, min_days: int = MIN_DAYS
) -> tuple[date, ...]:
    """Return the due dates of `count` instalments.

    Each is counted from the sale date (or from the fixed `day` of the month), never from the one before it; a month
    that is too short gives its last day: 31 January, 28 February, 31 March.

    Raises:
        ValueError: the count is not one of 1 to 60, or the policy is a fixed day and `day` is not one of 1 to 31 or
            `min_days` is below zero.
    """
    policy = DuePolicy(policy)  # A column gives its value.
    if not 1 <= count <= MAX_COUNT:
        raise ValueError(f"{count} instalments")
    if policy is not DuePolicy.FIXED_DAY:
        first = 0 if policy is DuePolicy.AT_SALE else 1
        return tuple(add_months(sale_date, first + number) for number in range(count))
    if day is None or not 1 <= day <= 31 or min_days < 0:
        raise ValueError(f"day {day} of the month, {min_days} days after the sale")
    earliest = sale_date + timedelta(days=min_days)
    first_date = _on_day(earliest, 0, day)
    skipped = 0 if first_date >= earliest else 1
    return tuple(_on_day(earliest, skipped + number, day) for number in range(count))


def add_months(start: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month where it has fewer days."""
    return _on_day(start, months, start.day)


def months_to(sale_date: date, day: date) -> Decimal:
    """Return the months from the sale to a day: whole ones, and the days that are left as parts of 365 / 12.

    Raises:
        ValueError: the day lies before the sale.
    """
    if day < sale_date:
        raise ValueError(f"{day} lies before {sale_date}")
    whole = (day.year - sale_date.year) * MONTHS + day.month - sale_date.month
    if add_months(sale_date, whole) > day:
        whole -= 1
    left = (day - add_months(sale_date, whole)).days
    return whole + Decimal(left * MONTHS) / _DAYS_OF_A_YEAR


@lru_cache(maxsize=1024)
def times_in_months(sale_date: date, dates: tuple[date, ...]) -> tuple[Decimal, ...]:
    """Return when instalments fall due, in months after the sale: the first by `months_to`, then one more for each."""
    first = months_to(sale_date, dates[0])
    return tuple(first + number for number in range(len(dates)))


def period_starts(sale_date: date, dates: Sequence[date]) -> tuple[date, ...]:
    """Return the day on which the month of each instalment begins: the due date before it, or the sale."""
    return (sale_date, *dates[:-1])


def _on_day(start: date, months: int, day: int) -> date:
    year, month = divmod(start.year * MONTHS + start.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))
