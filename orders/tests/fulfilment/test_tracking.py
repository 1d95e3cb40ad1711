"""Where parcels are, by their carriers' words: polled, hinted at, late, repeated, and in words that nobody knows."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from orders.fulfilment import label_decisions, label_voids, labels, shipments, tracking
from orders.fulfilment.holds import place_hold
from orders.models import LabelPurchase, Order, Shipment, ShipmentFollowUp, TrackingEvent
from orders.shipping.carriers.base import TrackedEvent, TrackedState
from orders.tests.carrier_world import World
from orders.tests.factories import ShippingMethodFactory, ShippingRateFactory, make_order

pytestmark = pytest.mark.django_db
STAFF = "staff:ana@example.com"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "sandbox_envia_secret_0123456789"


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    with shared_rows():
        method = ShippingMethodFactory.create(module="envia", code="envia", name="Envia", sort_order=9)
        ShippingRateFactory.create(method=method)
        ShippingRateFactory.create()
        yield make_order()


@pytest.fixture
def shipment(order: Order) -> Shipment:
    from orders.models import ShippingMethod

    method = ShippingMethod.objects.get(code="envia")
    made = shipments.prepare(order, key="k", actor=STAFF, method=method)
    Shipment.objects.filter(pk=made.pk).update(service="sandboxExpress:standard")
    return Shipment.objects.select_related("order").get(pk=made.pk)


def event(state: TrackedState | None, text: str, hours: int | None = 0) -> TrackedEvent:
    at = None if hours is None else NOON + timedelta(hours=hours)
    return TrackedEvent("N1", "", text, at, state)


def say(shipment: Shipment, *events: TrackedEvent) -> bool:
    heard = tracking.apply(shipment, carrier="envia", events=events)
    shipment.refresh_from_db()
    return heard


def later() -> dict[str, int]:
    ShipmentFollowUp.objects.exclude(next_at=None).update(next_at=timezone.now() - timedelta(seconds=1))
    return tracking.poll_due()


def test_a_parcel_is_followed_from_its_label_to_the_door(carriers_played: World, shipment: Shipment):
    [number] = labels.buy(shipment, actor=STAFF).numbers
    assert later() == {"news": 1, "nothing": 0, "silent": 0}
    assert later() == {"news": 0, "nothing": 1, "silent": 0}
    shipment.refresh_from_db()
    assert shipment.status == "pending", "a label alone moves nothing"
    carriers_played.act("envia.pick", number)
    later()
    shipment.refresh_from_db()
    assert shipment.status == "shipped", "the carrier has it, although nobody pressed the button"
    carriers_played.act("envia.attempt", number)
    later()
    shipment.refresh_from_db()
    assert shipment.attention_reason == "Envia.com: Delivery Attempt"
    carriers_played.act("envia.out", number)
    later()
    shipment.refresh_from_db()
    assert shipment.attention_since is None, "most exceptions recover"
    carriers_played.act("envia.branch", number)
    later()
    shipment.refresh_from_db()
    assert (shipment.status, bool(shipment.ready_for_pickup_at)) == ("shipped", True), "not delivered yet"
    carriers_played.act("envia.deliver", number)
    later()
    shipment.refresh_from_db()
    assert shipment.status == "delivered"
    assert ShipmentFollowUp.objects.get().next_at is None
    assert TrackingEvent.objects.count() == 6
    shipment.order.refresh_from_db()
    assert shipment.order.status == "completed"


def test_a_number_that_was_typed_by_hand_is_followed_and_has_its_page(
    carriers_played: World, shipment: Shipment
):
    carriers_played.ask("envia")
    number = labels.buy(shipment, actor=STAFF).numbers[0]
    ShipmentFollowUp.objects.all().delete()
    Shipment.objects.filter(pk=shipment.pk).update(tracking_url="", tracking_number="")
    shipments.ship(shipment, actor=STAFF, tracking_number=number)
    assert shipment.tracking_url.endswith(number)
    tracking.poll_due()
    assert ShipmentFollowUp.objects.get().numbers == [number]


def test_a_silent_carrier_is_asked_again_later_and_says_nothing_about_the_parcel(
    carriers_played: World, shipment: Shipment
):
    labels.buy(shipment, actor=STAFF)
    carriers_played.fault("http_500", "envia", count=None)
    assert later() == {"news": 0, "nothing": 0, "silent": 1}
    row = ShipmentFollowUp.objects.get()
    assert row.problem
    assert row.next_at > timezone.now()


def test_an_unknown_word_changes_nothing_and_is_shown_as_it_is(shipment: Shipment):
    shipments.ship(shipment, actor=STAFF)
    assert say(shipment, event(None, "Retenido por la luna"))
    assert shipment.status == "shipped"
    assert shipment.attention_reason == "Envia.com: Retenido por la luna"
    assert TrackingEvent.objects.get().state == ""


def test_late_and_repeated_events_add_a_row_at_most_and_never_move_back(shipment: Shipment):
    shipments.ship(shipment, actor=STAFF)
    heard = (
        event(TrackedState.SHIPPED, "Shipped", 1),
        event(TrackedState.DELIVERED, "Delivered", 9),
    )
    assert say(shipment, *heard)
    assert shipment.status == "delivered"
    assert not say(shipment, *heard)
    assert say(shipment, event(TrackedState.EXCEPTION, "Delivery Attempt", 5))
    assert say(shipment, event(TrackedState.READY_FOR_PICKUP, "In-store pickup", 6))
    assert say(shipment, event(TrackedState.RETURNED, "Returned", 3))
    assert (shipment.status, shipment.attention_since, shipment.ready_for_pickup_at) == (
        "delivered",
        None,
        None,
    )
    assert TrackingEvent.objects.count() == 5
    assert say(shipment, event(TrackedState.RETURNED, "Returned", 20))
    assert shipment.status == "returned", "what was delivered may come back, later"


def test_a_late_problem_of_a_parcel_on_its_way_raises_no_flag(shipment: Shipment):
    shipments.ship(shipment, actor=STAFF)
    say(shipment, event(TrackedState.SHIPPED, "Out for Delivery", 5))
    say(shipment, event(TrackedState.EXCEPTION, "Delivery Attempt", 2))
    assert shipment.attention_since is None


def test_a_problem_of_a_label_whose_parcel_is_in_the_house_is_shown_and_sends_nothing(shipment: Shipment):
    say(shipment, event(TrackedState.EXCEPTION, "Canceled"))
    assert (shipment.status, shipment.attention_reason) == ("pending", "Envia.com: Canceled")


def test_of_a_label_that_the_shop_has_voided_nothing_more_is_asked(
    carriers_played: World, shipment: Shipment
):
    purchase = labels.buy(shipment, actor=STAFF)
    label_decisions.cancel(purchase, reason="another carrier", actor=STAFF)
    assert tracking.hint("envia", purchase.numbers) == 0
    assert later() == {"news": 0, "nothing": 0, "silent": 0}
    shipment.refresh_from_db()
    assert (shipment.status, shipment.attention_since) == ("pending", None)


def test_a_parcel_that_left_while_its_label_was_being_voided_asks_for_attention(
    carriers_played: World, shipment: Shipment
):
    label_voids.want(labels.buy(shipment, actor=STAFF), reason="x", actor=STAFF, waits=True)
    say(shipment, event(TrackedState.SHIPPED, "Picked Up"))
    assert shipment.status == "pending"
    assert shipment.attention_reason == (
        "Picked Up: el transportista lo tiene, aunque no debe salir. El transportista todavía no contestó si anula "
        "la etiqueta: esperá la respuesta, o cancelá el envío y preparalo de nuevo."
    )


def test_a_parcel_that_may_not_leave_and_has_left_asks_for_attention(shipment: Shipment):
    place_hold(shipment.order, kind="manual", source="t", reason="address", actor=STAFF)
    say(shipment, event(TrackedState.SHIPPED, "Picked Up"))
    assert shipment.status == "pending"
    assert shipment.attention_reason == (
        "Picked Up: el transportista lo tiene, aunque no debe salir. Retenido: address"
    )


def test_events_are_only_ever_added(shipment: Shipment):
    say(shipment, event(TrackedState.PENDING, "Created"))
    for change in (
        lambda: TrackingEvent.objects.update(text="other"),
        lambda: TrackingEvent.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def notify(body: bytes, *, secret: str = SECRET, carrier: str = "envia") -> int:
    at, kind = "1764000000", "simpleTracking"
    signed = b".".join([at.encode(), kind.encode(), body])
    headers = {
        "x-webhook-signature": "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest(),
        "x-webhook-timestamp": at,
        "x-webhook-event": kind,
    }
    answer = Client(headers=headers).post(
        f"/shipping/webhook/{carrier}/", data=body, content_type="application/json"
    )
    return answer.status_code


def test_a_notification_brings_the_question_forward_and_is_believed_nothing(
    carriers_played: World, shipment: Shipment, monkeypatch: pytest.MonkeyPatch
):
    woken: list[str] = []
    monkeypatch.setattr("orders.views.carrier_webhook.dispatch", woken.append)
    purchase = labels.buy(shipment, actor=STAFF)
    [number] = purchase.numbers
    body = json.dumps(
        {"type": "simpleTracking", "data": {"tracking_number": number, "status": "Delivered"}}
    ).encode()
    assert notify(body, secret="another") == 401
    assert notify(body, carrier="andreani") == 404
    assert notify(b"{}") == 200
    assert woken == []
    assert notify(body) == notify(body) == 200
    assert woken[0] == "orders.tasks.poll_tracking"
    row = ShipmentFollowUp.objects.get()
    assert row.next_at <= timezone.now()
    tracking.poll_due()
    shipment.refresh_from_db()
    assert shipment.status == "pending", "the carrier itself says that it is only created"
    billed = json.dumps(
        {"type": "surcharge", "data": {"tracking_number": number, "surcharge": 350.5}}
    ).encode()
    assert notify(billed) == notify(billed) == 200
    assert str(LabelPurchase.objects.get().adjusted_cost) == "350.50"
