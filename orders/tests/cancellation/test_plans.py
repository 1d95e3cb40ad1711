"""Cancelling what is paid in instalments: what is open falls, only what is more than that is money; nothing twice."""

from decimal import Decimal
from typing import Any

import pytest

from inventory.checks import runner
from orders.cancellation import quotes
from orders.cancellation.cancelling import Changed, cancel
from orders.models import Cancellation, InstallmentPlan, Reimbursement
from orders.reimbursements.money import debt_of
from orders.tests.factories import level_of
from orders.tests.installments.factories import line, make_plan, opened
from orders.tests.installments.plans import make_goods
from orders.tests.installments.plans import make_plan as accepted_plan
from payments.models import Refund
from payments.refunds import reimbursing
from payments.tests.plans import pay_part
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db


def by_buyer(plan: InstallmentPlan, key: str = "k", **given: Any) -> Cancellation:
    given = {"expected": None} | given
    return cancel(plan.order, by="shopper", reason="mistake", key=key, actor="shopper", **given)


def test_a_plan_of_which_nothing_was_paid_ends_with_its_order_and_nobody_is_owed_anything():
    plan = accepted_plan(variant=make_goods())
    shown = quotes.quote(plan.order, by="shopper")
    assert shown.ends_plan
    made = by_buyer(plan, expected=shown.seen)
    assert by_buyer(plan) == made
    plan.refresh_from_db()
    plan.order.refresh_from_db()
    assert (plan.status, plan.order.status, made.reimbursement) == ("cancelled", "cancelled", None)
    assert level_of(plan.order.lines.get().variant_id).on_hand == 10
    assert not plan.order.holds.filter(status="active").exists()
    mails = EmailLog.objects.filter(kind__in=["order_cancelled", "installments_cancelled"])
    assert [mail.kind for mail in mails] == ["order_cancelled"]
    assert runner.check() == []


def test_units_of_a_plan_make_what_is_open_fall_exactly_as_it_was_shown():
    plan = make_plan()
    pay_part(plan, 1)
    shown = quotes.quote(plan.order, {line(plan, "78.00").pk: 1}, by="shopper")
    assert shown.reduction is not None
    assert (shown.money, shown.less) == (0, shown.amount)
    made = by_buyer(plan, units={line(plan, "78.00").pk: 1}, expected=shown.seen)
    assert made.reimbursement is not None
    assert reimbursing.pay(made.reimbursement.pk) == "paid"
    assert opened(plan) == [row.open_after for row in shown.reduction.rows]
    assert runner.check() == []


def test_the_whole_of_a_plan_gives_back_all_that_was_paid_and_leaves_nothing_open():
    plan = make_plan()
    payment = pay_part(plan, 1)
    shown = quotes.quote(plan.order, by="shopper")
    assert (shown.money, shown.amount) == (payment.amount, debt_of(plan.order_id))
    made = by_buyer(plan, expected=shown.seen)
    assert made.reimbursement is not None
    reimbursing.pay(made.reimbursement.pk)
    assert opened(plan) == [0, 0, 0]
    assert sum(refund.amount for refund in Refund.objects.all()) == payment.amount
    plan.order.refresh_from_db()
    assert plan.order.status == "cancelled"


def test_an_instalment_paid_since_the_preview_is_shown_first():
    plan = make_plan()
    pay_part(plan, 1)
    shown = quotes.quote(plan.order, by="shopper")
    pay_part(plan, 2)
    with pytest.raises(Changed) as refused:
        by_buyer(plan, expected=shown.seen)
    assert refused.value.quote.money > shown.money
    assert not Reimbursement.objects.exists()
    assert Decimal(0) < refused.value.quote.less < shown.less
