"""Lines and adjustments give sums that are exact: by the order, by the line, by the unit. Nothing here needs a database."""

from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.pricing import discounts, taxes
from orders.pricing.discounts import Part
from orders.pricing.refundable import RefundableLine, TooManyUnits, refundable
from orders.pricing.totals import (
    Adjustment,
    InvalidAdjustment,
    PricedLine,
    Share,
    Target,
    Totals,
    price,
)
from shop.core.countries import SalesTax
from shop.core.money import minor_digits

ADDED: Final = SalesTax("GST", "GST", Decimal("0.10"), is_included=False, source="a test")
CONTAINED: Final = SalesTax("IVA", "IVA", Decimal("0.21"), is_included=True, source="a test")
CURRENCIES: Final = ("CLP", "COP", "ARS", "KWD")


def numbers(text: str) -> list[Decimal]:
    return [Decimal(word) for word in text.split()]


def lines() -> list[PricedLine]:
    return [PricedLine("a", 3, Decimal("33.33")), PricedLine("b", 1, Decimal("100.00"))]


def fee(amount: str, target: Target = Target.ORDER, **more: object) -> Adjustment:
    values: dict[str, object] = {"kind": "fee", "source": "fee", "label": "Fee"}
    return Adjustment(amount=Decimal(amount), target=target, **values | more)  # type: ignore[arg-type]


def test_the_sums_of_a_purchase_name_what_each_of_them_counts():
    rate = fee("50.00", Target.SHIPPING, kind="shipping")
    totals = price(lines(), [fee("-10.00", Target.LINE, line="a"), fee("7.50"), rate], "ARS")
    assert (totals.subtotal, totals.shipping, totals.adjusted, totals.total) == tuple(
        numbers("199.99 50.00 -2.50 247.49")
    )
    assert [unit.amount for unit in totals.lines[0].units] == numbers("29.99 30.00 30.00")
    assert totals.lines[0].adjusted == Decimal("-10.00")


def test_an_adjustment_of_one_unit_changes_that_unit_alone():
    free = fee("-33.33", Target.LINE, line="a", unit=2)
    totals = price(lines(), [free, fee("-6.67", Target.LINE, line="a")], "ARS")
    assert [unit.amount for unit in totals.lines[0].units] == numbers("29.99 0 30.00")


@pytest.mark.parametrize(
    "wrong",
    [
        fee("-100.00", Target.LINE, line="a"),
        fee("-33.34", Target.LINE, line="a", unit=1),
        fee("-1.00", Target.LINE, line="a", unit=4),
        fee("1.00", Target.LINE, line="nobody's"),
        fee("-0.01"),
        fee("-0.01", Target.SHIPPING),
    ],
    ids=["line", "unit", "no such unit", "no such line", "order", "shipping"],
)
def test_nothing_costs_less_than_nothing(wrong: Adjustment):
    with pytest.raises(InvalidAdjustment):
        price(lines(), [wrong], "ARS")


def test_adjustments_of_one_source_are_one_row_for_people():
    totals = price(
        lines(),
        [
            *(
                fee("-1.00", Target.LINE, line=key, kind="sale", source="sale:1", label="Sale")
                for key in "ab"
            ),
            fee("0.00", Target.LINE, line="a", kind="tax", label="IVA", tax=Decimal("9.00")),
            fee("0.00", Target.SHIPPING, kind="shipping", label="Post"),
        ],
        "ARS",
    )
    assert [(row.label, row.amount) for row in totals.charges] == [("Sale", -2), ("Post", 0)]
    assert totals.tax == 9


def test_a_tax_that_prices_contain_changes_no_sum_and_one_that_is_added_does():
    before = price(lines(), [fee("121.00", Target.SHIPPING)], "ARS")
    contained = price(lines(), [fee("121.00", Target.SHIPPING), *taxes.of(before, CONTAINED)], "ARS")
    added = price(lines(), [fee("121.00", Target.SHIPPING), *taxes.of(before, ADDED)], "ARS")
    assert (contained.total, contained.tax) == tuple(numbers("320.99 55.71"))
    assert (added.total, added.tax, added.shipping) == tuple(numbers("353.09 32.10 133.10"))
    assert [unit.tax for unit in added.lines[0].units] == numbers("3.34 3.33 3.33")


def test_a_percentage_is_rounded_once_and_spread_over_what_earns_it():
    before = price([PricedLine(str(number), 1, Decimal("1.99")) for number in range(3)], [], "ARS")
    parts = discounts.line_parts(before)
    found = discounts.percent_off(parts, Decimal(10), kind="sale", source="s", label="Sale", currency="ARS")
    assert [one.amount for one in found] == numbers("-0.20 -0.20 -0.20")


