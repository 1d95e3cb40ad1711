"""Shipments: what may leave does, once; nothing leaves twice, and nothing that is held, refunded or cancelled."""

from collections.abc import Callable, Iterator
from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from inventory.checks import runner
from orders.fulfilment import holds, packing, picking, remaining, shipment_flags, shipments
from orders.models import Order, OrderHold, Shipment, ShipmentLine, ShippingMethod
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.fulfilment.test_remaining import paid_order, refund
from shop.core.models import EmailLog, Event
from shop.core.states import IllegalTransition

STAFF = "staff:ana@example.com"


@pytest.fixture(scope="module")
def shop(shared_rows: Any) -> Iterator[Order]:
    """An order of three units of one line and one of another."""
    with shared_rows():
        yield make_order(make_cart((make_variant(units=9), 3), (make_variant(), 1)))


def prepare(order: Order, key: str = "k", **given: Any) -> Shipment:
    return shipments.prepare(order, key=key, actor=STAFF, **given)


def left(order: Order) -> list[int]:
    return [line.left for line in remaining.lines().filter(order=order).order_by("-quantity")]


def three(order: Order) -> Any:
    return order.lines.get(quantity=3)


@pytest.mark.django_db
def test_a_part_and_the_rest_leave_and_arrive_and_the_order_is_completed(shop: Order):
    """The whole story: two parts, each by its own way; each step twice; mails and events once."""
    pickup = ShippingMethod.objects.create(name="Local", code="local", kind="pickup")
    part = prepare(shop, "a", units={three(shop).pk: 2})
    assert prepare(shop, "a", units={three(shop).pk: 2}) == part
    rest = prepare(shop, "b", method=pickup)
    assert (part.number, rest.number) == (f"{shop.number}-1", f"{shop.number}-2")
    assert {line.order_line.quantity: line.quantity for line in rest.lines.all()} == {3: 1, 1: 1}
    assert left(shop) == [0, 0]
    assert not holds.may_fulfil(shop)
    assert sum(one.units for one in picking.to_pick()) == 4  # What is in a shipment is still to be picked.

    assert shipments.ship(part, actor=STAFF, tracking_number=" RA1 ", carrier="Correo")
    assert not shipments.ship(part, actor=STAFF, tracking_number="RA2")
    assert (part.status, part.tracking_number, part.packed_by) == ("shipped", "RA1", STAFF)
    assert sum(one.units for one in picking.to_pick()) == 2
    assert shipments.deliver(part, actor="carrier:correo")
    assert not shipments.deliver(part, actor=STAFF)
    shop.refresh_from_db()
    assert shop.status == "confirmed"
    assert shipments.delivered_units(shop) == {three(shop).pk: 2}

    assert shipment_flags.ready_for_pickup(rest, actor=STAFF)
    assert not shipment_flags.ready_for_pickup(rest, actor=STAFF)
    assert shipments.hand_over(rest, actor=STAFF)
    assert not shipments.hand_over(rest, actor=STAFF)
    shop.refresh_from_db()
    assert shop.status == "completed"
    _assert_written_once(shop)


def _assert_written_once(shop: Order) -> None:
    kinds = EmailLog.objects.filter(kind__startswith="shipment").order_by("created_at")
    assert list(kinds.values_list("kind", flat=True)) == [
        "shipment_dispatched",
        "shipment_delivered",
        "shipment_ready",
        "shipment_delivered",
    ]
    moves = Event.objects.filter(trail=shop.trail, subject_type="orders.shipment", kind="state")
    assert [event.to_state for event in moves.order_by("pk")] == [
        "shipped",
        "delivered",
        "shipped",
        "delivered",
    ]
    assert {event.actor for event in moves} == {STAFF, "carrier:correo"}


