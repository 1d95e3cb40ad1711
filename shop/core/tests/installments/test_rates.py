"""What instalments cost, by each country's law. The numbers were computed apart from this code, by bisection."""

import dataclasses
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings

from shop.core.countries import COUNTRIES, RateMethod, get
from shop.core.installments.quotation import Installments
from shop.core.installments.rates import NoRate, legal_rate, monthly_rate
from shop.core.installments.schedule import DuePolicy, due_dates, times_in_months

from .plans import EXAMPLES, SALE, by, plan, plans

MONTHS12, DAYS365_30, ACT365, NOMINAL12 = RateMethod


def bisection(principal: Decimal, amounts: Sequence[Decimal], months: Sequence[Decimal]) -> float:
    """Find the monthly rate in another way than the code does."""
    low, high = 0.0, 10.0 if sum(amounts) > principal else 0.0
    while high - low > 1e-13:
        rate = (low + high) / 2
        worth = sum(
            float(amount) / (1 + rate) ** float(month) for amount, month in zip(amounts, months, strict=True)
        )
        low, high = (rate, high) if worth > principal else (low, rate)
    return low


@pytest.mark.parametrize(
    ("base", "count", "factor", "currency", "monthly", "tna", "months12", "days365_30", "act365"),
    [
        ("168.00", 3, "0.19", "ARS", "2.3567", "28.28", "32.25", "32.76", "32.15"),
        ("168.00", 6, "0.15", "ARS", "2.1063", "25.28", "28.42", "28.87", "28.61"),
        ("168.00", 12, "0.12", "ARS", "1.7881", "21.46", "23.70", "24.06", "23.78"),
        ("100.00", 3, "0.19", "ARS", "2.3568", "28.28", "32.25", "32.77", "32.16"),
        ("99990", 3, "0.19", "CLP", "2.3569", "28.28", "32.25", "32.77", "32.16"),
        ("168.00", 3, "0", "ARS", "0", "0.00", "0.00", "0.00", "0.00"),
    ],
)
def test_one_plan_has_a_number_for_each_method(
    base, count, factor, currency, monthly, tna, months12, days365_30, act365
):
    numbers = {
        method: plan(base, count, factor, currency=currency, credit=by(method)).rate for method in RateMethod
    }
    assert round(numbers[MONTHS12].monthly * 100, 4) == Decimal(monthly)
    assert str(numbers[MONTHS12].tna_percent) == tna
    assert str(numbers[MONTHS12].percent) == months12
    assert str(numbers[DAYS365_30].percent) == days365_30
    assert str(numbers[ACT365].percent) == act365
    assert str(numbers[NOMINAL12].percent) == tna


@pytest.mark.parametrize(
    ("country", "name", "percent", "net_percent"),
    [
        ("AR", "CFTEA", "32.25", None),
        ("MX", "CAT", "32.2", "27.3"),
        ("BR", "CET", "32.15", None),
        ("CL", "CAE", "32.25", None),
        ("PE", "TCEA", "32.25", None),
        ("CO", "TEA", "32.25", None),
        ("UY", "TEA", "32.25", None),
    ],
)
def test_one_plan_reads_otherwise_in_each_country(country, name, percent, net_percent):
    shown = plan("168.00", 3, "0.19", credit=get(country).credit)
    assert (shown.rate.name, str(shown.rate.percent)) == (name, percent)
    assert (str(shown.net_rate.percent) if shown.net_rate else None) == net_percent
    assert str(shown.rate.monthly_percent) == "2.36"


def test_the_first_at_the_sale_makes_it_much_dearer():
    shown = plan("168.00", 3, "0.19", policy=DuePolicy.AT_SALE)
    assert str(shown.rate.monthly_percent) == "4.83"
    assert round(shown.rate.percent, 1) == Decimal("76.1")