def test_a_deduction_gives_no_more_than_its_parts_cost():
    parts = [Part("a", Decimal(5)), Part("b", Decimal(0))]
    found = discounts.over(parts, Decimal(-9), kind="sale", source="s", label="Sale", currency="ARS")
    assert [(one.line, one.amount) for one in found] == [("a", -5)]


# -- What goes back -----------------------------------------------------------------------------------------------------


def test_three_for_two_brings_back_what_was_paid_for_each():
    prices = {"a": Decimal(60), "b": Decimal(50), "c": Decimal(40)}
    bought = [PricedLine(key, 1, cost) for key, cost in prices.items()]
    parts = [Part(key, cost) for key, cost in prices.items()]
    spread_over = discounts.over(parts, Decimal(-40), kind="sale", source="3x2", label="3×2", currency="ARS")
    back = refundable(bought, spread_over, "ARS")
    assert [line.next(1).amount for line in back.lines.values()] == numbers("44.00 36.67 29.33")
    assert back.total == 110


def line_of(*amounts: str) -> RefundableLine:
    return RefundableLine(tuple(Share(Decimal(amount), Decimal(0)) for amount in amounts))


def test_units_go_back_one_by_one_and_no_more_than_there_are():
    line = line_of("33.34", "33.33", "33.33")
    assert [line.next(1, gone=gone).amount for gone in range(3)] == numbers("33.34 33.33 33.33")
    assert line.next(0, gone=3) == Share(Decimal(0), Decimal(0))
    with pytest.raises(TooManyUnits) as error:
        line.next(2, gone=2)
    assert error.value.left == 1


def test_what_a_failed_refund_left_open_is_made_up_by_the_last_unit():
    # The first unit's refund failed after the second had gone back.
    line = line_of("33.34", "33.33", "33.33")
    second = line.next(1, gone=1, gone_amount=Decimal("33.33")).amount
    last = line.next(1, gone=2, gone_amount=Decimal("33.33") + second).amount
    assert Decimal("33.33") + second + last == line.paid
    # A unit that was free does not take money back from one that has gone.
    assert line_of("0", "0", "9").next(1, gone=1, gone_amount=Decimal(9)).amount == 0


# -- Whatever the purchase -----------------------------------------------------------------------------------------------


@st.composite
def purchases(draw: st.DrawFn) -> Totals:
    """Draw a purchase with discounts, fees, a tax and shipping, in a currency of 0, 2 or 3 decimals."""
    currency = draw(st.sampled_from(CURRENCIES))
    unit = Decimal(1).scaleb(-minor_digits(currency))

    def amount(most: int) -> Decimal:
        return draw(st.integers(0, most)) * unit

    bought = [
        PricedLine(str(number), draw(st.integers(1, 7)), amount(200_000))
        for number in range(draw(st.integers(1, 5)))
    ]
    given_so_far = [fee(str(amount(9_000)), Target.SHIPPING, kind="shipping")]
    for turn in range(draw(st.integers(0, 4))):
        totals = price(bought, given_so_far, currency)
        parts = discounts.line_parts(totals)
        if draw(st.booleans()):
            parts = [
                Part(line.line.key, share.amount, number)
                for line in totals.lines
                for number, share in enumerate(line.units, 1)
            ]
        signed = amount(900_000) * draw(st.sampled_from([-1, 1]))
        given_so_far += discounts.over(
            parts, signed, kind="k", source=str(turn), label="L", currency=currency
        )
    given_so_far.append(fee(str(amount(5_000))))
    tax = draw(st.sampled_from([None, ADDED, CONTAINED]))
    if tax:
        given_so_far += taxes.of(price(bought, given_so_far, currency), tax)
    return price(bought, given_so_far, currency)


@given(purchases())
def test_units_add_up_to_lines_and_lines_to_the_order_and_none_is_below_zero(totals: Totals):
    units = [unit.amount for line in totals.lines for unit in line.units]
    assert min(units) >= 0
    assert sum(units) + totals.shipping + totals.order_charges == totals.total
    assert totals.subtotal + sum(one.amount for one in totals.adjustments) == totals.total
    assert totals.total == totals.subtotal + totals.adjusted + totals.shipping
    digits = minor_digits(totals.currency)
    assert all(unit == round(unit, digits) for unit in units)


@given(purchases(), st.randoms(use_true_random=False))
def test_whatever_goes_back_in_whatever_parts_all_of_it_is_what_was_paid(totals: Totals, random: object):
    back = refundable([line.line for line in totals.lines], totals.adjustments, totals.currency)
    returned = back.charges
    for line in back.lines.values():
        gone, gone_amount = 0, Decimal(0)
        while gone < len(line.units):
            number = random.randint(1, len(line.units) - gone)  # type: ignore[attr-defined]
            share = line.next(number, gone=gone, gone_amount=gone_amount).amount
            assert share >= 0
            gone, gone_amount = gone + number, gone_amount + share
        assert gone_amount == line.paid
        returned += gone_amount
    assert returned == totals.total == back.total
