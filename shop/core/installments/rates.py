"""What instalments cost: the monthly rate of their cash flows, and the number that each country's law asks for.

Money is `Decimal`; the root is found in floats, which are as exact as fifteen digits, and rates leave as `Decimal`
fractions with twelve decimals (0.023567…). The simple factor of an offer is never a rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final

from shop.core.countries.base import Credit, RateMethod
from shop.core.installments.schedule import MONTHS, times_in_months

_DECIMALS: Final = Decimal("1e-12")
_NO_RATE: Final = _DECIMALS * 0
_SMALL_STEP: Final = 1e-8  # Each step squares the error: what is left after it is below 1e-14.
_MAX_MONTHLY: Final = 10.0  # A thousand per cent a month.
_YEAR: Final = 365
_MONTH_OF_BANKS: Final = 30
_HUNDRED: Final = Decimal(100)


class NoRate(ValueError):
    """These flows have no rate: less is paid back than was financed, or as much was paid before a day had passed."""


@dataclass(frozen=True, slots=True)
class LegalRate:
    """What instalments cost by the law of a country. `name` is the law's: CFTEA, CAT, CET, CAE, TCEA, TEA.

    `percent` is the number to print, with the country's decimals. `annual` is the same as a fraction, not rounded.
    `monthly` is the effective monthly rate of the flows; `tna` the nominal annual rate on the unpaid balance, `tea` the
    effective one. All of them are exactly zero without interest.
    """

    name: str
    percent: Decimal
    annual: Decimal
    monthly: Decimal
    tna: Decimal
    tea: Decimal
    method: RateMethod
    is_method_confirmed: bool
    rounding: str

    @property
    def monthly_percent(self) -> Decimal:
        """The effective monthly rate in per cent, two decimals."""
        return _percent(self.monthly, 2, self.rounding)

    @property
    def tna_percent(self) -> Decimal:
        """The nominal annual rate in per cent, two decimals."""
        return _percent(self.tna, 2, self.rounding)

    @property
    def tea_percent(self) -> Decimal:
        """The effective annual rate in per cent, two decimals."""
        return _percent(self.tea, 2, self.rounding)


def legal_rate(
    principal: Decimal,
    amounts: Sequence[Decimal],
    *,
    sale_date: date,
    due_dates: Sequence[date],
    credit: Credit,
    interest_tax: Decimal | None = None,
) -> LegalRate:
    """Return what `amounts` at their due dates cost whoever would have paid `principal` at the sale.

    `interest_tax` (0.21): compute it as if the tax that the interest contains were not paid (CAT without IVA).

    Raises:
        NoRate: the flows have none.
    """
    dates = tuple(due_dates)
    if sum(amounts) == principal:
        monthly = tna = tea = annual = 0.0
    else:
        base, times, flows = (
            float(principal),
            _months(sale_date, dates),
            [float(amount) for amount in amounts],
        )
        if interest_tax:
            flows = _without_tax(base, flows, times, float(interest_tax))
        monthly = _root(base, flows, times)
        daily = None
        if credit.method is RateMethod.ACT365:
            daily = _root(base, flows, _months_by_days(sale_date, dates))
        tna, tea, annual = _annual(monthly, daily, credit.method)
    exact = _fraction(annual)
    return LegalRate(
        name=credit.rate_name,
        percent=_percent(exact, credit.decimals, credit.rounding),
        annual=exact,
        monthly=_fraction(monthly),
        tna=_fraction(tna),
        tea=exact if tea == annual else _fraction(tea),
        method=credit.method,
        is_method_confirmed=credit.is_method_confirmed,
        rounding=credit.rounding,
    )


def monthly_rate(principal: Decimal, amounts: Sequence[Decimal], months: Sequence[Decimal | int]) -> Decimal:
    """Return the internal rate of return by the month: principal = Σ amount / (1 + rate) ^ months.

    Exactly zero when the amounts sum up to the principal.

    Raises:
        NoRate: the flows have none between 0 and 1000 % a month.
    """
    if sum(amounts) == principal:
        return _NO_RATE
    return _fraction(
        _root(float(principal), [float(amount) for amount in amounts], [float(month) for month in months])
    )


@lru_cache(maxsize=1024)
def _months(sale_date: date, dates: tuple[date, ...]) -> tuple[float, ...]:
    return tuple(float(month) for month in times_in_months(sale_date, dates))


@lru_cache(maxsize=1024)
def _months_by_days(sale_date: date, dates: tuple[date, ...]) -> tuple[float, ...]:
    """Return the times by their days, in months of 365 / 12 days."""
    return tuple((due - sale_date).days * MONTHS / _YEAR for due in dates)


def _annual(monthly: float, daily: float | None, method: RateMethod) -> tuple[float, float, float]:
    """Return the nominal, the effective and the legal annual rate.

    `daily` is the rate of the flows at their days, for a month of 365 / 12 days.
    """
    nominal, effective = MONTHS * monthly, (1 + monthly) ** MONTHS - 1
    if method is RateMethod.DAYS365_30:
        nominal = monthly * _YEAR / _MONTH_OF_BANKS
        effective = (1 + monthly) ** (_YEAR / _MONTH_OF_BANKS) - 1
    if daily is not None:
        effective = (1 + daily) ** MONTHS - 1
    return nominal, effective, nominal if method is RateMethod.NOMINAL12 else effective


def _without_tax(principal: float, flows: list[float], times: Sequence[float], tax: float) -> list[float]:
    """Return the flows less the tax that their interest contains, the interest being spread over the months."""
    if not times[-1]:
        return flows
    monthly = (sum(flows) - principal) * tax / (1 + tax) / times[-1]
    return [flows[0] - monthly * times[0], *[flow - monthly for flow in flows[1:]]]


def _root(principal: float, flows: list[float], times: Sequence[float]) -> float:
    """Find the rate at which the flows are worth the principal, by Newton's steps from zero.

    The value falls with the rate and is convex, so each step stays on the near side of the root and none overshoots.
    """
    pairs = list(zip(flows, times, strict=True))
    weight = sum(flow * time for flow, time in pairs)
    # The first step needs no powers.
    rate = (sum(flows) - principal) / weight if weight else -1.0
    while 0 <= rate <= _MAX_MONTHLY:
        base = 1 / (1 + rate)
        value = slope = 0.0
        for flow, time in pairs:
            worth = flow * base**time
            value += worth
            slope += worth * time
        change = (value - principal) / (slope * base)
        rate += change
        if abs(change) < _SMALL_STEP:
            return max(rate, 0.0)
    raise NoRate(f"no rate: {principal} against {flows} after {times} months")


def _fraction(value: float) -> Decimal:
    return Decimal(value).quantize(_DECIMALS, ROUND_HALF_EVEN) + 0


def _percent(fraction: Decimal, decimals: int, rounding: str) -> Decimal:
    return (fraction * _HUNDRED).quantize(Decimal(1).scaleb(-decimals), rounding) + 0