def test_without_the_tax_that_interest_contains_it_costs_less():
    shown = plan("168.00", 3, "0.19")
    net = legal_rate(
        shown.cash_price,
        shown.amounts,
        sale_date=SALE,
        due_dates=shown.due_dates,
        credit=get("AR").credit,
        interest_tax=get("AR").credit.interest_tax,
    )
    assert (str(net.tna_percent), str(net.tea_percent)) == ("23.40", "26.08")


def test_the_central_bank_of_brazils_own_example():
    """940.00 in five instalments of 205.73: 3.08 % a month, 43.93 % a year. It counts equal months."""
    amounts = [Decimal("205.73")] * 5
    rate = legal_rate(
        Decimal("940.00"),
        amounts,
        sale_date=SALE,
        due_dates=due_dates(DuePolicy.MONTHLY, SALE, 5),
        credit=dataclasses.replace(get("BR").credit, method=MONTHS12),
    )
    assert (str(rate.monthly_percent), str(rate.percent)) == ("3.08", "43.93")


def test_the_example_of_the_interface():
    shown = plan("168.00", 3, "0.19")
    assert shown.total == Decimal("175.98")
    assert shown.interest == Decimal("7.98")
    assert shown.amounts == (Decimal("58.66"),) * 3
    assert shown.due_dates == (date(2025, 12, 12), date(2026, 1, 12), date(2026, 2, 12))
    assert (shown.count, shown.amount, shown.is_even) == (3, Decimal("58.66"), True)


@pytest.mark.parametrize("country", sorted(COUNTRIES))
@pytest.mark.parametrize("policy", DuePolicy)
def test_without_interest_every_number_is_zero_and_has_no_sign(country, policy):
    rate = plan("100.00", 7, "0", credit=get(country).credit, policy=policy, day=5).rate
    for number in (rate.percent, rate.annual, rate.monthly, rate.tna, rate.tea, rate.monthly_percent):
        assert number == 0
        assert not number.is_signed()


def test_brazil_rounds_a_tie_to_the_even_digit():
    assert (
        str(dataclasses.replace(plan("9", 2, "0.1").rate, monthly=Decimal("0.01005")).monthly_percent)
        == "1.01"
    )
    brazil = plan("9", 2, "0.1", credit=get("BR").credit).rate
    assert str(dataclasses.replace(brazil, monthly=Decimal("0.01005")).monthly_percent) == "1.00"


@pytest.mark.parametrize(
    ("principal", "amounts", "months"),
    [
        ("100", "50 60", "0 0"),  # All of it at the sale.
        ("100", "110 10", "0 1"),  # More than the price at the sale, and then more.
        ("100", "50 49", "1 2"),  # Less than the price.
        ("100", "110 0", "0 1"),
        ("1", "0 1000", "1 2"),  # Above a thousand per cent a month.
    ],
)
def test_flows_without_a_rate_are_refused(principal, amounts, months):
    numbers = [Decimal(amount) for amount in amounts.split()]
    with pytest.raises(NoRate):
        monthly_rate(Decimal(principal), numbers, [int(month) for month in months.split()])


def test_instalments_cannot_be_shown_without_their_rate():
    shown = plan("168.00", 3, "0.19")
    with pytest.raises(TypeError):
        dataclasses.replace(shown, rate=None)
    with pytest.raises(ValueError, match="due dates"):
        dataclasses.replace(shown, due_dates=shown.due_dates[:2])


def test_interest_free_is_what_costs_no_more_than_the_cheapest_way_to_pay():
    shown = plan("168.00", 3, "0")
    assert shown.is_interest_free(Decimal("168.00"))
    assert not shown.is_interest_free(Decimal("142.80")), "15 % off by transfer"
    assert not plan("168.00", 3, "0.19").is_interest_free(Decimal("168.00"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(plans())
def test_the_flows_are_worth_the_cash_price_at_their_rate(shown: Installments):
    months = times_in_months(shown.sale_date, shown.due_dates)
    assert abs(float(shown.rate.monthly) - bisection(shown.cash_price, shown.amounts, months)) < 1e-10
    assert (shown.rate.percent == 0) or shown.interest > 0
    assert shown.total == sum(shown.amounts) == shown.cash_price + shown.interest
