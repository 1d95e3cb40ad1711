"""Money that goes back of an order paid in instalments: what is open falls first, the rest goes by its payments."""

from decimal import Decimal
from unittest import mock

import pytest
from django.db.models.functions import Now

from orders.models import InstallmentBill, InstallmentPlan, MoneyState, Order, OrderMoney, Reimbursement
from orders.reimbursements.left import for_sum, for_units, left_of
from orders.reimbursements.money import debt_of
from orders.reimbursements.owing import MoreThanPaid, owe
from orders.tests.installments.factories import line, make_plan, opened, parts
from orders.tests.installments.plans import ask
from payments.checkout import attempts
from payments.checkout.stale_bills import close_of
from payments.disputes import money as dispute_money
from payments.models import Payment, Refund
from payments.refunds import plan_returns, refund_requests, refund_state, reimbursing
from payments.refunds.plan_returns import Changed, Choice
from payments.refunds.refund_requests import OverRefund
from payments.refunds.refund_state import move_refund
from payments.tests.plans import pay_part
from payments.tests.world import World
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
ACTOR = "staff:ana@example.com"
PART = Decimal("58.66")


def unit_back(plan: InstallmentPlan, price: str = "45.00", number: int = 1) -> Reimbursement:
    """Owe a unit of the order, as whatever returns it does, and pay it as the job does."""
    lines = for_units(left_of(plan.order), {line(plan, price).pk: number})
    owed = owe(plan.order, lines, reason="torn", dedupe_key=f"{price}:{number}", actor=ACTOR)
    reimbursing.pay(owed.pk)
    owed.refresh_from_db()
    return owed


def all_back(plan: InstallmentPlan) -> Reimbursement:
    return plan_returns.give_back(
        plan.order, Choice(is_everything=True), reason="all", dedupe_key="all", expected=None, actor=ACTOR
    )


def money_of(plan: InstallmentPlan) -> OrderMoney:
    return Order.objects.get(pk=plan.order_id).money


def test_a_unit_lets_open_instalments_fall_and_no_money_goes_back():
    plan = make_plan()
    pay_part(plan, 1)
    assert (money_of(plan).state, money_of(plan).due) == (MoneyState.DUE, Decimal("117.32"))
    owed = unit_back(plan)
    assert (owed.amount, owed.status, owed.counts_itself) == (Decimal("47.14"), "paid", True)
    assert opened(plan) == [0, Decimal("35.09"), Decimal("35.09")]
    assert not Refund.objects.exists()
    mail = EmailLog.objects.get(kind="installments_reduced")
    assert "47,14" in mail.subject
    assert mail.text.count("35,09") == 2
    part = owed.parts.get()
    assert (part.way, part.amount, part.refund) == ("less_to_pay", Decimal("47.14"), None)
    assert {one.line.unit_price: one.left for one in left_of(plan.order).lines} == {45: 1, 78: 1}
    money = money_of(plan)
    assert (money.due, money.promised, money.state) == (Decimal("70.18"), 0, MoneyState.DUE)


def test_the_last_money_goes_back_by_the_newest_payment():
    plan = make_plan()
    pay_part(plan, 1)
    newest = pay_part(plan, 2)
    owed = unit_back(plan, number=2)
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount, owed.status) == (newest, Decimal("35.62"), "paying")
    assert [(part.paid, part.open_amount) for part in parts(plan)] == [
        (PART, 0),
        (Decimal("23.04"), 0),
        (0, 0),
    ]
    move_refund(refund, "succeeded", actor=ACTOR)
    owed.refresh_from_db()
    assert (owed.status, money_of(plan).state) == ("paid", MoneyState.PART)
    with pytest.raises(MoreThanPaid):
        owe(plan.order, for_sum(Decimal("81.71")), reason="x", dedupe_key="x", actor=ACTOR)
    owe(plan.order, for_sum(Decimal("81.70")), reason="x", dedupe_key="x", actor=ACTOR)


def test_everything_gives_back_all_that_was_paid_and_leaves_nothing_open():
    plan = make_plan(shipping="12.00")
    pay_part(plan, 1)
    pay_part(plan, 2)
    owed = all_back(plan)
    assert sum(refund.amount for refund in Refund.objects.all()) == sum(
        p.amount for p in Payment.objects.all()
    )
    assert (opened(plan), owed.amount) == ([0, 0, 0], plan.total)
    plan.refresh_from_db()
    assert (plan.status, money_of(plan).state) == ("paid", MoneyState.GOING)
    for refund in Refund.objects.all():
        move_refund(refund, "succeeded", actor=ACTOR)
    assert (money_of(plan).state, debt_of(plan.order_id)) == (MoneyState.REFUNDED, 0)


def test_everything_of_a_plan_that_was_paid_off_early_gives_back_what_was_paid():
    plan = make_plan()
    payment = pay_part(plan, 1, 2, 3, waived=["0", "2.66", "2.66"])
    all_back(plan)
    assert Refund.objects.get().amount == payment.amount == Decimal("170.66")
    assert [part.waived for part in parts(plan)] == [0, 0, 0]


def test_everything_before_anything_was_paid_cancels_plan_and_order():
    plan = make_plan()
    owed = all_back(plan)
    plan.refresh_from_db()
    plan.order.refresh_from_db()
    assert (owed.status, plan.status, plan.order.status) == ("paid", "cancelled", "cancelled")


