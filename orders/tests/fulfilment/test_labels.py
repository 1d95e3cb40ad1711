"""Labels: bought once whoever presses and however often, unknown after a cut answer, told apart when refused."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from orders.fulfilment import label_decisions, labels, shipments
from orders.fulfilment.holds import HeldBack, place_hold
from orders.fulfilment.label_decisions import NotDecidable
from orders.fulfilment.labels import LabelRefused, NotConnected
from orders.models import LabelPurchase, Order, Shipment, ShippingMethod
from orders.shipping import carriers
from orders.shipping.carriers.base import Patience
from orders.tests.carrier_world import HASTY, World
from orders.tests.factories import ShippingMethodFactory, ShippingRateFactory, make_order
from shop.accounts.tests.staff_clients import boss
from shop.core.models import Event

pytestmark = pytest.mark.django_db
STAFF = "staff:ana@example.com"


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    """A paid order by a method of each carrier (its own rate was chosen)."""
    with shared_rows():
        for code in ("andreani", "envia"):
            method = ShippingMethodFactory.create(
                module=code, code=code, name=code.capitalize(), sort_order=9
            )
            ShippingRateFactory.create(method=method)
        ShippingRateFactory.create()
        yield make_order()


def parcel_of(order: Order, code: str, **given: Any) -> Shipment:
    method = ShippingMethod.objects.get(code=code)
    shipment = shipments.prepare(order, key=f"{code}-{order.pk}", actor=STAFF, method=method, **given)
    if code == "envia":
        Shipment.objects.filter(pk=shipment.pk).update(service="sandboxExpress:standard")
        shipment.refresh_from_db()
    return shipment


def hasten(monkeypatch: pytest.MonkeyPatch, patience: Patience = HASTY) -> None:
    monkeypatch.setattr(carriers, "for_jobs", lambda: patience)


def later() -> dict[str, int]:
    """Run the job some minutes later."""
    LabelPurchase.objects.exclude(next_check_at=None).update(
        next_check_at=timezone.now() - timedelta(seconds=1)
    )
    return labels.check_due()


def test_an_accepted_label_is_bought_once_it_is_made_and_again_buys_nothing(
    carriers_played: World, order: Order
):
    shipment = parcel_of(order, "andreani")
    first = labels.buy(shipment, actor=STAFF)
    assert (first.status, first.attempt, first.reference) == ("accepted", 1, f"{shipment.number}-1")
    assert labels.buy(shipment, actor=STAFF) == first
    assert later() == {"accepted": 1}
    [record] = carriers_played.made("andreani_order")
    assert record.ref == first.reference
    carriers_played.act("andreani.accept", record.id)
    assert later() == {"bought": 1}
    first.refresh_from_db()
    shipment.refresh_from_db()
    assert first.has_pdf
    assert first.next_check_at is None
    assert shipment.tracking_number == first.numbers[0] == record.internal["numbers"][0]
    assert shipment.labelled_at is not None
    assert shipment.parcels.get().tracking_number == shipment.tracking_number
    assert shipment.follow_up.numbers == first.numbers
    assert labels.buy(shipment, actor=STAFF) == first
    assert len(carriers_played.made("andreani_order")) == 1
    kinds = Event.objects.filter(subject_type="orders.labelpurchase", subject_id=first.pk)
    assert [event.to_state for event in kinds.order_by("pk")] == ["", "sent", "accepted", "bought"]


def test_the_shops_own_label_stands_in_for_none_that_a_carrier_is_making(
    carriers_played: World, order: Order
):
    shipment = parcel_of(order, "andreani")
    labels.buy(shipment, actor=STAFF)
    client = boss()
    act = reverse("admin:orders_shipment_queues") + "?queue=to_pack"
    sent = {"act": "labels", "row": [str(shipment.pk)]}
    page = client.post(act, sent, headers={"accept-language": "en"}, follow=True)
    (words,) = (str(message) for message in page.context["messages"])
    assert words == f"{shipment.number}: its label is not there yet (taken by the carrier, not made yet)."
    shipment.refresh_from_db()
    assert shipment.labelled_at is None
    assert "Label: taken by the carrier, not made yet" in page.content.decode()
    [record] = carriers_played.made("andreani_order")
    carriers_played.act("andreani.accept", record.id)
    assert later() == {"bought": 1}
    assert client.post(act, sent)["Content-Type"] == "application/pdf"


def test_a_label_that_is_bought_at_once_keeps_its_pdf_and_what_it_cost(carriers_played: World, order: Order):
    shipment = parcel_of(order, "envia")
    carriers_played.fault("other_price", "envia", delta="150.00")
    purchase = labels.buy(shipment, actor=STAFF)
    assert purchase.status == "bought"
    assert purchase.has_pdf
    [record] = carriers_played.made("envia_shipment")
    assert purchase.bought_cost == Decimal(record.internal["price"])
    assert purchase.quoted_cost is None
    for _again in range(2):
        label_decisions.adjust(
            carrier="envia", number=purchase.numbers[0], amount=Decimal("350.00"), event="evt_1"
        )
    purchase.refresh_from_db()
    assert purchase.adjusted_cost == Decimal("350.00"), "the same bill twice is one"
    assert not label_decisions.adjust(carrier="envia", number="404", amount=Decimal(1), event="evt_2")


@pytest.mark.parametrize("code", ["andreani", "envia"])
def test_a_cut_answer_is_unknown_and_is_never_sent_again(
    carriers_played: World, order: Order, monkeypatch: pytest.MonkeyPatch, code: str
):
    shipment = parcel_of(order, code)
    hasten(monkeypatch)
    carriers_played.fault("timeout_after", code, request="POST", seconds=30.0)
    purchase = labels.buy(shipment, actor=STAFF)
    carriers_played.struck()
    monkeypatch.undo()
    assert purchase.status == "unknown"
    kind = "andreani_order" if code == "andreani" else "envia_shipment"
    assert labels.buy(shipment, actor=STAFF).pk == purchase.pk
    assert len(carriers_played.made(kind)) == 1
    shipment.refresh_from_db()
    assert shipment.attention_reason.startswith("Etiqueta: no llegó respuesta"), (
        "a clerk reads it, in the shop's words"
    )
    assert later() == {"unknown": 1}, "Andreani lists it once it is made, Envia has no search"
    if code == "andreani":
        carriers_played.act("andreani.accept", carriers_played.made(kind)[0].id)
        assert later() == {"bought": 1}
    else:
        with pytest.raises(NotDecidable):
            label_decisions.decide_bought(purchase, number=" ", actor=STAFF)
        number = carriers_played.made(kind)[0].id
        label_decisions.decide_bought(purchase, number=number, actor=STAFF)
    purchase.refresh_from_db()
    shipment.refresh_from_db()
    assert (purchase.status, shipment.attention_since) == ("bought", None)
    assert shipment.tracking_number
    assert len(carriers_played.made(kind)) == 1


def test_a_person_may_say_that_it_was_not_bought_and_another_attempt_begins(
    carriers_played: World, order: Order, monkeypatch: pytest.MonkeyPatch
):
    shipment = parcel_of(order, "envia")
    hasten(monkeypatch)
    carriers_played.fault("timeout_before", "envia", seconds=30.0)
    purchase = labels.buy(shipment, actor=STAFF)
    monkeypatch.undo()
    assert purchase.status == "unknown", "whether the work was done before the cut nobody can see"
    label_decisions.decide_not_bought(purchase, reason="not in the panel", actor=STAFF)
    with pytest.raises(NotDecidable):
        label_decisions.decide_not_bought(purchase, reason="again", actor=STAFF)
    second = labels.buy(shipment, actor=STAFF)
    assert (second.attempt, second.status) == (2, "bought")
    assert second.reference.endswith("-2"), "never the reference of the first"


def test_what_the_carrier_refuses_is_refused_with_its_words(carriers_played: World, order: Order):
    shipment = parcel_of(order, "envia")
    carriers_played.fault("no_coverage", "envia")
    refused = labels.buy(shipment, actor=STAFF)
    assert refused.status == "refused"
    assert "coverage" in refused.detail
    assert labels.buy(shipment, actor=STAFF).attempt == 2


def test_one_that_is_rejected_later_asks_for_attention_and_may_be_bought_again(
    carriers_played: World, order: Order
):
    shipment = parcel_of(order, "andreani")
    first = labels.buy(shipment, actor=STAFF)
    carriers_played.act("andreani.reject", first.external_id)
    assert later() == {"refused": 1}
    shipment.refresh_from_db()
    assert "Rechazado" in shipment.attention_reason
    assert labels.buy(shipment, actor=STAFF).attempt == 2


def test_what_was_not_even_sent_stays_reserved_and_is_the_same_attempt_later(
    carriers_played: World, order: Order, settings: Any
):
    shipment = parcel_of(order, "envia")
    base, settings.ENVIA_API_BASE = settings.ENVIA_API_BASE, "http://127.0.0.1:9/envia"
    carriers.forget()
    purchase = labels.buy(shipment, actor=STAFF)
    assert purchase.status == "reserved"
    settings.ENVIA_API_BASE = base
    carriers.forget()
    again = labels.buy(shipment, actor=STAFF)
    assert (again.pk, again.status) == (purchase.pk, "bought")


def test_only_what_may_leave_gets_a_label(carriers_played: World, order: Order, settings: Any):
    shipment = parcel_of(order, "andreani")
    hold = place_hold(order, kind="manual", source="test", reason="address", actor=STAFF)
    with pytest.raises(HeldBack):
        labels.buy(shipment, actor=STAFF)
    hold.delete()
    settings.SHIPPING_CARRIERS = ["envia"]
    with pytest.raises(NotConnected):
        labels.buy(shipment, actor=STAFF)
    shipments.cancel(shipment, reason="", actor=STAFF)
    with pytest.raises(LabelRefused):
        labels.buy(shipment, actor=STAFF)
    assert carriers_played.made("andreani_order") == []
    assert not LabelPurchase.objects.exists()
    with pytest.raises(RuntimeError), transaction.atomic():
        labels.buy(shipment, actor=STAFF)


def test_a_label_is_cancelled_or_runs_out_unused(carriers_played: World, order: Order):
    shipment = parcel_of(order, "envia")
    bought = labels.buy(shipment, actor=STAFF)
    cancelled = label_decisions.cancel(bought, reason="wrong size", actor=STAFF)
    assert cancelled.status == "cancelled"
    assert label_decisions.cancel(cancelled, reason="again", actor=STAFF).status == "cancelled"
    shipment.refresh_from_db()
    assert (shipment.tracking_number, shipment.labelled_at) == ("", None)
    second = labels.buy(shipment, actor=STAFF)
    carriers_played.act("envia.pick", second.numbers[0])
    with pytest.raises(LabelRefused, match="1120"):
        label_decisions.cancel(second, reason="too late", actor=STAFF)


def test_the_database_keeps_attempts_apart(carriers_played: World, order: Order):
    shipment = parcel_of(order, "envia")
    purchase = labels.buy(shipment, actor=STAFF)
    with pytest.raises(IntegrityError), transaction.atomic():
        LabelPurchase.objects.create(
            shipment=shipment, attempt=2, carrier="envia", reference="other", currency="ARS"
        )
    for change in ({"reference": "other"}, {"attempt": 7}):
        with pytest.raises(Exception, match="asked_for_never_changes"), transaction.atomic():
            LabelPurchase.objects.filter(pk=purchase.pk).update(**change)


def test_what_goes_another_way_than_the_buyer_chose_takes_the_cheapest_service(
    carriers_played: World, order: Order
):
    shipment = parcel_of(order, "envia")
    Shipment.objects.filter(pk=shipment.pk).update(service="")
    purchase = labels.buy(Shipment.objects.get(pk=shipment.pk), actor=STAFF)
    assert (purchase.status, purchase.service) == ("bought", "sandboxExpress:standard")
    assert purchase.quoted_cost == purchase.bought_cost
    shipment.refresh_from_db()
    assert shipment.service == purchase.service
    assert len(carriers_played.made("envia_shipment")) == 1


def test_where_no_service_has_a_price_the_carrier_says_why(carriers_played: World, order: Order):
    shipment = parcel_of(order, "envia")
    Shipment.objects.filter(pk=shipment.pk).update(service="")
    carriers_played.fault("no_coverage", "envia", count=None)
    refused = labels.buy(Shipment.objects.get(pk=shipment.pk), actor=STAFF)
    assert (refused.status, refused.service) == ("refused", "")