@pytest.mark.django_db
def test_no_more_than_is_left_is_prepared(shop: Order):
    line = three(shop)
    for units in ({line.pk: 4}, {line.pk: 0}, {}, {line.pk: -1}, {shop.pk: 1}):
        with pytest.raises(shipments.MoreThanLeft):
            prepare(shop, units=units)
    prepare(shop, "a", units={line.pk: 2})
    with pytest.raises(shipments.MoreThanLeft) as refused:
        prepare(shop, "b", units={line.pk: 2})
    assert [one.left for one in refused.value.lines] == [1]
    assert Shipment.objects.count() == 1


@pytest.mark.django_db
def test_the_database_itself_refuses_a_unit_too_many_and_a_state_that_goes_back(shop: Order):
    shipment = prepare(shop)
    twin = Shipment.objects.create(order=shop, ordinal=9, dedupe_key="by hand")
    line = three(shop)
    other = make_order().lines.get()
    refused: list[tuple[str, Callable[[], object]]] = [
        (
            "within_line",
            lambda: ShipmentLine.objects.create(shipment=twin, order_line=line, quantity=1),
        ),
        (
            "within_line",
            lambda: ShipmentLine.objects.create(shipment=twin, order_line=other, quantity=1),
        ),
        ("units_never", lambda: shipment.lines.update(quantity=1)),
        ("units_never", lambda: shipment.lines.all().delete()),
        ("order_never", lambda: Shipment.objects.filter(pk=shipment.pk).update(order=other.order)),
        ("left_has_a_date", lambda: Shipment.objects.filter(pk=shipment.pk).update(status="shipped")),
        ("packed_within", lambda: shipment.lines.update(packed=4)),
        ("status_never", lambda: Shipment.objects.filter(pk=shipment.pk).update(status="delivered")),
    ]
    for name, act in refused:
        with pytest.raises(Exception, match=f"{name}|Cannot|Invalid|would be sent"), transaction.atomic():
            act()
    shipments.cancel(shipment, reason="wrong box", actor=STAFF)
    ShipmentLine.objects.create(shipment=twin, order_line=line, quantity=3)
    with pytest.raises(IntegrityError), transaction.atomic():  # Nothing joins a shipment that is over.
        ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=1)


@pytest.mark.django_db
def test_cancelling_gives_the_units_back_once_and_only_before_it_left(shop: Order):
    shipment = prepare(shop)
    assert shipments.cancel(shipment, reason="wrong box", actor=STAFF)
    assert not shipments.cancel(shipment, reason="wrong box", actor=STAFF)
    assert left(shop) == [3, 1]
    with pytest.raises(IllegalTransition):
        shipments.ship(shipment, actor=STAFF)
    again = prepare(shop, "again")
    shipments.ship(again, actor=STAFF)
    with pytest.raises(IllegalTransition):
        shipments.cancel(again, reason="too late", actor=STAFF)
    assert shipments.cancel_pending(shop, reason="x", actor=STAFF) == 0


