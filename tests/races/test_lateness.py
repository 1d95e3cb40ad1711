"""The job that notes late orders, twice at once and beside the parcel that arrives: a buyer is told once, and only truly."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from orders.fulfilment import lateness, shipments
from orders.models import Order, Shipment
from orders.tests.fulfilment.test_lateness import mails_of, overdue
from orders.tests.fulfilment.test_remaining import paid_order
from orders.tests.returns.returns import STAFF
from shop.core.models import Event
from tests.races.tools.concurrency import together
from tests.races.tools.rendezvous import come_between, meet, meet_at_a_lock
from tests.support.unlocked import without_row_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def order() -> Order:
    """Return an order that is overdue, on its way in one parcel."""
    made = overdue(paid_order()[0])
    shipments.ship(shipments.prepare(made, key=uuid4().hex, actor=STAFF), actor=STAFF)
    return made


def note(order: Order) -> Any:
    return partial(lateness.note, order.pk, actor="job")


def times_noted(order: Order) -> int:
    return Event.objects.filter(subject_id=order.pk, kind="late").count()


def test_two_workers_note_and_tell_once(order: Order):
    lock = partial(Order.objects.select_for_update().get, pk=order.pk)
    assert meet_at_a_lock([note(order), note(order)], lock=lock, in_turn=True) == [True, False]
    assert sum(one["late"] for one in together([lateness.note_due] * 4)) == 0
    assert (times_noted(order), len(mails_of(order))) == (1, 1)


@pytest.mark.parametrize("arrives_first", [True, False])
def test_what_arrives_at_that_moment_is_late_or_not(order: Order, arrives_first: bool):
    box = Shipment.objects.get()
    arrive = partial(shipments.deliver, box, actor=STAFF)
    acts = [arrive, note(order)]
    first, second = acts if arrives_first else acts[::-1]
    answer = meet(second, first=first, then=lambda: None)
    assert answer is not arrives_first
    assert Order.objects.get().status == "completed"
    assert (times_noted(order), len(mails_of(order))) == (int(not arrives_first),) * 2


def test_control_without_the_lock_a_buyer_is_told_of_a_parcel_that_arrived(
    order: Order, monkeypatch: pytest.MonkeyPatch
):
    box = Shipment.objects.get()
    without_row_locks(monkeypatch)
    answer = come_between(
        note(order),
        before='UPDATE "orders_order" SET "late_since"',
        meanwhile=partial(shipments.deliver, box, actor=STAFF),
    )
    assert answer is True
    assert (Order.objects.get().status, len(mails_of(order))) == ("completed", 1)
