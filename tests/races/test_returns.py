"""Returns under two hands at once, and killed half-way: no unit comes back twice, no money goes back twice."""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from inventory.checks import runner
from inventory.models import StockLevel, StockMovement
from orders.models import (
    Inspection,
    Order,
    Reimbursement,
    Return,
    ReturnDecision,
    ReturnLine,
    ReturnReceipt,
    ReturnReceiptLine,
)
from orders.returns import answering, asking, deciding, inspecting, receiving
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from orders.returns.rows import NotOpen
from orders.returns.units import returnable
from orders.tests.returns.returns import STAFF, approved, delivered_order, wanted
from payments.models import Refund
from payments.refunds import reimbursing
from shop.core.models import EmailLog, Event
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.killing import SIGKILL, TERMINATE, kill_in_the_middle
from tests.races.tools.rendezvous import meet_at_a_lock, stopping
from tests.support.unlocked import without_row_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def units(rows: Any) -> int:
    return int(rows.aggregate(sum=Sum("quantity"))["sum"] or 0)


# -- One unit, two returns ------------------------------------------------------------------------------------------------
def ask_by_hand(order: Order) -> list[Callable[[], Any]]:
    """Return two acts that look what may come back, wait for one another, then write it into a return, unlocked."""
    barrier = Barrier(2, timeout=PATIENCE)
    line = order.lines.get()
    reason = wanted(line).reason

    def add(rma: Return) -> None:
        with transaction.atomic():
            left = returnable(order)[0].left
            ReturnLine.objects.create(rma=rma, order_line=line, quantity=left, reason=reason)

    twins = [Return.objects.create(order=order, ordinal=n, dedupe_key=str(n)) for n in (1, 2)]
    return [
        stopping(partial(add, twin), before='INSERT INTO "orders_returnline"', wait=barrier.wait)
        for twin in twins
    ]


def test_two_who_both_saw_the_last_unit_ask_for_it_once():
    answers = together(ask_by_hand(delivered_order(2)))
    assert count(answers, IntegrityError) == 1
    assert units(ReturnLine.objects) == 2


def test_control_without_the_trigger_the_unit_is_in_two_returns():
    acts = ask_by_hand(delivered_order(2))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_returnline DISABLE TRIGGER USER")
    try:
        answers = together(acts)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE orders_returnline ENABLE TRIGGER USER")
    assert not surprises(answers)
    assert units(ReturnLine.objects) == 4


def test_eight_tabs_ask_approve_and_end_it_once():
    order = delivered_order(2)
    line = order.lines.get()
    one = wanted(line, 2)
    same = together([partial(asking.request, order, [one], key="form", actor="buyer") for _n in range(4)])
    assert not surprises(same)
    assert len({rma.pk for rma in same}) == 1
    others = together([partial(asking.request, order, [one], key=str(n), actor="buyer") for n in range(4)])
    assert count(others, asking.MoreThanSent) == 4
    rma = Return.objects.get()
    ends = together(
        [partial(answering.approve, Return.objects.get(pk=rma.pk), actor=STAFF) for _n in range(4)]
        + [
            partial(answering.reject, Return.objects.get(pk=rma.pk), reason="no", actor=STAFF)
            for _n in range(4)
        ]
    )
    assert [answer for answer in ends if answer is True] == [True]
    assert EmailLog.objects.filter(kind__in=("return_approved", "return_ended")).count() == 1


# -- Two clerks, one parcel -----------------------------------------------------------------------------------------------
def at_the_order(order: Order, *acts: Callable[[], object]) -> list[Any]:
    return meet_at_a_lock(acts, lock=lambda: Order.objects.select_for_update().get(pk=order.pk))


def test_two_clerks_receive_the_same_parcel_once():
    order = delivered_order(2)
    line = order.lines.get()
    rma = approved(order, wanted(line, 1))
    clerks = [
        partial(
            receiving.receive, Return.objects.get(pk=rma.pk), {line.pk: 1}, parcel=1, actor=f"staff:{name}"
        )
        for name in ("ana", "bea")
    ]
    answers = at_the_order(order, *clerks)
    assert not surprises(answers)
    assert sorted(is_new for _receipt, is_new in answers) == [False, True]
    assert len({receipt.pk for receipt, _new in answers}) == 1
    assert (
        units(ReturnReceiptLine.objects),
        units(StockMovement.objects.filter(kind="customer_return")),
    ) == (1, 1)
    assert EmailLog.objects.filter(kind="return_received").count() == 1


def test_control_without_locks_and_numbers_of_parcels_both_write_what_they_counted(
    monkeypatch: pytest.MonkeyPatch,
):
    """Without the order's lock both see no receipt; only the number of the parcel refuses the second one."""
    order = delivered_order(2)
    line = order.lines.get()
    rma = approved(order, wanted(line, 1))
    receiving.place()
    barrier = Barrier(2, timeout=PATIENCE)
    without_row_locks(monkeypatch)
    act = partial(receiving.receive, rma, {line.pk: 1}, parcel=1, actor=STAFF)
    clerks = [
        stopping(act, before='INSERT INTO "orders_returnreceipt"', wait=barrier.wait) for _n in range(2)
    ]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_returnreceipt DROP CONSTRAINT returnreceipt_once")
    try:
        answers = together(clerks)
    finally:
        _number_anew()
    assert not surprises(answers)
    assert units(ReturnReceiptLine.objects) == 2


