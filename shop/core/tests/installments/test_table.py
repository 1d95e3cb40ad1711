"""The amortisation table: sums, the equal spread, the actuarial balance."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings

from shop.core.installments.quotation import Installments
from shop.core.installments.schedule import DuePolicy
from shop.core.installments.table import table
from shop.core.money import minor_digits

from .plans import EXAMPLES, plan, plans


def test_six_of_30_10():
    rows = table(plan("168.00", 6, "0.15"))
    assert {(row.principal, row.interest) for row in rows} == {(Decimal("28.00"), Decimal("2.10"))}
    assert [str(row.actuarial_balance) for row in rows] == [
        "141.44",
        "114.32",
        "86.63",
        "58.35",
        "29.48",
        "0.00",
    ]
    assert [str(row.actuarial_interest) for row in rows] == ["3.54", "2.98", "2.41", "1.82", "1.23", "0.62"]
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.start_date for row in rows[1:]] == [row.due_date for row in rows[:-1]]


def test_remainder_units_are_on_the_first():
    rows = table(plan("100.00", 3, "0.19"))
    assert [str(row.principal) for row in rows] == ["33.34", "33.33", "33.33"]
    assert [str(row.interest) for row in rows] == ["1.58", "1.59", "1.58"]


def test_what_is_paid_at_the_sale_bears_no_interest():
    first, *rest = table(plan("168.00", 3, "0.19", policy=DuePolicy.AT_SALE))
    assert (first.principal, first.interest, first.actuarial_interest) == (Decimal("58.66"), 0, 0)
    assert [str(row.interest) for row in rest] == ["3.99", "3.99"]
    assert [str(row.principal) for row in rest] == ["54.67", "54.67"]


def test_a_long_first_month_takes_no_more_interest_than_its_instalment():
    shown = plan("14.38", 24, "1.5", sale_date=date(2024, 1, 1), policy=DuePolicy.FIXED_DAY, day=12)
    first, *rest = table(shown)
    assert (first.principal, first.interest) == (0, Decimal("2.40"))
    assert sum(row.interest for row in rest) == shown.interest - Decimal("2.40")


@settings(max_examples=EXAMPLES, deadline=None)
@given(plans())
def test_columns_add_up_and_nothing_is_below_zero(shown: Installments):
    rows = table(shown)
    assert sum(row.principal for row in rows) == shown.cash_price
    assert sum(row.amount for row in rows) == shown.total
    assert sum(row.interest for row in rows) == sum(row.actuarial_interest for row in rows) == shown.interest
    assert rows[-1].actuarial_balance == 0
    assert min(min(row.principal, row.interest, row.actuarial_interest) for row in rows) >= 0
    digits = minor_digits(shown.currency)
    for row in rows:
        assert row.amount == row.principal + row.interest
        assert row.principal == round(row.principal, digits)
        assert row.actuarial_balance == round(row.actuarial_balance, digits)
