"""Shipments under two hands at once: no unit leaves twice, and nothing that is kept back at the same moment."""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from orders.fulfilment import holds, packing, remaining, shipments
from orders.fulfilment.packing import WrongItem
from orders.models import Order, OrderHold, Shipment, ShipmentLine
from orders.reimbursements.left import SentUnclear, for_units, left_of
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_variant
from payments.models import Refund, RefundLine
from payments.refunds import reimbursing
from shop.core.models import EmailLog, Event
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.killing import SIGKILL, TERMINATE, kill_in_the_middle
from tests.races.tools.rendezvous import come_between, meet, stopping
from tests.support.unlocked import without_row_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STAFF = "staff:test@example.com"


def order_of(units: int) -> Order:
    return make_order(make_cart((make_variant(units=9), units)))


def prepare(order: Order, key: str = "k", **given: Any) -> Shipment:
    return shipments.prepare(order, key=key, actor=STAFF, **given)


def units_in_shipments() -> int:
    return int(ShipmentLine.objects.aggregate(sum=Sum("quantity"))["sum"] or 0)


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the rows' locks away from every verb: for controls alone."""
    without_row_locks(monkeypatch)


# -- One unit, two shipments ----------------------------------------------------------------------------------------------
def add_by_hand(order: Order, barrier: Barrier) -> list[Callable[[], Any]]:
    """Return two acts that look what is left, wait for one another, then add it to a shipment, without a lock."""
    line = order.lines.get()

    def add(shipment: Shipment) -> None:
        with transaction.atomic():
            left = remaining.lines().get(pk=line.pk).left
            ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=left)

    twins = [Shipment.objects.create(order=order, ordinal=n, dedupe_key=str(n)) for n in (1, 2)]
    return [
        stopping(partial(add, twin), before='INSERT INTO "orders_shipmentline"', wait=barrier.wait)
        for twin in twins
    ]


def test_two_who_both_saw_the_last_unit_send_it_once():
    order = order_of(1)
    answers = together(add_by_hand(order, Barrier(2, timeout=PATIENCE)))
    assert count(answers, IntegrityError) == 1
    assert units_in_shipments() == 1


