"""A process is killed (SIGKILL) at any step of a plan: accepted, paid, cancelled. In the end each happened once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.checks import runner
from orders.fulfilment import holds
from orders.installments import cancelling
from orders.models import InstallmentPlan, Order
from orders.tests.factories import level_of
from orders.tests.installments.plans import (
    accept,
    ask,
    make_checkout,
    make_goods,
    make_offer,
    make_plan,
    rows_of,
)
from payments.checkout import attempts
from payments.models import Payment, Refund
from payments.tests.world import World
from shop.core.models import EmailLog
from tests.races.test_killed_worker import (
    DONE,
    KILLED,
    MOST,
    KilledProcess,
    _processes,
    killed,
    run_the_jobs,
)
from tests.support.soak import amount

__all__ = ["_processes", "killed"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
STRIDE = amount("kill points of a plan of instalments, one in", usual=36, soak=3)


def test_killed_while_a_plan_is_accepted(killed: KilledProcess):
    """The buyer presses again: one order, one sale, three instalments, one mail."""
    make_offer()
    variant, deaths = make_goods(units=MOST), 0
    for sold, step in enumerate(range(5, MOST, STRIDE), start=1):
        session = make_checkout(variant=variant)
        status = killed.do("accept", session.pk, dies_at=step)
        plan = accept(session)
        assert Order.objects.filter(checkout=session).count() == 1, f"after a death at step {step}"
        assert len(rows_of(plan)) == 3
        assert level_of(variant.pk).on_hand == MOST - sold
        assert not holds.may_fulfil(plan.order)
        assert EmailLog.objects.filter(kind="installments_accepted", trail=session.pk).count() == 1
        if status == DONE:
            break
        assert status == KILLED
        deaths += 1
    assert deaths >= 2
    assert runner.check() == []


def test_killed_while_an_instalment_is_booked(providers: World, killed: KilledProcess):
    """The jobs settle it: the instalment is paid once, the order may go, the receipt is sent once."""
    make_offer()
    variant, deaths = make_goods(units=MOST), 0
    for step in range(2, MOST, STRIDE):
        plan = make_plan(variant=variant)
        attempt = attempts.start(payable=ask(plan, 1).payable, gateway="stripe", actor="shopper")
        providers.pay(attempt)
        status = killed.do("settle", attempt.pk, dies_at=step)
        run_the_jobs()
        payment = Payment.objects.get(attempt=attempt)
        assert (payment.role, payment.order_id) == ("order", plan.order_id), f"after a death at step {step}"
        assert rows_of(plan)[0].paid == payment.amount
        assert holds.may_fulfil(plan.order)
        receipts = EmailLog.objects.filter(kind="installments_paid", trail=plan.trail)
        assert [mail.status for mail in receipts] == ["sent"]
        assert not Refund.objects.exists()
        if status == DONE:
            break
        assert status == KILLED
        deaths += 1
    assert deaths >= 2
    assert runner.check() == []


def test_killed_while_an_unpaid_plan_is_cancelled(killed: KilledProcess):
    """The next run cancels it: the units are back once, nothing is owed."""
    make_offer()
    variant, deaths = make_goods(units=MOST), 0
    for step in range(3, MOST, STRIDE):
        plan = make_plan(variant=variant)
        InstallmentPlan.objects.filter(pk=plan.pk).update(pay_first_by=timezone.now() - timedelta(days=1))
        status = killed.do("cancel", dies_at=step)
        cancelling.cancel_due()
        plan.refresh_from_db()
        assert plan.status == InstallmentPlan.Status.CANCELLED, f"after a death at step {step}"
        assert level_of(variant.pk).on_hand == MOST
        assert not any(row.open_amount for row in rows_of(plan))
        assert EmailLog.objects.filter(kind="installments_cancelled", trail=plan.trail).count() == 1
        if status == DONE:
            break
        assert status == KILLED
        deaths += 1
    assert deaths >= 1
    assert runner.check() == []
