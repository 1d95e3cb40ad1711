"""Goods of a plan that come back: open instalments fall first, then waived interest, and the rest is money."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.core.installments.payoff import Position, Terms, payoff
from shop.core.installments.quotation import Installments
from shop.core.installments.reduction import Reduction, reduce
from shop.core.installments.table import table

from .plans import EXAMPLES, plan, plans


def left(shown: Installments, paid: int) -> list[Position]:
    """Return all instalments of a plan of which the first `paid` are paid."""
    return [
        Position(row.number, row.amount, row.interest, Decimal(0) if row.number <= paid else row.amount)
        for row in table(shown)
    ]


def settled(shown: Installments, positions: list[Position], day: date) -> list[Position]:
    """Return them after an early settlement."""
    waived = {line.number: line.waived for line in payoff(positions, day, Terms.of(shown)).lines}
    return [
        Position(
            one.number, one.amount, one.interest, Decimal(0), one.reduced, waived.get(one.number, Decimal(0))
        )
        for one in positions
    ]


def facts(found: Reduction) -> tuple[str, str, str]:
    return str(found.falls), str(found.waived_falls), str(found.paid_back)


def test_one_unit_of_45_back_after_the_first_was_paid():
    """Base 123.00 by the same factor is 128.84; 58.66 is paid, 70.18 stays open."""
    shown = plan("168.00", 3, "0.19")
    found = reduce(left(shown, 1), shown.total - Decimal("128.84"), currency="ARS")
    assert [str(line.open) for line in found.lines] == ["0.00", "35.09", "35.09"]
    assert [str(line.falls) for line in found.lines] == ["0.00", "23.57", "23.57"]
    assert facts(found) == ("47.14", "0.00", "0.00")


def test_more_than_is_open_comes_back_as_money():
    shown = plan("168.00", 3, "0.19")
    assert facts(reduce(left(shown, 2), Decimal("100.00"), currency="ARS")) == ("58.66", "0.00", "41.34")
    assert facts(reduce(left(shown, 3), Decimal("47.14"), currency="ARS")) == ("0.00", "0.00", "47.14")


def test_all_of_it_back_is_all_that_was_paid_with_the_interest():
    shown = plan("168.00", 3, "0.19")
    assert facts(reduce(left(shown, 1), shown.total, currency="ARS")) == ("117.32", "0.00", "58.66")


def test_after_an_early_settlement_no_interest_goes_back_that_nobody_paid():
    shown = plan("168.00", 3, "0.19")
    positions = settled(shown, left(shown, 0), shown.sale_date)
    assert facts(reduce(positions, Decimal("47.14"), currency="ARS")) == ("0.00", "2.14", "45.00")
    assert facts(reduce(positions, shown.total, currency="ARS")) == ("0.00", "7.98", "168.00")


def test_open_ones_fall_before_what_was_waived():
    shown = plan("168.00", 6, "0.15")
    positions = left(shown, 0)
    ahead = settled(shown, positions[3:], shown.sale_date)
    found = reduce([*positions[:3], *ahead], Decimal("100.00"), currency="ARS")
    # 90.30 is open; of 6.30 that was waived the share of 100.00 in 180.60 falls.
    assert facts(found) == ("90.30", "3.49", "6.21")
    assert [str(line.waived_falls) for line in found.lines[3:]] == ["1.17", "1.16", "1.16"]


def test_remainder_units_stay_on_the_first():
    shown = plan("168.00", 3, "0.19")
    found = reduce(left(shown, 0), Decimal("0.02"), currency="ARS")
    assert [str(line.open) for line in found.lines] == ["58.66", "58.65", "58.65"]


def test_a_part_of_one_falls_less():
    shown = plan("100.00", 2, "0")
    first, second = left(shown, 0)
    half = Position(1, first.amount, first.interest, Decimal("25.00"))
    found = reduce([half, second], Decimal("30.00"), currency="ARS")
    assert [str(line.open) for line in found.lines] == ["15.00", "30.00"]


@pytest.mark.parametrize("amount", ["0", "-1", "175.99"])
def test_more_than_the_plan_cannot_come_back(amount):
    with pytest.raises(ValueError, match="cannot come back"):
        reduce(left(plan("168.00", 3, "0.19"), 0), Decimal(amount), currency="ARS")


@settings(max_examples=EXAMPLES, deadline=None)
@given(plans(), st.data())
def test_whatever_comes_back_in_whatever_parts_it_is_all_that_was_paid(
    shown: Installments, data: st.DataObject
):
    paid = data.draw(st.integers(0, shown.count))
    positions = left(shown, paid)
    if data.draw(st.booleans()):
        day = shown.due_dates[paid - 1] if paid else shown.sale_date
        positions = settled(shown, positions, day)
    money = sum(one.amount - one.open - one.waived for one in positions)
    back, rest = Decimal(0), shown.total
    while rest:
        part = min(rest, rest * data.draw(st.integers(1, 10)) // 10 + 1)
        found = reduce(positions, part, currency=shown.currency, promised=back)
        assert found.falls + found.waived_falls + found.paid_back == part
        assert min(found.falls, found.waived_falls, found.paid_back) >= 0
        positions = [
            Position(
                one.number,
                one.amount,
                one.interest,
                line.open,
                one.reduced + line.falls + line.waived_falls,
                one.waived - line.waived_falls,
            )
            for one, line in zip(positions, found.lines, strict=True)
        ]
        back, rest = back + found.paid_back, rest - part
    assert back == money
    assert all(one.open == one.waived == 0 for one in positions)
