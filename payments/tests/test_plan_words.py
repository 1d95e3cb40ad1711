"""What buyers and staff read of an order that is paid in instalments."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from orders.models import Order
from orders.tests.installments.factories import make_plan
from orders.timeline import timeline
from payments import notices, paid_with
from payments.refunds import plan_returns, refund_requests
from payments.refunds.plan_returns import Choice
from payments.tests.plans import pay_part
from shop.accounts.tests.staff_clients import boss
from shop.core.models import EmailLog
from shop.reports import sales

pytestmark = pytest.mark.django_db
ACTOR = "staff:ana@example.com"


def test_a_plan_says_how_many_instalments_are_paid_and_that_the_first_is_waited_for():
    plan = make_plan()
    order = Order.objects.with_money().get(pk=plan.order_id)
    with translation.override("en"):
        assert paid_with.of(order) == paid_with.PaidWith("3 instalments with the shop · 0 of 3 paid", "")
        assert [moment.title for moment in timeline(order)] == [
            "Order placed",
            "The first instalment is to be paid",
        ]
        pay_part(plan, 1)
        order = Order.objects.with_money().get(pk=plan.order_id)
        assert paid_with.of(order).words == "3 instalments with the shop · 1 of 3 paid"
        assert (order.status_text, order.is_off) == ("being paid in instalments", False)
        assert "We are preparing it" in [moment.title for moment in timeline(order)]


def test_an_unpaid_plan_is_no_sale_and_what_fell_of_a_plan_is_no_revenue():
    day, plan = timezone.localdate(), make_plan()
    assert (sales.live(day).orders, sales.live(day).gross) == (0, 0)
    pay_part(plan, 1)
    plan_returns.give_back(
        plan.order, Choice(amount=Decimal("47.14")), reason="x", dedupe_key="x", expected=None, actor=ACTOR
    )
    today = sales.live(day)
    assert (today.orders, today.gross, today.returned) == (1, Decimal("175.98"), Decimal("47.14"))
    plan_returns.give_back(
        plan.order, Choice(is_everything=True), reason="x", dedupe_key="y", expected=None, actor=ACTOR
    )
    today = sales.live(day)
    assert (today.orders, today.undone, today.returned) == (1, 1, Decimal("175.98"))


def test_the_refund_of_one_instalment_is_not_called_that_of_the_order():
    plan = make_plan()
    payment = pay_part(plan, 1)
    pay_part(plan, 2)
    refund = refund_requests.request(payment, payment.amount, "staff", "x", "x", actor=ACTOR)
    notices.tell_returned(refund)
    mail = EmailLog.objects.get(kind="order_refunded")
    assert "todo lo que pagaste" not in mail.text
    assert "todo tu pedido" not in mail.text


def test_the_list_of_orders_finds_those_whose_instalments_are_still_to_be_paid():
    due, paid = make_plan(), make_plan()
    pay_part(paid, 1, 2, 3)
    page = boss().get(reverse("admin:orders_order_changelist") + "?sending=due")
    assert [order.pk for order in page.context["cl"].queryset] == [due.order_id]
