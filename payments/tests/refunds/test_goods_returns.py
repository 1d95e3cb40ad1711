"""What is decided about a return is paid: by the payment, or by instalments that fall first; never more than is left."""

from decimal import Decimal

import pytest

from inventory.checks import runner
from orders.models import InstallmentPlan, Order, Reimbursement, ReimbursementLine
from orders.returns import answering, deciding, inspecting, receiving
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from orders.tests.installments.factories import line, make_plan, opened
from orders.tests.returns.returns import (
    STAFF,
    approved,
    ask,
    deliver,
    delivered_order,
    line_of,
    terms_of_the_shop,
    wanted,
)
from payments.models import Refund
from payments.refunds import reimbursing
from payments.tests.plans import pay_part


@pytest.mark.django_db
def test_of_an_order_in_instalments_the_open_ones_fall_and_only_the_rest_is_money():
    plan = make_plan()
    pay_part(plan, 1)
    deliver(plan.order)
    before = sum(opened(plan), Decimal(0))
    rma = approved(plan.order, wanted(line(plan, "78.00")))
    row = rma.lines.get()
    shown = deciding.quote(rma, Choice(units={row.pk: 1}))
    made = deciding.decide(rma, Choice(units={row.pk: 1}), key="d", actor=STAFF, expected=shown.seen)
    owed = deciding.pay_back(made, actor=STAFF)
    assert reimbursing.pay(owed.pk) == "paid"
    assert before - sum(opened(plan), Decimal(0)) == made.total == shown.total
    assert made.total > 78  # Its share of the interest as well.
    assert not Refund.objects.exists()
    # The rest comes back: all that is open falls, and what was paid is money.
    rest = line(plan, "45.00")
    again = approved(plan.order, wanted(rest, 2))
    receiving.receive(again, {rest.pk: 2}, parcel=1, actor=STAFF)
    key = again.lines.get().pk
    inspecting.inspect(again, [Found(key, 2, "new", "restock")], key="i", actor=STAFF)
    last = deciding.decide(again, Choice(units={key: 2}), key="e", actor=STAFF)
    assert reimbursing.pay(deciding.pay_back(last, actor=STAFF).pk) == "paying"
    plan.refresh_from_db()
    assert sum(opened(plan), Decimal(0)) == 0
    assert made.total + last.total == Order.objects.get(pk=plan.order_id).total
    paid = plan.order.payments.get().amount
    assert [refund.amount for refund in Refund.objects.all()] == [paid]
    assert plan.status != InstallmentPlan.Status.AWAITING
    assert again.status in {"approved", "closed"}
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_a_fee_stays_with_the_shop_also_when_the_refund_has_been_paid():
    """The refund's lines speak for what went back; the fee is remembered all the same."""
    order = delivered_order()
    order.shipments.update(delivered_at="2026-01-01T12:00Z")
    terms_of_the_shop(fee_rate="0.10", days=9999)
    goods = line_of(order, 3)
    totals = []
    for units in (1, 2):
        rma = ask(order, wanted(goods, units))
        answering.approve(rma, actor=STAFF)
        made = deciding.decide(rma, Choice(units={rma.lines.get().pk: units}), key=str(units), actor=STAFF)
        reimbursing.pay(deciding.pay_back(made, actor=STAFF).pk)
        Refund.objects.update(status="succeeded")
        totals.append(made.total)
    assert sum(totals) == goods.unit_price * 3 * Decimal("0.9")
    assert sum(Refund.objects.values_list("amount", flat=True)) == sum(totals)
    assert sum(ReimbursementLine.objects.values_list("withheld", flat=True)) == goods.unit_price * 3 / 10
    assert Reimbursement.objects.count() == 2
