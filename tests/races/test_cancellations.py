"""An order cancelled while it is packed, sent, refunded, paid or cancelled by another; killed in it: one of the two, whole."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from inventory.checks import runner
from inventory.models import StockLevel
from orders.cancellation import cancelling, quotes
from orders.cancellation.cancelling import Changed, cancel
from orders.cancellation.quotes import CannotCancel, Quote
from orders.fulfilment import packing, shipments
from orders.models import Cancellation, InstallmentPlan, Order, Reimbursement, Shipment
from orders.tests.factories import level_of
from orders.tests.fulfilment.test_remaining import paid_order
from orders.tests.installments.plans import ask, make_goods, make_plan, pay
from payments.models import Payment, Refund
from payments.refunds import refund_requests, reimbursing
from shop.core.states import IllegalTransition
from tests.races.tools.killing import AT_THE_STOCK, SIGKILL, TERMINATE, kill_in_the_middle
from tests.races.tools.rendezvous import come_between, meet, meet_at_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STAFF = "staff:ana@example.com"


def act(order: Order, key: str = "k", *, by: str = "shopper", shown: Quote | None = None) -> Cancellation:
    """Cancel all of an order, as it was shown."""
    seen = (shown or quotes.quote(order, by=by)).seen
    return cancel(order, by=by, reason="other", expected=seen, key=key, actor=by)


def at_the_order(order: Order, *acts: Callable[[], object]) -> list[Any]:
    return meet_at_a_lock(acts, lock=lambda: Order.objects.select_for_update().get(pk=order.pk), in_turn=True)


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard out: the order is judged as it was read."""
    monkeypatch.setattr(cancelling, "_lock", lambda order: Order.objects.get(pk=order.pk))


def units_of(order: Order) -> int:
    variant = order.lines.get().variant_id
    assert variant
    return int(level_of(variant).on_hand)


def test_two_clicks_are_one_act_and_of_two_forms_the_second_is_told():
    order, _payment = paid_order()
    shown = quotes.quote(order, by="shopper")
    answers = at_the_order(
        order, *[partial(act, order, key, shown=shown) for key in ("one form", "one form", "another")]
    )
    assert answers[0] == answers[1] == Cancellation.objects.get()
    assert isinstance(answers[2], CannotCancel)
    assert (units_of(order), Reimbursement.objects.get().amount) == (9, order.total)
    assert runner.check() == []


def test_control_judged_as_it_was_read_two_forms_act_up_to_what_the_database_refuses(
    monkeypatch: pytest.MonkeyPatch,
):
    order, _payment = paid_order()
    unlocked(monkeypatch)
    shown = quotes.quote(order, by="shopper")
    answer = come_between(
        partial(act, order, "one form", shown=shown),
        before="FOR NO KEY UPDATE",
        meanwhile=lambda: act(order, "another", shown=shown),
    )
    assert not isinstance(answer, CannotCancel)
    assert isinstance(answer, Exception)


def test_whoever_packs_or_sends_first_keeps_the_order_and_whoever_cancels_first_keeps_it_here():
    for is_first in (True, False):
        order, _payment = paid_order()
        box = shipments.prepare(order, key=f"box {is_first}", actor=STAFF)
        shown = quotes.quote(order, by="shopper")
        acts: list[Callable[[], object]] = [
            partial(packing.pack_all, box, actor=STAFF),
            partial(act, order, f"b{is_first}", shown=shown),
        ]
        packed, cancelled = at_the_order(order, *(acts if is_first else acts[::-1]))[:: 1 if is_first else -1]
        box.refresh_from_db()
        assert isinstance(cancelled, CannotCancel if is_first else Cancellation)
        assert (box.packed_at is not None, box.status) == (is_first, "pending" if is_first else "cancelled")
        assert isinstance(packed, Exception) != is_first
        if is_first:
            shown = quotes.quote(order, by="staff")
            ship = partial(shipments.ship, box, actor=STAFF)
            sent, late = at_the_order(order, ship, partial(act, order, "late", by="staff", shown=shown))
            assert sent
            assert isinstance(late, CannotCancel)
            assert units_of(order) == 6
        else:
            with pytest.raises(IllegalTransition):
                shipments.ship(box, actor=STAFF)
    assert runner.check() == []


