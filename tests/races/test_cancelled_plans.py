"""Plans that were never paid, cancelled by two workers at once, or while a payment arrives; the meeting is arranged."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from orders.installments import cancelling, plan_state
from orders.models import InstallmentPlan, Order
from orders.tests.factories import level_of
from orders.tests.installments.plans import ask, make_goods, make_plan, pay
from tests.races.tools.concurrency import surprises
from tests.races.tools.rendezvous import meet, meet_at_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
Status = InstallmentPlan.Status


def unpaid() -> InstallmentPlan:
    plan = make_plan(variant=make_goods())
    InstallmentPlan.objects.update(pay_first_by=timezone.now() - timedelta(days=400))
    return plan


def units_of(plan: InstallmentPlan) -> int:
    line = plan.order.lines.get()
    assert line.variant_id
    return int(level_of(line.variant_id).on_hand)


def at_the_order(plan: InstallmentPlan, *acts: Callable[[], object]) -> list[object]:
    return meet_at_a_lock(acts, lock=lambda: Order.objects.select_for_update().get(pk=plan.order_id))


def test_two_workers_cancel_once():
    plan = unpaid()
    answers = at_the_order(plan, *[partial(cancelling.cancel_due)] * 2)
    assert not surprises(answers)
    assert sorted(map(str, answers)) == ["{'cancelled': 1}", "{'not due any more': 1}"]
    assert units_of(plan) == 10


def test_control_without_the_look_below_the_locks_the_second_cancels_again(monkeypatch: pytest.MonkeyPatch):
    """Judged by what was read before the locks it would cancel twice, up to what the database itself refuses."""
    plan = unpaid()
    read = [InstallmentPlan.objects.select_related("order").get(pk=plan.pk) for _worker in range(2)]

    def cancel_as_read() -> str:
        mine = read.pop()
        mine.installments.count()
        with transaction.atomic():
            Order.objects.select_for_update(no_key=True).get(pk=mine.order_id)
            monkeypatch.setattr(plan_state, "lock", lambda _key: mine)
            return cancelling.cancel(mine, actor="test")

    answers = at_the_order(plan, *[partial(cancel_as_read)] * 2)
    assert len(surprises(answers)) + answers.count("cancelled") == 2
    assert "paid meanwhile" not in answers


def test_a_payment_that_has_the_locks_first_wins_and_neither_waits_for_the_other_for_ever():
    """The job asks for the order first, as a payment does: locking the plan first, it would be a deadlock."""
    plan = unpaid()
    bill = ask(plan, 1)
    answer = meet(
        cancelling.cancel_due,
        first=lambda: Order.objects.select_for_update(no_key=True).get(pk=plan.order_id),
        then=lambda: pay(bill),
    )
    assert answer == {"not due any more": 1}
    plan.refresh_from_db()
    assert (plan.status, units_of(plan)) == (Status.ACTIVE, 9)


def test_control_with_the_plan_locked_first_the_two_wait_for_each_other():
    plan = unpaid()
    bill = ask(plan, 1)

    def plan_first() -> None:
        with transaction.atomic():
            InstallmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
            plan_state.lock(plan.pk)

    answer = meet(
        plan_first,
        first=lambda: Order.objects.select_for_update(no_key=True).get(pk=plan.order_id),
        then=lambda: pay(bill),
    )
    assert "deadlock" in str(answer)
