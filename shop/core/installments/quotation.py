"""Instalments as people see them: number, amounts, due dates, total and rate in one value that cannot lack its rate."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from shop.core.allocation import from_minor, unit_digits
from shop.core.countries.base import Credit
from shop.core.installments import schedule
from shop.core.installments.rates import LegalRate, legal_rate
from shop.core.installments.schedule import MIN_DAYS, DuePolicy


@dataclass(frozen=True, slots=True)
class Installments:
    """The shop's own instalments for one price. All that shows instalments takes this value.

    `cash_price` is what is financed, in `currency`. `amounts` and `due_dates` belong together, in the order in which
    they are paid. `net_rate` is the rate without the tax that the interest contains, where a country has it shown
    (Mexico's CAT sin IVA).
    """

    cash_price: Decimal
    currency: str
    sale_date: date
    amounts: tuple[Decimal, ...]
    due_dates: tuple[date, ...]
    rate: LegalRate
    net_rate: LegalRate | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.rate, LegalRate):
            raise TypeError("instalments are never shown without their rate")
        if not self.amounts or len(self.amounts) != len(self.due_dates):
            raise ValueError(f"{len(self.amounts)} amounts for {len(self.due_dates)} due dates")

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.amounts)

    @property
    def amount(self) -> Decimal:
        """The amount of the first, which is the largest: what "3 × …" may say without promising too little."""
        return self.amounts[0]

    @property
    def is_even(self) -> bool:
        """Whether all amounts are the same."""
        return self.amounts[0] == self.amounts[-1]

    @property
    def total(self) -> Decimal:
        """The sum of all amounts."""
        return sum(self.amounts, Decimal("0.00"))

    @property
    def interest(self) -> Decimal:
        """What is paid above the cash price."""
        return self.total - self.cash_price

    def is_interest_free(self, cheapest: Decimal) -> bool:
        """Return whether they may be called interest-free: `cheapest` is the price by the cheapest way to pay now.

        A discount for a transfer makes it false (Argentina, Res. 51-E/2017 and 240-E/2017).
        """
        return self.total <= cheapest


@lru_cache(maxsize=2048)
def quote(
    base: Decimal,
    *,
    factor: Decimal,
    count: int,
    currency: str,
    credit: Credit,
    sale_date: date,
    policy: DuePolicy = DuePolicy.MONTHLY,
    day: int | None = None,
    min_days: int = MIN_DAYS,
) -> Installments:
    """Return what `base`, the cash price in `currency`, costs in `count` instalments by the rules of a country.

    The answer depends on the arguments alone and is remembered: a page of cards asks for the same prices many times.

    Raises:
        ValueError: as `schedule.financed_total` and `schedule.due_dates`.
        NoRate: the first instalment, at the sale, pays the whole cash price, and more is owed.
    """
    total = schedule.financed_total(base, factor, count, currency)
    amounts = schedule.parts(total, count, currency)
    dates = schedule.due_dates(policy, sale_date, count, day=day, min_days=min_days)
    rate = legal_rate(base, amounts, sale_date=sale_date, due_dates=dates, credit=credit)
    net_rate = None
    if credit.shows_net_rate:
        net_rate = legal_rate(
            base,
            amounts,
            sale_date=sale_date,
            due_dates=dates,
            credit=credit,
            interest_tax=credit.interest_tax,
        )
    digits = unit_digits(base, currency)
    cash_price = from_minor(int(base.scaleb(digits)), digits)
    return Installments(cash_price, currency, sale_date, amounts, dates, rate, net_rate)
