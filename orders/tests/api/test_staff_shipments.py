"""Shipments by the API: the staff's acts, what buyers see of them, and what other systems are told."""

from typing import Any

import pytest

from orders.models import Order, Shipment
from orders.tests.api.test_staff import STAFF, TARGET, clerk
from orders.tests.factories import make_cart, make_order, make_user, make_variant
from orders.timeline import timeline
from shop.core.models import OutgoingDelivery
from shop.core.outgoing import endpoints
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db


def test_an_order_leaves_in_parts_and_everybody_is_told_the_same():
    user = make_user()
    cart = make_cart((make_variant(units=9), 2), user=user)
    order = make_order(cart, user=user)
    endpoints.create(TARGET, types=["shipment.created", "shipment.shipped"], actor="a")
    client, buyer = clerk(), ApiClient(user)
    path = f"{STAFF}/orders/{order.number}/shipments"
    (line,) = client.get(f"{STAFF}/orders/{order.number}").json()["lines"]
    one = {"lines": [{"line": line["number"], "quantity": 1}]}
    made = [client.post(path, one, key="one-and-the-same") for _press in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert Shipment.objects.count() == 1
    shipment: dict[str, Any] = made[0].json()
    assert (shipment["number"], shipment["lines"][0]["quantity"]) == (f"{order.number}-1", 1)
    assert client.post(path, {"lines": [{"line": line["number"], "quantity": 2}]}).status_code == 409
    assert client.post(path, {"lines": [{"line": 2**40, "quantity": 1}]}).status_code == 404
    assert client.post(path, {"method": "nobody"}).status_code == 404
    own = f"{STAFF}/shipments/{shipment['id']}"
    assert client.post(f"{own}/deliver", {}).json()["code"] == "cannot_be_sent"
    sent = {"tracking_number": "RA1", "tracking_url": "https://example.com/RA1"}
    assert [client.post(f"{own}/ship", sent).json()["status"] for _press in range(2)] == ["shipped"] * 2
    assert client.post(f"{own}/cancel", {"reason": "late"}).status_code == 409
    assert client.post(f"{own}/ship", {"tracking_url": "javascript:x"}).status_code == 422

    seen = buyer.get(f"/api/v1/orders/{order.number}").json()
    assert [one["tracking_number"] for one in seen["shipments"]] == ["RA1"]
    assert (seen["lines"][0]["left"], seen["status"]) == (1, "confirmed")
    entry = next(one for one in seen["timeline"] if one["url"])
    assert (entry["url"], "RA1" in entry["words"]) == ("https://example.com/RA1", True)
    rest_leaves(client, path, own)
    types = OutgoingDelivery.objects.order_by("created_at").values_list("message__type", flat=True)
    assert sorted(types) == ["shipment.created"] * 2 + ["shipment.shipped"] * 2
    demand_nobody_else_acts(buyer, path, own)


def rest_leaves(client: ApiClient, path: str, own: str) -> None:
    """Deliver the first part, then send the rest: the order is completed."""
    assert client.post(f"{own}/deliver", {}).json()["status"] == "delivered"
    rest = client.post(path, {}).json()
    assert client.get(f"{STAFF}/shipments?status=pending").json()["items"][0]["id"] == rest["id"]
    assert client.post(f"{STAFF}/shipments/{rest['id']}/ship", {}).status_code == 200
    assert client.post(f"{STAFF}/shipments/{rest['id']}/deliver", {}).status_code == 200
    order = Order.objects.with_money().get()
    assert order.status == "completed"
    assert [moment.pace for moment in timeline(order)] == ["done"] * len(timeline(order))


def demand_nobody_else_acts(buyer: ApiClient, path: str, own: str) -> None:
    assert buyer.post(path, {}).status_code in {403, 404}
    looking = clerk("view_shipment", "view_order")
    assert looking.post(path, {}).status_code == 403
    assert looking.post(f"{own}/ship", {}).status_code == 403
