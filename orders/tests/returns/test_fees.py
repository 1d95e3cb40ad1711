"""Fees and amounts of returns: any order and any split ends at the same sums, and never above what was paid."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders.pricing.refundable import RefundableLine, refundable
from orders.pricing.totals import Adjustment, PricedLine, Target
from orders.returns import fees

CENTS = st.decimals("0.01", "9999.99", places=2)


@st.composite
def purchases(draw: st.DrawFn) -> tuple[list[RefundableLine], list[Decimal]]:
    """Lines as they were paid, with a discount over them, and the rate of the fee of each."""
    lines = [
        PricedLine(str(place), draw(st.integers(1, 5)), draw(CENTS))
        for place in range(draw(st.integers(1, 3)))
    ]
    discounts = []
    for line in lines:
        off = draw(st.decimals(0, line.unit_price * line.quantity, places=2))
        if off:
            discounts.append(
                Adjustment(
                    kind="discount", source="x", label="x", amount=-off, target=Target.LINE, line=line.key
                )
            )
    paid = refundable(lines, discounts, "ARS")
    rates = [
        draw(st.sampled_from([Decimal(0), Decimal("0.075"), Decimal("0.33"), Decimal(1)])) for _line in lines
    ]
    return list(paid.lines.values()), rates


@given(purchases(), st.data())
def test_any_order_and_split_of_returns_ends_at_the_same_total(
    bought: tuple[list[RefundableLine], list[Decimal]], data: st.DataObject
):
    lines, rates = bought
    gone, back = [0] * len(lines), [Decimal(0)] * len(lines)
    paid_out, kept = [Decimal(0)] * len(lines), [Decimal(0)] * len(lines)
    while open_lines := [place for place, line in enumerate(lines) if gone[place] < len(line.units)]:
        place = data.draw(st.sampled_from(open_lines))
        units = data.draw(st.integers(1, len(lines[place].units) - gone[place]))
        owed = lines[place].next(units, gone=gone[place], gone_amount=back[place]).amount
        fee = fees.share_kept(owed, before=back[place], rate=rates[place], currency="ARS")
        assert 0 <= fee <= owed
        gone[place] += units
        back[place] += owed
        paid_out[place] += owed - fee
        kept[place] += fee
        assert back[place] <= lines[place].paid
    for place, line in enumerate(lines):
        at_once = fees.share_kept(line.paid, before=Decimal(0), rate=rates[place], currency="ARS")
        assert (paid_out[place], kept[place]) == (line.paid - at_once, at_once)


@given(CENTS, st.lists(st.decimals(0, 500, places=2), max_size=4))
def test_a_fixed_fee_is_taken_once_and_from_no_amount_more_than_there_is(
    fee: Decimal, amounts: list[Decimal]
):
    taken = fees.spread(fee, amounts)
    assert sum(taken) == min(fee, sum(amounts))
    assert all(0 <= part <= amount for part, amount in zip(taken, amounts, strict=True))