def test_control_without_the_lock_what_was_packed_meanwhile_is_cancelled_by_its_buyer(
    monkeypatch: pytest.MonkeyPatch,
):
    order, _payment = paid_order()
    box = shipments.prepare(order, key="box", actor=STAFF)
    unlocked(monkeypatch)
    answer = come_between(
        partial(act, order, shown=quotes.quote(order, by="shopper")),
        before="FOR UPDATE",
        meanwhile=lambda: packing.pack_all(box, actor=STAFF),
    )
    assert isinstance(answer, Cancellation)
    box.refresh_from_db()
    assert (box.status, box.packed_at is not None) == ("cancelled", True)


def some_back(payment: Payment) -> Refund:
    """Give a sum back, of no unit: nothing of that asks for the order."""
    return refund_requests.request(payment, payment.amount / 2, "staff", "stain", "refund", actor=STAFF)


def test_a_sum_refunded_in_the_same_moment_is_not_owed_once_more():
    order, payment = paid_order()
    shown = quotes.quote(order, by="shopper")
    refunded, answer = meet_at_a_lock(
        [partial(some_back, payment), partial(act, order, shown=shown)],
        lock=lambda: Payment.objects.select_for_update().get(pk=payment.pk),
        in_turn=True,
    )
    assert isinstance(answer, Changed)
    act(order, shown=answer.quote)
    assert Reimbursement.objects.get().amount + refunded.amount == payment.amount


def test_control_with_the_order_locked_alone_more_is_promised_than_was_paid(monkeypatch: pytest.MonkeyPatch):
    order, payment = paid_order()
    monkeypatch.setattr(cancelling, "_lock", lambda order: Order.objects.select_for_update().get(pk=order.pk))
    answers: list[Any] = []

    def cancel_between() -> None:
        answers.append(act(order))

    refunded = come_between(
        partial(some_back, payment), before='INSERT INTO "payments_refund"', meanwhile=cancel_between
    )
    assert isinstance(answers[0], Cancellation)
    assert isinstance(refunded, Refund)
    assert Reimbursement.objects.get().amount + refunded.amount > payment.amount


def test_an_instalment_paid_in_the_same_moment_is_shown_before_it_is_given_back():
    plan = make_plan(variant=make_goods())
    bill = ask(plan, 1)
    shown = quotes.quote(plan.order, by="shopper")
    answer = meet(
        partial(act, plan.order, shown=shown),
        first=lambda: Order.objects.select_for_update(no_key=True).get(pk=plan.order_id),
        then=lambda: pay(bill),
    )
    assert isinstance(answer, Changed)
    assert (shown.ends_plan, answer.quote.ends_plan) == (True, False)
    plan.refresh_from_db()
    assert plan.status == InstallmentPlan.Status.ACTIVE


def test_control_without_the_comparison_the_buyer_gets_what_nobody_was_shown():
    plan = make_plan(variant=make_goods())
    bill = ask(plan, 1)
    shown = quotes.quote(plan.order, by="shopper")
    answer = meet(
        partial(cancel, plan.order, by="shopper", reason="other", expected=None, key="k", actor="shopper"),
        first=lambda: Order.objects.select_for_update(no_key=True).get(pk=plan.order_id),
        then=lambda: pay(bill),
    )
    assert isinstance(answer, Cancellation)
    assert shown.ends_plan
    assert answer.reimbursement is not None


STEPS = {
    "at its payments": ("SELECT 1 FROM payments_payment FOR UPDATE",),
    "at the order": ("SELECT 1 FROM orders_order FOR UPDATE",),
    "at the shipment": ("SELECT 1 FROM orders_shipment FOR UPDATE",),
    "at the stock": AT_THE_STOCK,
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_has_happened_and_the_next_one_does_it_all(step: str):
    order, payment = paid_order()
    shipments.prepare(order, key="box", actor=STAFF)
    shown = quotes.quote(order, by="shopper")
    how = TERMINATE if step == "at the stock" else SIGKILL
    kill_in_the_middle(partial(act, order, shown=shown), how=how, stop_at=STEPS[step])
    assert not Cancellation.objects.exists()
    assert Shipment.objects.get().status == "pending"
    assert StockLevel.objects.get().on_hand == 6
    assert runner.check() == []
    made = act(order, shown=shown)
    assert act(order, shown=shown) == made
    # The message that wakes the job went with the process: the job finds what is due by itself.
    assert sum(reimbursing.pay_due().values()) == 1
    assert Refund.objects.get(payment=payment).amount == order.total
    assert units_of(order) == 9
    assert runner.check() == []
