"""By which right a unit may come back, until when, who pays the way back, and which fee may be kept. Pure.

The law first (`shop.core.countries`): within its days a buyer withdraws without a fee; faulty goods may come back as
long as the legal guarantee lasts, at the shop's cost. Only what comes back by neither right follows the shop's own
terms (`ReturnPolicy`). All days are counted from delivery, the day of delivery not included.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from orders.models import Payer, ReturnLine, ReturnPolicy
from shop.core.countries.base import Country
from shop.core.countries.business_days import is_business_day

Basis = ReturnLine.Basis
_NO_FEE: Final = Decimal("0.00")


class Refusal(StrEnum):
    """Why a unit may not come back."""

    FINAL_SALE = "final_sale"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class LineTerms:
    """The terms of units that would come back; of those that may not, `refusal` says why, and `until` when it ended."""

    basis: ReturnLine.Basis
    payer: Payer
    until: date | None
    fee_rate: Decimal = _NO_FEE
    label_fee: Decimal = _NO_FEE
    refusal: Refusal | None = None

    @property
    def is_allowed(self) -> bool:
        return self.refusal is None


def terms(
    *,
    is_fault: bool,
    delivered_on: date | None,
    today: date,
    policy: ReturnPolicy,
    country: Country,
) -> LineTerms:
    """Return by which right units come back; `delivered_on` None: they have not arrived, so no days have begun."""
    if is_fault:
        return _faulty(delivered_on, today, policy, country)
    last = withdrawal_until(country, policy, delivered_on)
    if country.withdrawal and not _is_exempt(country, policy) and (last is None or today <= last):
        is_shop = country.withdrawal.seller_pays_return or policy.way_back_paid_by == Payer.SHOP
        return LineTerms(Basis.WITHDRAWAL, Payer.SHOP if is_shop else Payer.BUYER, last)
    until = delivered_on + timedelta(days=policy.days) if delivered_on else None
    own = LineTerms(
        Basis.VOLUNTARY,
        Payer(policy.way_back_paid_by),
        until,
        policy.fee_rate,
        policy.label_fee if policy.way_back_paid_by == Payer.BUYER else _NO_FEE,
    )
    if policy.is_final_sale:
        return _refused(own, Refusal.FINAL_SALE, last)
    return own if until is None or today <= until else _refused(own, Refusal.TOO_LATE, until)


def _faulty(delivered_on: date | None, today: date, policy: ReturnPolicy, country: Country) -> LineTerms:
    days = max(country.returns.faulty_days, policy.days)
    until = delivered_on + timedelta(days=days) if delivered_on else None
    found = LineTerms(Basis.FAULTY, Payer.SHOP, until)
    return found if until is None or today <= until else _refused(found, Refusal.TOO_LATE, until)


def _refused(terms: LineTerms, why: Refusal, until: date | None) -> LineTerms:
    return LineTerms(terms.basis, terms.payer, until, terms.fee_rate, terms.label_fee, why)


def _is_exempt(country: Country, policy: ReturnPolicy) -> bool:
    return policy.is_personal_use and country.returns.exempts_personal_use


def withdrawal_until(country: Country, policy: ReturnPolicy, delivered_on: date | None) -> date | None:
    """Return the last day of withdrawal; None: there is no such right, or its days have not begun."""
    rule = country.withdrawal
    if rule is None or delivered_on is None or _is_exempt(country, policy):
        return None
    if not rule.are_business_days:
        return delivered_on + timedelta(days=rule.days)
    day, counted = delivered_on, 0
    while counted < rule.days:
        day += timedelta(days=1)
        counted += is_business_day(day, country.code)
    return day


def payer_of(lines: list[LineTerms]) -> Payer:
    """Return who pays the way back of a parcel: the shop, as soon as it pays for a part of it."""
    return Payer.SHOP if any(line.payer == Payer.SHOP for line in lines) else Payer.BUYER


def brings_freight_back(basis: str, country: Country) -> bool:
    """Say whether the outbound shipping comes back when all of an order comes back by this right."""
    return basis == Basis.FAULTY or (basis == Basis.WITHDRAWAL and country.returns.freight_comes_back)
