"""Carriers in the back office: their page, labels bought from a shipment's page once, many queued for the job."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orders.fulfilment import labels, shipments
from orders.models import LabelPurchase, Order, Shipment, ShippingMethod
from orders.tests.carrier_world import HASTY, World
from orders.tests.factories import ShippingMethodFactory, ShippingRateFactory, make_order
from shop.accounts.models import User

pytestmark = pytest.mark.django_db
STAFF = "staff:ana@example.com"


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    with shared_rows():
        method = ShippingMethodFactory.create(
            module="andreani", code="andreani", name="Andreani", sort_order=9
        )
        ShippingRateFactory.create(method=method)
        ShippingRateFactory.create()
        yield make_order()


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.create_superuser("ana@example.com", "clave-segura-123"))
    return client


@pytest.fixture
def shipment(order: Order) -> Shipment:
    method = ShippingMethod.objects.get(code="andreani")
    return shipments.prepare(order, key="k", actor=STAFF, method=method)


def test_a_label_is_bought_from_the_shipments_page_however_often_it_is_pressed(
    carriers_played: World, staff: Client, shipment: Shipment
):
    page = staff.get(reverse("admin:orders_shipment_change", args=[shipment.pk])).content.decode()
    address = reverse("admin:orders_shipment_act", args=[shipment.pk, "label"])
    assert address in page
    shown = staff.get(address)
    form = {field.html_name: field.value() or "" for field in shown.context["form"]}
    assert staff.post(address, form).status_code == 302
    # The page that was open shows another state by now, or the label there is counts: nothing is bought again.
    assert staff.post(address, form).status_code in {302, 422}
    assert LabelPurchase.objects.get().status == "accepted"
    assert len(carriers_played.made("andreani_order")) == 1
    assert (
        address not in staff.get(reverse("admin:orders_shipment_change", args=[shipment.pk])).content.decode()
    )
    listed = staff.get(reverse("admin:orders_labelpurchase_changelist")).content.decode()
    assert LabelPurchase.objects.get().reference in listed
    one = reverse("admin:orders_labelpurchase_change", args=[LabelPurchase.objects.get().pk])
    assert staff.get(one).status_code == 200


def test_many_are_queued_and_the_job_buys_them(
    carriers_played: World, staff: Client, shipment: Shipment, monkeypatch: pytest.MonkeyPatch
):
    woken: list[str] = []
    monkeypatch.setattr("orders.fulfilment.labels.dispatch", woken.append)
    address = reverse("admin:orders_shipment_queues")
    for _press in range(2):
        staff.post(f"{address}?queue=to_pack", {"act": "buy", "confirm": "1", "row": str(shipment.pk)})
    assert LabelPurchase.objects.get().status == "reserved"
    assert carriers_played.made("andreani_order") == []
    labels.check_due()
    assert LabelPurchase.objects.get().status == "accepted"
    assert len(carriers_played.made("andreani_order")) == 1


def test_the_carriers_page_says_how_each_is_and_what_waits(
    carriers_played: World, staff: Client, shipment: Shipment, monkeypatch: pytest.MonkeyPatch
):
    from orders.shipping import carriers

    monkeypatch.setattr(carriers, "for_jobs", lambda: HASTY)
    carriers_played.fault("timeout_after", "andreani", request="POST", seconds=30.0)
    unknown = labels.buy(shipment, actor=STAFF)
    monkeypatch.undo()
    page = staff.get(reverse("admin:orders_carriers")).content.decode()
    assert "Andreani" in page
    assert unknown.reference in page
    for act in ("label-found", "label-not-bought"):
        assert (
            reverse("admin:orders_shipment_act", args=[shipment.pk, act])
            in staff.get(reverse("admin:orders_shipment_change", args=[shipment.pk])).content.decode()
        )
    method = reverse("admin:orders_shippingmethod_change", args=[shipment.method_id])
    assert 'value="andreani"' in staff.get(method).content.decode()
    assert staff.get(reverse("admin:orders_shippingzone_add")).status_code == 200
