"""A part of the price belongs to its line: units that go back later bring what was paid for them less that part."""

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Variant
from inventory.checks import runner
from orders.claims import approving, opening, resolving
from orders.claims.approving import Answer, TooMuch
from orders.exchanges.quoting import NothingLeft
from orders.models import Claim, Order, OrderLine, Reimbursement, ReimbursementLine
from orders.pricing.refundable import RefundableLine
from orders.pricing.totals import Share
from orders.reimbursements.left import LineLeft, for_credits, for_units, left_of
from orders.reimbursements.owing import MoreThanPaid, owe
from orders.returns import deciding
from orders.returns.deciding import Choice
from orders.tests.claims.claims import claim_of, worth
from orders.tests.claims.test_pages import address, inputs
from orders.tests.exchanges.exchanges import order_with_sizes
from orders.tests.returns.returns import STAFF, approved, give_but, line_of, wanted
from payments.models import Refund, RefundLine
from payments.refunds import reimbursing

ZERO = Decimal(0)


# -- Pure -------------------------------------------------------------------------------------------------------------
def after(line: LineLeft, units: int, amount: Decimal) -> LineLeft:
    """Return a line of which units more have gone back."""
    return LineLeft(line.line, line.back + units, line.paid, line.back_amount + amount, line.credited)


@given(
    prices=st.lists(st.integers(0, 5000), min_size=1, max_size=6),
    steps=st.lists(st.tuples(st.sampled_from(["return", "credit"]), st.integers(1, 6), st.integers(1, 100))),
)
def test_any_order_and_split_of_credits_and_returns_ends_at_what_was_paid(prices, steps):
    """Nothing is ever above what was paid, nothing below zero, and the last unit closes the line exactly."""
    shares = tuple(Share(Decimal(cents) / 100, ZERO) for cents in prices)
    sold: Any = SimpleNamespace(quantity=len(prices))
    line = LineLeft(sold, 0, RefundableLine(shares), ZERO)
    for kind, units, percent in [*steps, ("return", 6, 100)]:
        units = min(units, line.left)
        if not units:
            continue
        owed = line.owed(units)
        assert owed >= 0
        assert line.back_amount + line.credited + owed <= line.paid.paid
        if kind == "return":
            line = after(line, units, owed)
        else:
            part = (owed * percent / 100).quantize(Decimal("0.01"))
            line = LineLeft(sold, line.back, line.paid, line.back_amount, line.credited + min(part, owed))
    assert line.left == 0
    assert line.back_amount + line.credited == line.paid.paid


# -- In the database --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes()


def credit(order: Order, line: OrderLine, amount: int, units: int = 1, key: str = "c") -> Reimbursement:
    """Give a part of the price of units of a line, and send it."""
    claim = claim_of(order, line, units, key=key, reason="defective")
    approving.approve(claim, Answer(partial=Decimal(amount)), actor=STAFF)
    resolving.resolve(claim, actor=STAFF)
    assert claim.reimbursement
    return claim.reimbursement


def give_back(order: Order, line: OrderLine, units: int) -> Decimal:
    """Decide about a return of units and pay it back; return what it brought."""
    rma = approved(order, wanted(line, units, "defective"))
    made = deciding.decide(rma, Choice(units={rma.lines.get().pk: units}), key=str(rma.pk), actor=STAFF)
    deciding.pay_back(made, actor=STAFF)
    return made.total


@pytest.mark.django_db
@pytest.mark.parametrize("split", [(3,), (1, 2), (2, 1), (1, 1, 1)])
@pytest.mark.parametrize("is_sent", [False, True])
def test_a_return_of_the_whole_line_pays_what_was_paid_less_the_credit(sizes, split, is_sent):
    order, line, _other = sizes
    before, paid = worth(order), line.unit_price * 3
    owed = credit(order, line, 500)
    assert [(one.kind, one.order_line, one.quantity, one.amount) for one in owed.lines.all()] == [
        ("credit", line, 0, Decimal(500))
    ]
    if is_sent:
        reimbursing.pay_due()
        owed.refresh_from_db()
        assert owed.counts_itself
        assert not RefundLine.objects.exists()
    assert worth(order) == before - 500
    brought = [give_back(order, line, units) for units in split]
    assert sum(brought) == paid - 500
    # The units that nothing was credited for come first, and bring what was paid for them.
    assert brought[0] == (paid - 500 if split == (3,) else line.unit_price * split[0])
    assert reimbursing.pay_due()
    assert not Reimbursement.objects.filter(status="owed").exists()
    assert sum(Refund.objects.values_list("amount", flat=True)) == paid
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_a_credit_is_never_more_than_may_still_go_back(sizes):
    order, line, _other = sizes
    claim = claim_of(order, line, 2)
    with pytest.raises(TooMuch) as refused:
        approving.quote(claim, Answer(partial=line.unit_price * 2 + Decimal("0.01")))
    assert refused.value.most == line.unit_price * 2
    approving.approve(claim, Answer(partial=line.unit_price * 2), actor=STAFF)
    give_back(order, line, 2)
    # Two units brought their money back meanwhile: only one unit's is left.
    with pytest.raises(MoreThanPaid):
        resolving.resolve(claim, actor=STAFF)
    claim.refresh_from_db()
    assert (claim.status, claim.reimbursement) == ("approved", None)
    approving.take_back(claim, actor=STAFF)
    with pytest.raises(NothingLeft):
        approving.quote(claim, Answer(partial=Decimal(1)))