def test_control_without_the_trigger_the_unit_is_sent_twice():
    order = order_of(1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_shipmentline DISABLE TRIGGER USER")
    try:
        answers = together(add_by_hand(order, Barrier(2, timeout=PATIENCE)))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE orders_shipmentline ENABLE TRIGGER USER")
    assert not surprises(answers)
    assert units_in_shipments() == 2


def test_eight_clerks_prepare_pack_and_send_an_order_once():
    order = order_of(2)
    answers = together([partial(prepare, order, f"form {n}") for n in range(8)])
    assert count(answers, Shipment) == 1
    assert not surprises(answers, holds.NothingToSend)
    shipment = Shipment.objects.get()
    sku = order.lines.get().sku
    scans = together([partial(packing.scan, shipment, sku, actor=STAFF) for _n in range(8)])
    assert not surprises(scans, WrongItem)
    assert count(scans, packing.Packed) == 2
    assert Event.objects.filter(kind="packed", subject_type="orders.shipment").count() == 1
    sent = together([partial(shipments.ship, shipment, actor=STAFF) for _n in range(8)])
    assert sorted(map(bool, sent)) == [*[False] * 7, True]
    assert EmailLog.objects.filter(kind="shipment_dispatched").count() == 1
    # Delivered and come back at once: whoever is first, it has come back in the end or was delivered; never neither.
    ends = [partial(shipments.deliver, shipment, actor=STAFF)] * 4
    back = partial(shipments.mark_returned, shipment, reason="refused", actor=STAFF)
    assert not surprises(together([*ends, back]))
    assert Shipment.objects.get().status == "returned"


# -- Kept back at the moment of leaving -----------------------------------------------------------------------------------
def ask_to_wait(order: Order) -> OrderHold:
    return holds.place_hold(order, kind=OrderHold.Kind.STAFF, source="x", reason="fraud?", actor=STAFF)


def give_a_unit_back(order: Order) -> None:
    line, payment = order.lines.get(), order.payments.get()
    refund = Refund.objects.create(
        payment=payment, amount=line.unit_price, currency="ARS", dedupe_key="x", status="requested"
    )
    RefundLine.objects.create(refund=refund, order_line=line, quantity=1, amount=line.unit_price)


KEEPING_BACK: list[tuple[Callable[[Order], Any], type[Exception]]] = [
    (ask_to_wait, holds.HeldBack),
    (give_a_unit_back, holds.UnitsGone),
]


def paid_order_to_send() -> tuple[Order, Shipment]:
    order = order_of(2)
    pay(order)
    Refund.objects.all().delete()
    return order, prepare(order)


@pytest.mark.parametrize(("keep_back", "refusal"), KEEPING_BACK)
def test_what_is_kept_back_first_does_not_leave(keep_back: Callable[[Order], Any], refusal: type[Exception]):
    order, shipment = paid_order_to_send()
    answer = meet(
        partial(shipments.ship, shipment, actor=STAFF),
        first=partial(keep_back, order),
        then=lambda: None,
    )
    assert isinstance(answer, refusal), answer
    assert Shipment.objects.get().status == "pending"
    assert not EmailLog.objects.filter(kind="shipment_dispatched").exists()


@pytest.mark.parametrize(("keep_back", "refusal"), KEEPING_BACK)
def test_control_without_the_lock_it_leaves_though_it_was_kept_back_before(
    keep_back: Callable[[Order], Any], refusal: type[Exception], monkeypatch: pytest.MonkeyPatch
):
    order, shipment = paid_order_to_send()
    without_locks(monkeypatch)
    answer = come_between(
        partial(shipments.ship, shipment, actor=STAFF),
        before='UPDATE "orders_shipment"',
        meanwhile=partial(keep_back, order),
    )
    assert answer is True
    assert Shipment.objects.get().status == "shipped"


def test_an_order_that_is_leaving_is_held_afterwards():
    order, shipment = paid_order_to_send()
    seen: list[bool] = []
    answer = meet(
        partial(ask_to_wait, order),
        first=partial(shipments.ship, shipment, actor=STAFF),
        then=lambda: seen.append(OrderHold.objects.exists()),
    )
    assert isinstance(answer, OrderHold), answer
    assert seen == [False]


# -- Paid back as a unit that is still there, at the moment of leaving -----------------------------------------------------
def one_of_two_has_left() -> tuple[Order, Shipment]:
    order, first = paid_order_to_send_in_parts()
    shipments.ship(first, actor=STAFF)
    return order, prepare(order, "second")


def paid_order_to_send_in_parts() -> tuple[Order, Shipment]:
    order = order_of(2)
    pay(order)
    Refund.objects.all().delete()
    return order, prepare(order, units={order.lines.get().pk: 1})


def give_back_what_is_here(order: Order) -> Any:
    """Pay back the unit that was not sent, as somebody saw it."""
    line = order.lines.get()
    lines = for_units(left_of(order), {line.pk: 1}, sent={line.pk: 0})
    return partial(
        reimbursing.ask,
        order.payments.get(),
        lines,
        reason="x",
        dedupe_key="x",
        expected=None,
        actor=STAFF,
    )


def test_a_unit_that_is_leaving_is_not_paid_back_as_one_that_is_here():
    order, second = one_of_two_has_left()
    pay_back = give_back_what_is_here(order)
    answer = meet(pay_back, first=partial(shipments.ship, second, actor=STAFF), then=lambda: None)
    assert isinstance(answer, SentUnclear), answer
    assert not Refund.objects.exists()


def test_a_unit_that_is_paid_back_does_not_leave():
    order, second = one_of_two_has_left()
    answer = meet(
        partial(shipments.ship, second, actor=STAFF), first=give_back_what_is_here(order), then=lambda: None
    )
    assert isinstance(answer, holds.NothingToSend), answer
    assert remaining.lines().get().unsent == 0


def test_control_without_asking_again_a_unit_is_paid_back_as_one_that_is_here_and_leaves(
    monkeypatch: pytest.MonkeyPatch,
):
    order, second = one_of_two_has_left()
    monkeypatch.setattr(reimbursing, "check_sent", lambda *_given: None)
    pay_back = give_back_what_is_here(order)
    answer = meet(pay_back, first=partial(shipments.ship, second, actor=STAFF), then=lambda: None)
    assert answer.lines.get().sent == 0
    line = remaining.lines().get()
    assert (line.sent, line.refunded - line.refunded_sent) == (2, 1)


# -- Killed half-way ------------------------------------------------------------------------------------------------------
AT_THE_MAILS = ("LOCK TABLE core_emaillog IN SHARE MODE",)
AT_THE_EVENTS = ("LOCK TABLE core_event IN SHARE MODE",)


@pytest.mark.parametrize("how", [SIGKILL, TERMINATE])
@pytest.mark.parametrize("act", ["prepare", "ship", "deliver"])
def test_killed_half_way_nothing_is_half(act: str, how: str):
    """Stopped where its last rows are written, with all others written already; repeated, it is whole."""
    order = order_of(2)
    shipment = None if act == "prepare" else prepare(order)
    if shipment and act == "deliver":
        shipments.ship(shipment, actor=STAFF)
    before = Shipment.objects.values_list("status", "packed_at", "delivered_at").first()
    acts: dict[str, Callable[[], Any]] = {
        "prepare": partial(prepare, order),
        "ship": partial(shipments.ship, shipment, actor=STAFF),
        "deliver": partial(shipments.deliver, shipment, actor=STAFF),
    }
    kill_in_the_middle(acts[act], how=how, stop_at=AT_THE_EVENTS if act == "prepare" else AT_THE_MAILS)
    assert Shipment.objects.values_list("status", "packed_at", "delivered_at").first() == before
    assert units_in_shipments() == (0 if act == "prepare" else 2)
    assert acts[act]()
    order.refresh_from_db()
    expected = {"prepare": "confirmed", "ship": "confirmed", "deliver": "completed"}
    assert order.status == expected[act]
    assert units_in_shipments() == 2
    kinds = EmailLog.objects.filter(kind__startswith="shipment").values_list("kind", flat=True)
    assert len(kinds) == len(set(kinds))