def _number_anew() -> None:
    """Let the two receipts of the control be two parcels, and put the constraint back."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_returnreceipt DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE orders_returnreceipt SET ordinal = 2 WHERE id = (SELECT max(id::text)::uuid FROM orders_returnreceipt)"
        )
        cursor.execute("ALTER TABLE orders_returnreceipt ENABLE TRIGGER USER")
        cursor.execute(
            "ALTER TABLE orders_returnreceipt ADD CONSTRAINT returnreceipt_once UNIQUE (rma_id, ordinal)"
        )


def test_each_later_act_of_many_hands_is_done_once():
    order = delivered_order(3)
    line = order.lines.get()
    rma = approved(order, wanted(line, 3))
    receiving.receive(rma, {line.pk: 3}, parcel=1, actor=STAFF)
    row = rma.lines.get()
    found = [Found(row.pk, 3, "new", "restock")]
    acts = [
        partial(inspecting.inspect, Return.objects.get(pk=rma.pk), found, key=f"i{n}", actor=STAFF)
        for n in range(4)
    ]
    assert count(together(acts), inspecting.MoreThanReceived) == 3
    assert units(Inspection.objects) == 3
    choice = Choice(units={row.pk: 3})
    decisions = [
        partial(deciding.decide, Return.objects.get(pk=rma.pk), choice, key=f"d{n}", actor=STAFF)
        for n in range(4)
    ]
    assert count(together(decisions), deciding.NothingToDecide) == 3
    made = ReturnDecision.objects.get()
    paid = together(
        [partial(deciding.pay_back, ReturnDecision.objects.get(pk=made.pk), actor=STAFF) for _n in range(4)]
        + [
            partial(deciding.take_back, ReturnDecision.objects.get(pk=made.pk), actor=STAFF)
            for _n in range(2)
        ]
    )
    assert not surprises(paid, deciding.NothingToDecide, NotOpen)
    made.refresh_from_db()
    assert (made.reimbursement is None) == (made.withdrawn_at is not None)
    assert Reimbursement.objects.count() == (1 if made.reimbursement else 0)


def test_one_disposition_is_changed_once_and_no_unit_is_in_two_places():
    order = delivered_order(2)
    line = order.lines.get()
    rma = approved(order, wanted(line, 2))
    receiving.receive(rma, {line.pk: 2}, parcel=1, actor=STAFF)
    row = inspecting.inspect(rma, [Found(rma.lines.get().pk, 2, "new", "quarantine")], key="i", actor=STAFF)[
        0
    ]
    acts = [
        partial(inspecting.change, row, to, units=2, key=f"{to}{n}", actor=STAFF)
        for n in range(2)
        for to in ("restock", "write_off")
    ]
    assert not surprises(together(acts), inspecting.MoreThanReceived, inspecting.NotThere)
    final = Inspection.objects.get()
    there = sum(StockLevel.objects.filter(variant=line.variant).values_list("on_hand", flat=True))
    assert there == (9 if final.disposition == "restock" else 7)
    assert runner.check(scope="") == []


# -- Killed half-way ------------------------------------------------------------------------------------------------------
AT_THE_MAILS = ("LOCK TABLE core_emaillog IN SHARE MODE",)
AT_THE_EVENTS = ("LOCK TABLE core_event IN SHARE MODE",)
TABLES = (Return, ReturnLine, ReturnReceipt, Inspection, ReturnDecision, Reimbursement, StockMovement)


@pytest.mark.parametrize("how", [SIGKILL, TERMINATE])
def test_killed_half_way_nothing_is_half_and_repeated_it_is_whole(how: str):
    """Each act stopped where its last rows are written, with all others written already."""
    order = delivered_order(2)
    line = order.lines.get()
    _stepped(partial(asking.request, order, [wanted(line, 2)], key="r", actor="buyer"), how, AT_THE_MAILS)
    rma = Return.objects.get()
    _stepped(partial(answering.approve, rma, actor=STAFF), how, AT_THE_MAILS)
    _stepped(partial(receiving.receive, rma, {line.pk: 2}, parcel=1, actor=STAFF), how, AT_THE_MAILS)
    found = [
        Found(rma.lines.get().pk, 1, "new", "restock"),
        Found(rma.lines.get().pk, 1, "used", "write_off"),
    ]
    _stepped(partial(inspecting.inspect, rma, found, key="i", actor=STAFF), how, AT_THE_EVENTS)
    choice = Choice(units={rma.lines.get().pk: 2})
    _stepped(partial(deciding.decide, rma, choice, key="d", actor=STAFF), how, AT_THE_EVENTS)
    made = ReturnDecision.objects.get()
    _stepped(partial(deciding.pay_back, made, actor=STAFF), how, AT_THE_MAILS)
    rma.refresh_from_db()
    assert rma.status == "closed"
    reimbursing.pay_due()
    assert (Refund.objects.get().amount, made.total) == (order.total, order.total)
    kinds = list(Event.objects.filter(subject_type="orders.return").values_list("kind", "to_state"))
    assert len(kinds) == len(set(kinds))
    mails = EmailLog.objects.filter(kind__startswith="return_").values_list("kind", flat=True)
    assert len(mails) == len(set(mails)) == 4
    assert runner.check(scope="") == []


def _stepped(act: Callable[[], Any], how: str, stop_at: tuple[str, ...]) -> None:
    before = [model._default_manager.count() for model in TABLES]
    states = list(Return.objects.values_list("status", "updated_at"))
    kill_in_the_middle(act, how=how, stop_at=stop_at)
    assert [model._default_manager.count() for model in TABLES] == before, act
    assert list(Return.objects.values_list("status", "updated_at")) == states
    act()
    again = [model._default_manager.count() for model in TABLES]
    act()
    assert [model._default_manager.count() for model in TABLES] == again, act
