"""Plans for the tests of instalments: the sale of the worked numbers, and drawn ones."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

from shop.core.countries import Credit, RateMethod, get
from shop.core.installments.quotation import Installments, quote
from shop.core.installments.rates import NoRate
from shop.core.installments.schedule import DuePolicy
from shop.core.money import minor_digits
from tests.support.soak import amount

EXAMPLES: Final = amount("plans of instalments for each property", usual=60, soak=3000)
SALE: Final = date(2025, 11, 12)
CURRENCIES: Final = ("ARS", "CLP", "COP")


def by(method: RateMethod) -> Credit:
    """Return Argentina's rules with another method."""
    return replace(get("AR").credit, method=method)


def plan(
    base: str,
    count: int,
    factor: str,
    *,
    currency: str = "ARS",
    credit: Credit | None = None,
    sale_date: date = SALE,
    policy: DuePolicy = DuePolicy.MONTHLY,
    day: int | None = None,
) -> Installments:
    """Quote instalments of one price."""
    return quote(
        Decimal(base),
        factor=Decimal(factor),
        count=count,
        currency=currency,
        credit=credit or get("AR").credit,
        sale_date=sale_date,
        policy=policy,
        day=day,
    )


@st.composite
def plans(draw: st.DrawFn) -> Installments:
    """Draw a plan: any due policy and month end, remainder units, without interest too, currencies of 0 and 2 decimals."""
    currency = draw(st.sampled_from(CURRENCIES))
    unit = Decimal(1).scaleb(-minor_digits(currency))
    base = unit * draw(st.integers(1, 500) | st.integers(501, 10**9))
    policy = draw(st.sampled_from(DuePolicy))
    try:
        return quote(
            base,
            factor=Decimal(draw(st.integers(0, 150) | st.just(0))) / 100,
            count=draw(st.integers(1, 24)),
            currency=currency,
            credit=by(draw(st.sampled_from(RateMethod))),
            sale_date=draw(st.dates(date(2024, 1, 1), date(2028, 12, 31))),
            policy=policy,
            day=draw(st.integers(1, 31)) if policy is DuePolicy.FIXED_DAY else None,
        )
    except NoRate:
        return draw(plans())
