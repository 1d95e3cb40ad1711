"""Instalments that are not paid in time: since when they are late, and what that may cost. By default nothing.

Late interest is simple, on the overdue principal alone (no interest on interest: Argentina, CCyCN art. 770), and no
more than the country's profile allows. A late payment is never refused, and it pays the instalment whole.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from shop.core.allocation import rounded
from shop.core.countries.base import Country, Credit
from shop.core.countries.business_days import next_business_day

_ZERO: Final = Decimal("0.00")
_DAYS_OF_A_MONTH: Final = 30


@dataclass(frozen=True, slots=True)
class LatePolicy:
    """What the shop asks for: simple interest at `monthly_rate`, and a `fine` once; both of the overdue principal."""

    monthly_rate: Decimal = Decimal(0)
    fine: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.monthly_rate < 0 or self.fine < 0:
            raise ValueError(f"late interest of {self.monthly_rate}, fine of {self.fine}")

    def within(self, credit: Credit, plan_monthly: Decimal) -> "LatePolicy":
        """Return what of it a country allows for a plan of this monthly rate. Where no cap is known: nothing."""
        cap = credit.max_late_monthly_rate
        if cap is None and credit.max_late_over_plan is not None:
            cap = credit.max_late_over_plan * plan_monthly
        return LatePolicy(min(self.monthly_rate, cap or Decimal(0)), min(self.fine, credit.max_late_fine))


def late_from(due_date: date, country: Country, *, grace_days: int | None = None) -> date:
    """Return the first day on which an unpaid instalment is overdue, and from which late interest counts.

    A due date on a weekend or holiday counts as the next business day, for this alone: what people are shown stays.
    Then come the days of grace, by default those of the country.
    """
    grace = country.credit.grace_days if grace_days is None else grace_days
    return next_business_day(due_date, country.code) + timedelta(days=grace + 1)


def late_charge(
    overdue_principal: Decimal, first_day: date, day: date, policy: LatePolicy, currency: str
) -> Decimal:
    """Return what lateness costs on a day: nothing before `first_day` (of `late_from`), which is the first that counts.

    `overdue_principal` is what is open of the instalment less its interest (`open_principal`); a month has 30 days.
    `policy` is one that `LatePolicy.within` returned. Rounded half up, once.
    """
    if day < first_day or overdue_principal <= 0:
        return _ZERO
    days = (day - first_day).days + 1
    return rounded(
        overdue_principal * (policy.fine + policy.monthly_rate * days / _DAYS_OF_A_MONTH), currency
    )


def open_principal(open_amount: Decimal, interest: Decimal) -> Decimal:
    """Return the principal in what is open of an instalment: payments count as principal first."""
    return max(_ZERO, open_amount - interest)
