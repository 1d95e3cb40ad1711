"""What is paid and when: the total rounded once, remainder units first, due dates from the sale date."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.core.installments.country_rules import offer_rate
from shop.core.installments.schedule import (
    DuePolicy,
    add_months,
    due_dates,
    financed_total,
    months_to,
    parts,
)
from shop.core.money import minor_digits

from .plans import CURRENCIES, EXAMPLES, SALE


@pytest.mark.parametrize(
    ("base", "count", "factor", "currency", "total", "amounts"),
    [
        ("168.00", 3, "0.19", "ARS", "175.98", "58.66 58.66 58.66"),
        ("168.00", 6, "0.15", "ARS", "180.60", "30.10 " * 6),
        ("168.00", 12, "0.12", "ARS", "188.16", "15.68 " * 12),
        ("100.00", 3, "0.19", "ARS", "104.75", "34.92 34.92 34.91"),
        ("99990", 3, "0.19", "CLP", "104740", "34914 34913 34913"),
        ("99990", 3, "0.19", "COP", "104740", "34914 34913 34913"),
        ("168.00", 3, "0", "ARS", "168.00", "56.00 56.00 56.00"),
        ("123.00", 3, "0.19", "ARS", "128.84", "42.95 42.95 42.94"),
        # Rounded half up, once: 10.005 is 10.01; each part of it is not rounded again.
        ("10.00", 1, "0.006", "ARS", "10.01", "10.01"),
        ("0.01", 3, "0", "ARS", "0.01", "0.01 0 0"),
        # Pesos with centavos that nobody should have entered are kept.
        ("10.50", 2, "0", "COP", "10.50", "5.30 5.20"),
    ],
)
def test_the_total_is_rounded_once_and_the_remainder_is_on_the_first(
    base, count, factor, currency, total, amounts
):
    found = financed_total(Decimal(base), Decimal(factor), count, currency)
    assert found == Decimal(total)
    assert list(parts(found, count, currency)) == [Decimal(amount) for amount in amounts.split()]


@pytest.mark.parametrize(
    ("base", "factor", "count"), [("0", "0", 3), ("-1", "0", 3), ("1", "-0.1", 3), ("1", "0", 0)]
)
def test_what_is_no_plan_is_refused(base, factor, count):
    with pytest.raises(ValueError, match="cannot be financed"):
        financed_total(Decimal(base), Decimal(factor), count, "ARS")


def test_amounts_are_written_with_two_decimals():
    assert [str(part) for part in parts(Decimal(104740), 3, "CLP")] == ["34914.00", "34913.00", "34913.00"]


@pytest.mark.parametrize(
    ("policy", "sale", "day", "dates"),
    [
        (DuePolicy.MONTHLY, "2025-11-12", None, "2025-12-12 2026-01-12 2026-02-12"),
        (DuePolicy.MONTHLY, "2026-01-31", None, "2026-02-28 2026-03-31 2026-04-30"),
        (DuePolicy.MONTHLY, "2027-12-31", None, "2028-01-31 2028-02-29 2028-03-31"),
        (DuePolicy.AT_SALE, "2026-01-31", None, "2026-01-31 2026-02-28 2026-03-31"),
        # The first is 15 days away at least.
        (DuePolicy.FIXED_DAY, "2025-11-12", 10, "2025-12-10 2026-01-10 2026-02-10"),
        (DuePolicy.FIXED_DAY, "2025-11-12", 27, "2025-11-27 2025-12-27 2026-01-27"),
        (DuePolicy.FIXED_DAY, "2025-11-12", 26, "2025-12-26 2026-01-26 2026-02-26"),
        (DuePolicy.FIXED_DAY, "2026-01-20", 31, "2026-02-28 2026-03-31 2026-04-30"),
    ],
)
def test_due_dates_are_counted_from_the_sale_and_keep_to_the_end_of_the_month(policy, sale, day, dates):
    found = due_dates(policy, date.fromisoformat(sale), 3, day=day)
    assert " ".join(map(str, found)) == dates


@pytest.mark.parametrize("policy", DuePolicy)
def test_a_policy_may_come_from_a_column(policy):
    assert due_dates(policy.value, SALE, 3, day=5) == due_dates(policy, SALE, 3, day=5)
    assert offer_rate(Decimal("0.19"), 3, policy.value) == offer_rate(Decimal("0.19"), 3, policy)
    with pytest.raises(ValueError, match="weekly"):
        due_dates("weekly", SALE, 3)


@pytest.mark.parametrize(
    ("count", "day", "min_days"), [(0, 5, 15), (61, 5, 15), (3, None, 15), (3, 32, 15), (3, 5, -1)]
)
def test_due_dates_that_make_no_sense_are_refused(count, day, min_days):
    with pytest.raises(ValueError, match=r"\d|None"):
        due_dates(DuePolicy.FIXED_DAY, SALE, count, day=day, min_days=min_days)


def test_months_are_counted_whole_with_the_days_that_are_left():
    assert months_to(date(2026, 1, 31), date(2026, 2, 28)) == 1
    assert months_to(SALE, SALE) == 0
    assert months_to(SALE, date(2025, 12, 11)) == Decimal(29 * 12) / 365
    with pytest.raises(ValueError, match="before"):
        months_to(SALE, SALE - timedelta(1))


@settings(max_examples=EXAMPLES)
@given(
    st.integers(1, 10**9),
    st.integers(0, 200),
    st.integers(1, 24),
    st.sampled_from(CURRENCIES),
)
def test_parts_add_up_and_differ_by_a_unit_at_most(minor, hundredths, count, currency):
    unit = Decimal(1).scaleb(-minor_digits(currency))
    total = financed_total(minor * unit, Decimal(hundredths) / 100, count, currency)
    amounts = parts(total, count, currency)
    assert sum(amounts) == total >= minor * unit
    assert list(amounts) == sorted(amounts, reverse=True)
    assert amounts[0] - amounts[-1] <= unit
    assert all(amount == round(amount, minor_digits(currency)) for amount in amounts)


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from(DuePolicy),
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    st.integers(1, 24),
    st.integers(1, 31),
)
def test_each_month_has_one_due_date_whatever_came_before(policy, sale, count, day):
    found = due_dates(policy, sale, count, day=day)
    months = [one.year * 12 + one.month for one in found]
    assert months == list(range(months[0], months[0] + count))
    wanted = day if policy is DuePolicy.FIXED_DAY else sale.day
    for one in found:
        last = (add_months(one.replace(day=1), 1) - timedelta(1)).day
        assert one.day == min(wanted, last)
    if policy is DuePolicy.FIXED_DAY:
        assert found[0] - sale >= timedelta(15)
