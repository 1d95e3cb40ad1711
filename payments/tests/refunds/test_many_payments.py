"""Orders with several payments: what is owed is allocated once, and refunds of them together pay it."""

from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import payables
from orders.models import MoneyState, Order, Payable, Reimbursement, ReimbursementLine
from orders.reimbursements.left import for_sum, for_units, left_of
from orders.reimbursements.owing import MoreThanPaid, owe
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_variant
from payments.models import Payment, Refund, RefundLine, ReimbursementPart
from payments.refunds import quotes, refund_requests, reimbursing
from payments.refunds.refund_state import move_refund
from payments.tests.plans import pay_extra
from shop.core.ids import uuid7
from shop.core.money import ZERO

pytestmark = pytest.mark.django_db
ACTOR = "staff:ana@example.com"


class Supplement:
    """Something more to be paid of an order, for which money that changed means nothing."""

    def money_changed(self, payable: Payable, **_facts: Any) -> Decimal:
        return ZERO


@pytest.fixture
def order() -> Any:
    """Return an order of two units of 1000.00 that two payments paid: the sale, and a supplement of 300.00."""
    with mock.patch.dict(payables.KINDS, {"supplement": Supplement()}):
        order = make_order(make_cart((make_variant(units=9, price=Decimal("1000.00")), 2)))
        pay(order, "sale")
        Refund.objects.all().delete()
        supplement(order)
        yield order


def supplement(order: Order) -> Payment:
    payable = Payable.objects.create(id=uuid7(), kind="supplement", purchase=order.checkout)
    return pay_extra(order, payable, Decimal("300.00"))


def owed_all(order: Order) -> Reimbursement:
    left = left_of(order)
    lines = for_units(left, {one.line.pk: one.left for one in left.lines}, shipping=True)
    return owe(order, lines + for_sum(Decimal("300.00")), reason="gone", dedupe_key="all", actor=ACTOR)


def money_of(order: Order) -> Any:
    return Order.objects.get(pk=order.pk).money


def test_its_money_is_that_of_all_its_payments(order: Order):
    money = money_of(order)
    assert (money.paid, money.state) == (order.total + 300, MoneyState.KEPT)
    for payment in order.payments.all():
        refund_requests.request(payment, Decimal(100), "staff", "x", f"k{payment.pk}", actor=ACTOR)
    Payment.objects.filter(pk=order.payments.last().pk).update(charged_back_amount=50, refunded_amount=120)
    money = money_of(order)
    # Of one payment the provider's own sum is more than the refunds; sums of joined rows would be multiples.
    assert (money.paid, money.promised, money.charged_back) == (order.total + 300, 220, 50)
    assert money.state == MoneyState.PART
    assert not Order.objects.money_gone().exists()
    Payment.objects.filter(order=order, amount=order.total).update(charged_back_amount=order.total)
    assert not Order.objects.money_gone().exists()
    Payment.objects.filter(order=order, amount=300).update(refunded_amount=300, charged_back_amount=0)
    assert Order.objects.money_gone().get() == order


def test_what_is_owed_is_owed_by_the_newest_payments_once(order: Order):
    newest, oldest = refund_requests.paying(order.pk)
    assert (newest.amount, oldest.amount) == (300, order.total)
    owe(order, for_sum(Decimal("400.00")), reason="sorry", dedupe_key="k", actor=ACTOR)
    assert refund_requests.refundable(newest) == 0
    assert refund_requests.refundable(oldest) == order.total - 100
    shares = refund_requests.owed_shares(order.pk)
    for payment in (newest, oldest):
        assert (
            quotes.remaining(payment)
            == quotes.remaining(payment, shares)
            == refund_requests.refundable(payment)
        )
    assert money_of(order).promised == 400


def test_one_payment_that_can_pays_it_alone_with_its_units(order: Order):
    left = left_of(order)
    owed = owe(order, for_units(left, {left.lines[0].line.pk: 1}), reason="torn", dedupe_key="k", actor=ACTOR)
    assert reimbursing.pay(owed.pk) == "paying"
    refund = Refund.objects.get()
    assert (refund.amount, refund.payment.amount, refund.lines.count()) == (1000, order.total, 1)
    owed.refresh_from_db()
    assert not owed.counts_itself


def test_several_refunds_pay_what_one_payment_cannot_and_its_units_count_once(order: Order):
    owed = owed_all(order)
    assert reimbursing.pay(owed.pk) == "paying"
    refunds = list(Refund.objects.order_by("amount"))
    assert [refund.amount for refund in refunds] == [300, order.total]
    assert ReimbursementPart.objects.filter(reimbursement=owed).count() == 2
    assert [one.left for one in left_of(order).lines] == [0]
    assert left_of(order).shipping == 0
    assert money_of(order).state == MoneyState.GOING

    move_refund(refunds[0], "succeeded", actor=ACTOR)
    owed.refresh_from_db()
    assert owed.status == "paying"
    move_refund(refunds[1], "succeeded", actor=ACTOR)
    owed.refresh_from_db()
    assert (owed.status, owed.counts_itself, money_of(order).state) == ("paid", True, MoneyState.REFUNDED)

    # One of them fails: the units have gone back all the same, and the refund is tried again.
    move_refund(refunds[0], "failed", actor=ACTOR)
    owed.refresh_from_db()
    assert (owed.status, [one.left for one in left_of(order).lines]) == ("failed", [0])
    again = ReimbursementLine(kind="line", order_line=order.lines.get(), quantity=1, amount=Decimal(1))
    with pytest.raises(MoreThanPaid):
        owe(order, [again], reason="again", dedupe_key="again", actor=ACTOR)
    assert refund_requests.retry(refunds[0], actor=ACTOR)
    owed.refresh_from_db()
    assert owed.status == "paying"


def test_what_a_refund_of_another_decision_gave_back_counts_beside_it(order: Order):
    """A refund with lines is refused where a reimbursement without one has given back the unit."""
    reimbursing.pay(owed_all(order).pk)
    failed = Refund.objects.get(amount=order.total)
    move_refund(failed, "failed", actor=ACTOR)
    line = order.lines.get()
    with pytest.raises(refund_requests.LinesTaken):
        refund_requests.request(
            failed.payment,
            Decimal(1000),
            "staff",
            "x",
            "again",
            actor=ACTOR,
            lines=[RefundLine(order_line=line, quantity=1, amount=Decimal(1000))],
        )


def test_more_payments_cost_no_more_queries(order: Order):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            list(Order.objects.with_money().filter(pk=order.pk))
            refund_requests.owed_shares(order.pk)
        return len(captured)

    owe(order, for_sum(Decimal("400.00")), reason="sorry", dedupe_key="k", actor=ACTOR)
    before = cost()
    supplement(order)
    assert cost() == before