@pytest.mark.django_db
def test_a_claim_promises_and_pays_what_is_left_of_the_orders_money(sizes, admin_client):
    """Sums that were given before belong to no unit."""
    order, line, _other = sizes
    give_but(order, line.unit_price + 10)
    claim = claim_of(order, line, 3)
    key = claim.lines.get().pk
    with pytest.raises(TooMuch) as refused:
        approving.quote(claim, Answer(partial=line.unit_price + 11))
    assert refused.value.most == line.unit_price + 10
    shown = approving.quote(claim, Answer(refund={key: 3}))
    assert (shown.total, shown.is_short) == (line.unit_price + 10, True)
    url = address(claim, "approve")
    asked = {**inputs(admin_client.get(url)), f"refund_{key.hex}": "3", f"replace_{key.hex}": "0"}
    page = admin_client.post(url, asked, headers={"accept-language": "en"})
    assert "no more is left of what was paid for the order" in page.content.decode()
    approving.approve(claim, Answer(refund={key: 3}), actor=STAFF, expected=shown.seen)
    resolving.resolve(claim, actor=STAFF)
    assert claim.reimbursement
    assert reimbursing.pay(claim.reimbursement.pk) == "paying"
    other = claim_of(order, line_of(order, 1), key="other")
    with pytest.raises(NothingLeft):
        approving.quote(other, Answer(refund={other.lines.get().pk: 1}))
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_a_part_of_the_price_is_shared_among_the_claimed_lines(sizes):
    order, line, _other = sizes
    single = line_of(order, 1)
    both = claim_about(order, {line: 3, single: 1})
    shown = approving.quote(both, Answer(partial=Decimal(1000)))
    assert shown.total == 1000
    assert sum(one.amount for one in shown.lines) == 1000
    assert all(one.amount > 0 for one in shown.lines)
    approving.approve(both, Answer(partial=Decimal(1000)), actor=STAFF, expected=shown.seen)
    resolving.resolve(both, actor=STAFF)
    assert both.money_back == 1000
    found = {one.line.pk: one.credited for one in left_of(order).lines}
    assert found == {one.line.order_line_id: one.amount for one in shown.lines}


def claim_about(order: Order, units: dict[OrderLine, int]) -> Claim:
    return opening.open_claim(
        order,
        {line.pk: number for line, number in units.items()},
        reason="defective",
        key="both",
        actor="buyer",
    )


@pytest.mark.django_db
def test_the_database_refuses_more_than_was_paid_for_a_line_by_credits_and_units(sizes):
    order, line, _other = sizes
    credit(order, line, 500)
    left = left_of(order)
    whole = for_units(left, {line.pk: 3})
    assert whole[0].amount == line.unit_price * 3 - 500
    whole[0].amount += 1
    with pytest.raises(MoreThanPaid):
        owe(order, whole, reason="x", dedupe_key="x", actor=STAFF)
    with pytest.raises(MoreThanPaid):
        owe(order, for_credits({line.pk: line.unit_price * 3}), reason="x", dedupe_key="x", actor=STAFF)
    owed = Reimbursement.objects.get()
    for wrong in ({"quantity": 1}, {"order_line": None}):
        row = {"kind": "credit", "order_line": line_of(order, 1), "quantity": 0, "amount": 1, **wrong}
        with pytest.raises(IntegrityError), transaction.atomic():
            ReimbursementLine.objects.create(reimbursement=owed, **row)


@pytest.mark.django_db
def test_control_a_mere_sum_would_have_the_return_of_the_whole_line_refused(sizes):
    """What a credit was before: a sum of no line. Then the last unit's money is more than the order has left."""
    order, line, _other = sizes
    single = line_of(order, 1)
    everything = for_units(left_of(order), {line.pk: 3, single.pk: 1}, shipping=True)
    owe(order, [ReimbursementLine(kind="sum", amount=Decimal(500))], reason="c", dedupe_key="c", actor=STAFF)
    with pytest.raises(MoreThanPaid):
        owe(order, everything, reason="all", dedupe_key="all", actor=STAFF)
