"""Lateness: business days, grace, simple interest on principal within the country's caps."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.countries import COUNTRIES, get
from shop.core.countries.business_days import is_business_day, next_business_day
from shop.core.installments.late import LatePolicy, late_charge, late_from, open_principal

FIVE = LatePolicy(Decimal("0.05"), Decimal("0.10"))
BRAZIL = LatePolicy(Decimal("0.01"), Decimal("0.02"))
FIRST = date(2026, 1, 16)


@pytest.mark.parametrize(
    ("day", "country", "expected"),
    [
        ("2026-01-12", "AR", "2026-01-12"),  # A Monday.
        ("2026-01-10", "AR", "2026-01-12"),  # A Saturday.
        ("2025-12-25", "AR", "2025-12-26"),
        ("2026-05-01", "AR", "2026-05-04"),  # A holiday before a weekend.
        ("2026-09-18", "CL", "2026-09-21"),
        ("2026-07-09", "AR", "2026-07-13"),  # Friday is a bridge.
        ("2026-07-09", "UY", "2026-07-09"),
    ],
)
def test_the_next_business_day(day, country, expected):
    assert next_business_day(date.fromisoformat(day), country) == date.fromisoformat(expected)


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_every_country_has_its_holidays(code):
    assert not is_business_day(date(2026, 1, 1), code)
    assert not is_business_day(date(2026, 5, 1), code)
    assert sum(is_business_day(date(2026, 1, 1) + timedelta(day), code) for day in range(365)) < 260


def test_overdue_is_after_the_next_business_day_and_three_days_of_grace():
    assert late_from(date(2026, 1, 12), get("AR")) == FIRST
    assert late_from(date(2026, 1, 10), get("AR")) == FIRST
    assert late_from(date(2026, 1, 12), get("AR"), grace_days=0) == date(2026, 1, 13)


def test_nothing_is_charged_by_default():
    assert late_charge(Decimal("28.00"), FIRST, date(2027, 1, 1), LatePolicy(), "ARS") == 0


@pytest.mark.parametrize(
    ("day", "charge"),
    [("2026-01-15", "0"), ("2026-01-16", "0.57"), ("2026-02-14", "0.84"), ("2026-04-15", "1.40")],
)
def test_interest_is_simple_by_the_day_from_the_first_late_day(day, charge):
    """28.00 at 1 % a month and a fine of 2 %."""
    assert late_charge(Decimal("28.00"), FIRST, date.fromisoformat(day), BRAZIL, "BRL") == Decimal(charge)


@pytest.mark.parametrize(
    ("country", "plan_monthly", "allowed"),
    [
        ("BR", "0.0100", "0.01 0.02"),
        ("AR", "0.02", "0.03 0"),
        ("AR", "0", "0 0"),
        ("MX", "0.02", "0.03 0"),
        ("CL", "0.02", "0 0"),
        ("PE", "0.02", "0 0"),
        ("CO", "0.02", "0 0"),
        ("UY", "0.02", "0 0"),
    ],
)
def test_no_more_than_the_country_allows(country, plan_monthly, allowed):
    found = FIVE.within(get(country).credit, Decimal(plan_monthly))
    assert [found.monthly_rate, found.fine] == [Decimal(word) for word in allowed.split()]


def test_less_than_the_cap_stays_and_less_than_nothing_is_refused():
    little = LatePolicy(Decimal("0.001"))
    assert little.within(get("BR").credit, Decimal(0)) == little
    with pytest.raises(ValueError, match="late interest"):
        LatePolicy(Decimal("-0.01"))


def test_interest_never_bears_interest():
    assert open_principal(Decimal("30.10"), Decimal("2.10")) == Decimal("28.00")
    assert open_principal(Decimal("2.00"), Decimal("2.10")) == 0
    assert (
        late_charge(open_principal(Decimal("2.00"), Decimal("2.10")), FIRST, date(2026, 3, 1), BRAZIL, "BRL")
        == 0
    )


@given(st.integers(0, 10**7), st.integers(0, 400), st.integers(0, 400))
def test_a_later_day_never_costs_less(cents, sooner, more):
    principal = Decimal(cents) / 100
    first, second = (
        late_charge(principal, FIRST, FIRST + timedelta(days), BRAZIL, "BRL")
        for days in (sooner, sooner + more)
    )
    assert 0 <= first <= second
