"""What a country forbids of an offer of instalments, and what the staff should know of it, in sentences."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Final

from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from shop.core.countries.base import Credit
from shop.core.installments.rates import NoRate, monthly_rate
from shop.core.installments.schedule import MIN_DAYS, MONTHS, DuePolicy, financed_total, parts

# Large enough that rounding to cents changes no rate. Small sums may come out a little dearer: `is_above_cap`.
_ANY_PRICE: Final = Decimal("100000000.00")
_ANY_CURRENCY: Final = "USD"
_YEAR: Final = 365


@dataclass(frozen=True)
class OfferProblem:
    """One thing that is wrong with an offer. `is_forbidden` False: it may be made, but the staff should know."""

    words: StrOrPromise
    is_forbidden: bool


def offer_problems(
    credit: Credit,
    factor: Decimal,
    count: int,
    policy: DuePolicy = DuePolicy.MONTHLY,
    *,
    min_days: int = MIN_DAYS,
) -> list[OfferProblem]:
    """Return what a country has against `count` instalments at an annual `factor`, the forbidden first.

    Raises:
        ValueError: the factor is below zero or the count is not one of 1 to 60.
    """
    try:
        monthly = offer_rate(factor, count, policy, min_days=min_days)
    except NoRate:
        return [OfferProblem(_no_rate_words(), is_forbidden=True)]
    found = []
    if credit.max_monthly_rate is not None and is_above_cap(credit, monthly):
        found.append(OfferProblem(_above_cap_words(monthly, credit.max_monthly_rate), is_forbidden=True))
    if monthly and not credit.is_method_confirmed:
        found.append(OfferProblem(_unconfirmed_words(credit.rate_name), is_forbidden=False))
    return found


def offer_rate(
    factor: Decimal, count: int, policy: DuePolicy = DuePolicy.MONTHLY, *, min_days: int = MIN_DAYS
) -> Decimal:
    """Return what an offer costs a month, whatever the price; on a fixed day, with the shortest first month.

    Raises:
        NoRate: all of it is paid at the sale, or it costs more than can be computed.
    """
    total = financed_total(_ANY_PRICE, factor, count, _ANY_CURRENCY)
    firsts = {DuePolicy.AT_SALE: Decimal(0), DuePolicy.FIXED_DAY: Decimal(min_days * MONTHS) / _YEAR}
    first = firsts.get(DuePolicy(policy), Decimal(1))
    months = [first + number for number in range(count)]
    return monthly_rate(_ANY_PRICE, parts(total, count, _ANY_CURRENCY), months)


def is_above_cap(credit: Credit, monthly: Decimal) -> bool:
    """Return whether instalments at an effective `monthly` rate (a fraction) may not be offered in the country."""
    return credit.max_monthly_rate is not None and monthly > credit.max_monthly_rate


def _above_cap(monthly: Decimal, cap: Decimal) -> str:
    return gettext(
        "They cost %(rate)s %% a month. The law of the country allows a shop that is no bank %(cap)s %% at most."
    ) % {"rate": number_format(_rounded_up(monthly), 2), "cap": number_format(cap * 100, 2)}


def _unconfirmed(name: str) -> str:
    return gettext(
        "How the country computes the %(name)s is not confirmed here: it is shown by months of one twelfth of a year."
        " Ask your lawyer."
    ) % {"name": name}


def _rounded_up(monthly: Decimal) -> Decimal:
    """Return it in per cent, so that what is above the cap is read as more than the cap."""
    return (monthly * 100).quantize(Decimal("0.01"), ROUND_UP)


_above_cap_words = lazy(_above_cap, str)
_unconfirmed_words = lazy(_unconfirmed, str)


def _no_rate_words() -> StrOrPromise:
    return _(
        "With interest, the first at the sale pays the whole price or more: there is nothing to finance."
    )