def test_a_refund_that_fails_counts_again_and_what_came_back_stays_back():
    plan = make_plan()
    pay_part(plan, 1)
    owed = all_back(plan)
    refund = Refund.objects.get()
    move_refund(refund, "failed", actor=ACTOR)
    owed.refresh_from_db()
    assert (owed.status, opened(plan), parts(plan)[0].paid) == ("failed", [0, 0, 0], PART)
    assert debt_of(plan.order_id) == PART
    assert [one.left for one in left_of(plan.order).lines] == [0, 0]
    assert refund_requests.retry(refund, actor=ACTOR)
    owed.refresh_from_db()
    assert (owed.status, debt_of(plan.order_id)) == ("paying", 0)


def test_a_charge_back_is_owed_again_and_falls_first_when_goods_come_back():
    plan = make_plan()
    payment = pay_part(plan, 1, 2, 3)
    Payment.objects.filter(pk=payment.pk).update(status="charged_back")
    payment.refresh_from_db()
    dispute_money.recount(payment, actor=ACTOR)
    plan.refresh_from_db()
    assert (opened(plan), plan.status) == ([PART, PART, PART], "active")
    assert money_of(plan).state == MoneyState.CHARGED_BACK
    all_back(plan)
    assert (opened(plan), Refund.objects.count()) == ([0, 0, 0], 0)


def test_what_a_dispute_brings_back_after_it_was_paid_again_goes_back():
    plan = make_plan()
    payment = pay_part(plan, 1)
    Payment.objects.filter(pk=payment.pk).update(status="charged_back")
    payment.refresh_from_db()
    dispute_money.recount(payment, actor=ACTOR)
    pay_part(plan, 1, 2, 3)
    Payment.objects.filter(pk=payment.pk).update(status="approved")
    payment.refresh_from_db()
    dispute_money.recount(payment, actor=ACTOR)
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount, refund.origin) == (payment, PART, "automatic")
    assert opened(plan) == [0, 0, 0]


def test_the_preview_is_the_act_and_a_change_in_between_is_refused():
    plan = make_plan()
    pay_part(plan, 1)
    choice = Choice(units={line(plan, "45.00").pk: 1})
    shown = plan_returns.quote(plan.order, choice)
    assert (shown.reduction.open_before, shown.reduction.open_after) == (Decimal("117.32"), Decimal("70.18"))
    pay_part(plan, 2)
    with pytest.raises(Changed):
        give(plan, choice, shown.seen)
    assert not Reimbursement.objects.exists()
    shown = plan_returns.quote(plan.order, choice)
    owed = give(plan, choice, shown.seen)
    assert opened(plan) == [row.open_after for row in shown.reduction.rows]
    assert give(plan, choice, shown.seen) == owed


def give(plan: InstallmentPlan, choice: Choice, seen: str) -> Reimbursement:
    return plan_returns.give_back(
        plan.order, choice, reason="torn", dedupe_key="k", expected=seen, actor=ACTOR
    )


def test_no_more_than_is_left_and_not_by_the_refund_of_one_payment():
    plan = make_plan()
    payment = pay_part(plan, 1)
    with pytest.raises(OverRefund):
        plan_returns.quote(plan.order, Choice(amount=Decimal("175.99")))
    with pytest.raises(reimbursing.NothingToPayWith):
        reimbursing.ask(payment, for_sum(Decimal(1)), reason="x", dedupe_key="x", expected=None, actor=ACTOR)


def test_a_worker_that_dies_between_owed_and_paid_is_followed_by_one_that_finishes():
    plan = make_plan()
    pay_part(plan, 1)
    lines = for_units(left_of(plan.order), {line(plan, "45.00").pk: 1})
    owed = owe(plan.order, lines, reason="torn", dedupe_key="k", actor=ACTOR)
    # Nothing was paid so far: the unit counts, and what is open will fall by it.
    assert money_of(plan).promised == 0
    assert {one.line.unit_price: one.left for one in left_of(plan.order).lines} == {45: 1, 78: 1}
    # Killed when all is written and nothing is committed.
    killed = mock.patch.object(refund_state, "follow", side_effect=KeyboardInterrupt)
    with killed, pytest.raises(KeyboardInterrupt):
        reimbursing.pay(owed.pk)
    Reimbursement.objects.update(next_try_at=Now())
    assert opened(plan)[1] == PART
    assert reimbursing.pay_due() == {"paid": 1}
    assert reimbursing.pay_due() == {}
    assert opened(plan) == [0, Decimal("35.09"), Decimal("35.09")]


def test_a_checkout_that_asks_for_more_than_is_owed_now_is_closed(providers: World):
    """What was opened before goods came back is dead at the provider; the next asks for what is open then."""
    plan = make_plan()
    pay_part(plan, 1)
    attempt = attempts.start(payable=ask(plan, 2).payable, gateway="stripe", actor=ACTOR)
    unit_back(plan)
    assert close_of(plan.pk) == 1
    attempt.refresh_from_db()
    assert (attempt.status, InstallmentBill.objects.get(payable=attempt.payable).status) == (
        "cancelled",
        "ended",
    )
    fresh = attempts.start(payable=ask(plan, 2).payable, gateway="stripe", actor=ACTOR)
    assert fresh.amount == Decimal("35.09")
    assert close_of(plan.pk) == 0