KEPT_BACK: dict[str, tuple[Callable[[Any], object], type[Exception]]] = {
    "held": (
        lambda payment: holds.place_hold(
            payment.order, kind=OrderHold.Kind.STAFF, source="x", reason="fraud?", actor=STAFF
        ),
        holds.HeldBack,
    ),
    "paid back": (lambda payment: refund(payment, payment.amount), holds.NothingToSend),
    "a unit is paid back": (
        lambda payment: refund(payment, payment.order.lines.get().unit_price, units=1),
        holds.UnitsGone,
    ),
    "lost in a dispute": (
        lambda payment: type(payment).objects.update(charged_back_amount=payment.amount),
        holds.NothingToSend,
    ),
    "cancelled": (
        lambda payment: Order.objects.filter(pk=payment.order_id).update(status="cancelled"),
        holds.NothingToSend,
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("why", KEPT_BACK)
def test_what_is_prepared_does_not_leave_when_something_keeps_the_order_back(why: str):
    order, payment = paid_order()
    pickup = ShippingMethod.objects.create(name="Local", code="local", kind="pickup")
    shipment = prepare(order, "whole", method=pickup)
    act, refusal = KEPT_BACK[why]
    act(payment)
    for verb in (shipments.ship, shipments.hand_over, shipment_flags.ready_for_pickup):
        with pytest.raises(refusal):
            verb(shipment, actor=STAFF)
    shipment.refresh_from_db()
    assert (shipment.status, shipment.ready_for_pickup_at, shipment.packed_at) == ("pending", None, None)
    assert not EmailLog.objects.filter(kind__startswith="shipment").exists()
    if why == "a unit is paid back":
        shipments.cancel(shipment, reason="a unit less", actor=STAFF)
        rest = prepare(order, "rest")
        assert rest.lines.get().quantity == 2
        assert shipments.ship(rest, actor=STAFF)


@pytest.mark.django_db
def test_what_came_back_is_not_left_but_may_be_sent_again_once():
    order, payment = paid_order(2)
    line = order.lines.get()
    first = prepare(order, "1", units={line.pk: 1})
    shipments.ship(first, actor=STAFF)
    assert shipments.mark_returned(first, reason="wrong address", actor=STAFF)
    assert not shipments.mark_returned(first, reason="again", actor=STAFF)
    assert (first.attention_reason, left(order)) == ("wrong address", [1])
    # The unit that came back is paid back: the other one is to be sent all the same.
    back = refund(payment, line.unit_price, units=1)
    assert left(order) == [1]
    prepare(order, "2")
    with pytest.raises(shipments.NotToBeSentAgain):
        shipments.send_again(first, key="3", actor=STAFF)
    type(back).objects.update(status="failed")
    again = shipments.send_again(first, key="4", actor=STAFF)
    assert shipments.send_again(first, key="4", actor=STAFF) == again
    with pytest.raises(shipments.NotToBeSentAgain):
        shipments.send_again(first, key="5", actor=STAFF)
    assert (again.lines.get().quantity, left(order), first.attention_since) == (1, [0], None)


@pytest.mark.django_db
def test_the_flags_are_set_and_cleared_once_and_only_the_delay_of_what_left_is_told(shop: Order):
    shipment = prepare(shop)
    assert shipment_flags.flag_attention(shipment, reason="no label", actor=STAFF, mails_buyer=True)
    assert not shipment_flags.flag_attention(shipment, reason="no label", actor=STAFF)
    shipments.ship(shipment, actor=STAFF, mails_buyer=False)
    assert shipment_flags.flag_attention(shipment, reason="lost?", actor=STAFF, mails_buyer=True)
    assert shipment_flags.flag_attention(shipment, reason="found", actor=STAFF, mails_buyer=True)
    assert shipment_flags.clear_attention(shipment, actor=STAFF)
    assert not shipment_flags.clear_attention(shipment, actor=STAFF)
    assert [mail.kind for mail in EmailLog.objects.filter(kind__startswith="shipment")] == [
        "shipment_delayed"
    ]
    assert shipment_flags.note_label(shipment, actor=STAFF, tracking_number="RA9")
    assert not shipment_flags.note_label(shipment, actor=STAFF, tracking_number="RA9")


@pytest.mark.django_db
def test_an_order_of_which_nothing_is_to_be_sent_any_more_is_completed_when_asked():
    order, payment = paid_order(2)
    line = order.lines.get()
    one = prepare(order, "1", units={line.pk: 1})
    shipments.ship(one, actor=STAFF)
    shipments.deliver(one, actor=STAFF)
    assert not shipments.complete_if_done(order, actor=STAFF)
    refund(payment, line.unit_price, units=1)
    assert shipments.complete_if_done(order, actor=STAFF)
    assert not shipments.complete_if_done(order, actor=STAFF)


@pytest.mark.django_db
def test_the_check_finds_what_was_changed_behind_the_triggers(shop: Order):
    shipment = prepare(shop)
    packing.pack_all(shipment, actor=STAFF)
    assert runner.check(scope="") == []
    with pgtrigger.ignore("orders.ShipmentLine:units_never_change"):
        shipment.lines.update(quantity=F("quantity") + 1)
    assert {violation.code for violation in runner.check(scope="")} == {
        "units-once",
        "shipment-packed",
    }
