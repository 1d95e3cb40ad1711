"""What the histories after the sale have found, each told once more by the verbs alone."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from inventory.checks import runner
from inventory.models import StockLevel
from orders.cancellation.cancelling import cancel
from orders.claims import approving, opening, resolving
from orders.fulfilment import picking
from orders.models import Order, OrderLine, Reimbursement
from orders.reimbursements import owing
from orders.reimbursements.left import for_units, left_of
from orders.returns import receiving
from orders.tests.exchanges.exchanges import size_of
from orders.tests.returns.returns import STAFF, approved, deliver, wanted
from payments.models import Payment, Refund
from payments.refunds import refund_requests, reimbursing
from payments.refunds.refund_requests import LinesTaken
from payments.refunds.refund_state import move_refund
from tests.histories.after_sale.whole import Whole, begin


@pytest.fixture(scope="module", params=["plain", "discount"])
def history(request: pytest.FixtureRequest, shared_rows: Any) -> Iterator[Whole]:
    with shared_rows():
        yield begin(request.param)


def ends(refund: Refund, how: str) -> None:
    with transaction.atomic():
        Payment.objects.select_for_update().get(pk=refund.payment_id)
        move_refund(Refund.objects.get(pk=refund.pk), how, actor=STAFF)


def owed_with_fee(order: Order, line: OrderLine, kept: Decimal) -> Refund:
    """Pay all units of a line back but for a fee; return the refund."""
    (row,) = for_units(left_of(order), {line.pk: line.quantity})
    row.amount, row.withheld = row.amount - kept, kept
    owed = owing.owe(order, [row], reason="fee", dedupe_key="fee", actor=STAFF)
    assert reimbursing.pay(owed.pk) == "paying"
    found = reimbursing.refund_of(owed)
    assert found is not None
    return found


@pytest.mark.django_db
def test_units_that_bring_less_after_goodwill_are_paid_back(history: Whole):
    """A sum that was given before is not given again with the units: what is left goes back, and does go back."""
    order = history.order
    (payment,) = history.payments()
    most = order.total - 1000
    refund_requests.request(payment, most, "staff", "goodwill", "goodwill", actor=STAFF)
    made = cancel(order, units=None, by="staff", reason="other", expected=None, key="all", actor=STAFF)
    assert made.reimbursement is not None
    assert made.reimbursement.amount == 1000
    assert reimbursing.pay(made.reimbursement.pk) == "paying"
    assert sum(one.amount for one in Refund.objects.all()) == order.total
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_interest_that_was_waived_is_not_promised_as_money(shared_rows: Any):
    """What is owed for an order in instalments is the whole debt; of it the buyer gets what was paid."""
    with shared_rows():
        history = begin("plan")
        assert history.act("pay_installment", 0)
        assert history.act("cancel_all", 0)
        order = Order.objects.get(pk=history.order.pk)
        owed = Reimbursement.objects.get()
        assert owed.amount > order.money.paid == order.money.promised
        reimbursing.pay(owed.pk)
        assert sum(one.amount for one in Refund.objects.all()) == order.money.promised == order.money.paid


@pytest.mark.django_db
def test_a_failed_refund_of_which_a_fee_is_kept_is_tried_again(history: Whole):
    refund = owed_with_fee(history.order, history.order.lines.order_by("pk")[0], Decimal("100.00"))
    ends(refund, "failed")
    assert refund_requests.retry(Refund.objects.get(pk=refund.pk), actor=STAFF)
    assert Reimbursement.objects.get().status == "paying"
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_a_failed_refund_is_not_tried_again_for_a_unit_that_is_replaced_or_owed_since(history: Whole):
    order = history.order
    first, second = order.lines.order_by("pk")
    deliver(order)
    one = owed_with_fee(order, first, Decimal(0))
    ends(one, "failed")
    claim = opening.open_claim(order, {first.pk: 1}, reason="defective", key="c", actor="buyer")
    answer = approving.Answer(replace={claim.lines.get().pk: 1})
    approving.approve(claim, answer, actor=STAFF)
    resolving.resolve(claim, actor=STAFF)
    with pytest.raises(LinesTaken):
        refund_requests.retry(Refund.objects.get(pk=one.pk), actor=STAFF)
    lines = for_units(left_of(order), {second.pk: 1})
    owed = owing.owe(order, lines, reason="x", dedupe_key="x", actor=STAFF)
    reimbursing.pay(owed.pk)
    other = reimbursing.refund_of(owed)
    assert other is not None
    ends(other, "failed")
    rest = for_units(left_of(order), {second.pk: second.quantity})
    owing.owe(order, rest, reason="rest", dedupe_key="rest", actor=STAFF)
    with pytest.raises(LinesTaken):
        refund_requests.retry(Refund.objects.get(pk=other.pk), actor=STAFF)


@pytest.mark.django_db
def test_a_replacement_of_another_variant_is_picked_and_for_sale_again_when_it_is_cancelled(history: Whole):
    order = history.order
    first = order.lines.order_by("pk")[0]
    assert first.variant
    size = size_of(first.variant, units=2)
    deliver(order)
    claim = opening.open_claim(order, {first.pk: 1}, reason="defective", key="c", actor="buyer")
    row = claim.lines.get()
    answer = approving.Answer(replace={row.pk: 1}, variants={row.pk: size.pk})
    approving.approve(claim, answer, actor=STAFF)
    resolving.resolve(claim, actor=STAFF)
    assert StockLevel.objects.get(variant=size).on_hand == 1
    new = OrderLine.everything.get(order=order, replaces=first)
    assert [(one.line, one.units) for one in picking.to_pick()] == [(new, 1)]
    cancel(order, units={new.pk: 1}, by="staff", reason="other", expected=None, key="c", actor=STAFF)
    assert StockLevel.objects.get(variant=size).on_hand == 2
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_a_unit_that_was_announced_in_one_return_may_come_in_the_parcel_of_another(history: Whole):
    order = history.order
    line = order.lines.order_by("pk")[0]
    deliver(order)
    one, other = approved(order, wanted(line, 2)), approved(order, wanted(line, 1))
    receiving.receive(one, {line.pk: 3}, parcel=1, actor=STAFF)
    with pytest.raises(receiving.MoreCameThanSent):
        receiving.receive(other, {line.pk: 1}, parcel=1, actor=STAFF)
    assert runner.check(scope="") == []
