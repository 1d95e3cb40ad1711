"""Early settlement: by equal spread and by the day, never dearer than the actuarial balance."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.core.installments.payoff import Payoff, Position, Terms, actuarial_balance, payoff
from shop.core.installments.quotation import Installments
from shop.core.installments.schedule import DuePolicy
from shop.core.installments.table import Row, table

from .plans import EXAMPLES, SALE, plan, plans

DAY = timedelta(1)


def position(row: Row, **changes: Decimal) -> Position:
    """Return a row of the table as an instalment of which nothing is paid."""
    return Position(row.number, row.amount, row.interest, **{"open": row.amount, **changes})


def after(shown: Installments, paid: int) -> list[Position]:
    """Return the instalments that are left when the first `paid` are."""
    return [position(row) for row in table(shown)[paid:]]


def settle(shown: Installments, day: date, paid: int = 0) -> Payoff:
    return payoff(after(shown, paid), day, Terms.of(shown))


def test_four_of_six_after_two_were_paid():
    shown = plan("168.00", 6, "0.15")
    found = settle(shown, shown.due_dates[1], paid=2)
    assert (str(found.total), str(found.waived), str(found.actuarial_balance)) == ("112.00", "8.40", "114.32")
    assert [(line.number, str(line.paid), str(line.waived)) for line in found.lines] == [
        (number, "28.00", "2.10") for number in (3, 4, 5, 6)
    ]


@pytest.mark.parametrize(
    ("days", "total", "balance"),
    [(0, "168.00", "168.00"), (1, "168.07", "168.12"), (15, "169.05", "169.76"), (30, "170.10", "171.54")],
)
def test_of_the_month_that_runs_interest_is_owed_by_the_day(days, total, balance):
    """Owing the whole month at once would be 170.10 on the first day, above 168.12."""
    found = settle(plan("168.00", 6, "0.15"), SALE + days * DAY)
    assert (str(found.total), str(found.actuarial_balance)) == (total, balance)


def test_what_is_due_or_overdue_loses_nothing():
    shown = plan("168.00", 6, "0.15")
    found = settle(shown, shown.due_dates[1])
    assert [str(line.waived) for line in found.lines] == ["0.00", "0.00", *["2.10"] * 4]
    late = settle(shown, shown.due_dates[-1] + 90 * DAY)
    assert (late.total, late.waived) == (shown.total, 0)


def test_one_instalment_paid_early_loses_its_own_interest():
    shown = plan("168.00", 6, "0.15")
    found = payoff(after(shown, 0), SALE + DAY, Terms.of(shown), numbers={5})
    assert [(line.number, str(line.paid), str(line.waived)) for line in found.lines] == [(5, "28.00", "2.10")]


def test_paying_one_by_one_costs_what_all_at_once_does():
    """The last ones are worth less today than their principal; to settle the others first must not pay."""
    shown = plan("168.00", 6, "0.15")
    terms = Terms.of(shown)
    everything = after(shown, 0)
    apart = [payoff(everything, SALE, terms, numbers={number}).total for number in range(1, 7)]
    last = payoff(everything[3:], SALE, terms)
    first = payoff(everything[:3], SALE, terms)
    assert sum(apart) == last.total + first.total == settle(shown, SALE).total == Decimal("168.00")
    gap = [one for one in everything if one.number != 2]
    assert payoff(gap, SALE, terms).total == Decimal("140.00")


def test_a_single_month_is_capped_by_the_actuarial_balance():
    """By the day alone it would be 172.20 half-way, above 168.00 × √1.05."""
    found = settle(plan("168.00", 1, "0.6", sale_date=date(2025, 11, 15)), date(2025, 11, 30))
    assert (str(found.total), str(found.waived), str(found.actuarial_balance)) == ("172.15", "4.25", "172.15")


def test_a_part_that_was_paid_counts_as_principal_first():
    shown = plan("168.00", 6, "0.15")
    rows = table(shown)
    half, rest = position(rows[4], open=Decimal("15.05")), position(rows[4], open=Decimal("1.00"))
    (line,) = payoff([half], SALE, Terms.of(shown)).lines
    assert (str(line.paid), str(line.waived)) == ("12.95", "2.10")
    (line,) = payoff([rest], SALE, Terms.of(shown)).lines
    assert (line.paid, str(line.waived)) == (0, "1.00")


def test_interest_that_was_waived_is_not_waived_twice():
    shown = plan("168.00", 6, "0.15")
    taken_back = position(table(shown)[4], open=Decimal("28.00"), waived=Decimal("2.10"))
    (line,) = payoff([taken_back], SALE, Terms.of(shown)).lines
    assert (line.paid, line.waived) == (Decimal("28.00"), 0)


def test_a_reduced_instalment_waives_the_interest_that_is_left_in_it():
    shown = plan("168.00", 3, "0.19")
    reduced = position(table(shown)[2], open=Decimal("35.09"), reduced=Decimal("23.57"))
    (line,) = payoff([reduced], shown.due_dates[0], Terms.of(shown)).lines
    assert (str(line.paid), str(line.waived)) == ("33.50", "1.59")


@pytest.mark.parametrize("wrong", [Decimal("-0.01"), Decimal("30.11")])
def test_more_than_an_instalment_is_not_open(wrong):
    with pytest.raises(ValueError, match="open"):
        position(table(plan("168.00", 6, "0.15"))[0], open=wrong)


def test_before_the_sale_there_is_nothing_to_settle():
    with pytest.raises(ValueError, match="before the sale"):
        settle(plan("168.00", 6, "0.15"), SALE - DAY)


def test_the_month_of_one_instalment_runs_from_the_one_before():
    terms = Terms.of(plan("168.00", 3, "0.19", sale_date=date(2026, 1, 31)))
    assert [str(due) for due in terms.due_dates] == ["2026-02-28", "2026-03-31", "2026-04-30"]
    assert terms.months(date(2026, 2, 14)) == Decimal("0.5")
    assert [terms.months(due) for due in terms.due_dates] == [1, 2, 3]
    assert terms.elapsed(2, date(2026, 2, 28)) == 0
    assert terms.elapsed(2, date(2026, 3, 31)) == 1


def days_of(shown: Installments) -> list[date]:
    """Return every day of a plan."""
    return [
        shown.sale_date + number * DAY for number in range((shown.due_dates[-1] - shown.sale_date).days + 1)
    ]


@settings(max_examples=EXAMPLES // 8, deadline=None)
@given(plans(), st.booleans())
def test_on_every_day_it_is_between_zero_and_the_actuarial_balance(shown: Installments, pays: bool):
    """Of a plan paid as agreed, and of one of which nothing was paid."""
    everything, terms = after(shown, 0), Terms.of(shown)
    before = None
    for day in days_of(shown):
        left = [one for one in everything if not pays or shown.due_dates[one.number - 1] >= day]
        found = payoff(left, day, terms)
        assert 0 <= found.total <= found.actuarial_balance == actuarial_balance(left, day, terms)
        assert found.total + found.waived == sum(one.open for one in left)
        assert all(line.paid >= 0 and line.waived >= 0 for line in found.lines)
        if not pays:
            assert before is None or found.total >= before
            before = found.total
    assert settle(shown, shown.sale_date).total == shown.cash_price


@settings(max_examples=EXAMPLES, deadline=None)
@given(plans(), st.data())
def test_whatever_was_paid_before_the_open_is_paid_or_waived(shown: Installments, data: st.DataObject):
    left = []
    for row in table(shown):
        cents = int(row.amount * 100)
        taken = Decimal(data.draw(st.integers(0, cents))) / 100 if shown.currency == "ARS" else row.amount
        left.append(position(row, open=row.amount - taken))
    day = data.draw(st.sampled_from(days_of(shown)))
    found = payoff(left, day, Terms.of(shown))
    assert found.total + found.waived == sum(one.open for one in left)
    assert found.waived <= shown.interest + 1
    for line in found.lines:
        assert min(line.paid, line.waived) >= 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(plans(), st.data())
def test_settling_some_and_then_the_rest_never_costs_less_than_all_at_once(
    shown: Installments, data: st.DataObject
):
    day, terms = data.draw(st.sampled_from(days_of(shown))), Terms.of(shown)
    some = data.draw(st.sets(st.integers(1, shown.count)))
    left = [one for one in after(shown, 0) if shown.due_dates[one.number - 1] >= day]
    rest = [one for one in left if one.number not in some]
    apart = payoff(left, day, terms, numbers=some).total + payoff(rest, day, terms).total
    assert apart >= payoff(left, day, terms).total


def test_the_first_at_the_sale_is_settled_at_the_cash_price_too():
    shown = plan("168.00", 3, "0.19", policy=DuePolicy.AT_SALE)
    assert settle(shown, SALE).total == Decimal("168.00")
    assert settle(shown, SALE, paid=1).total == Decimal("109.34")
