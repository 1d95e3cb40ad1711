"""The staff's API: by permission, by the verbs of the back office, each list at a constant cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import StockCount, StockLevel, StockMovement
from inventory.tests.factories import LocationFactory, stocked
from orders.models import InstallmentPlan, Order, OrderHold
from orders.tests.factories import make_order, make_user
from orders.tests.installments.plans import ask, make_plan, pay
from shop.accounts.models import User
from shop.core.models import OutgoingDelivery
from shop.core.outgoing import endpoints
from shop.core.outgoing.addresses import Target
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
STAFF = "/api/v1/staff"
TARGET = Target("https://hooks.example.com/x", "https", "hooks.example.com", 443, "/x", ("93.184.216.34",))


def clerk(*permissions: str) -> ApiClient:
    """Return the client of a member of the staff with these permissions, or with all."""
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    chosen = Permission.objects.filter(codename__in=permissions) if permissions else Permission.objects.all()
    user.user_permissions.set(chosen)
    return ApiClient(User.objects.get(pk=user.pk), second_step=True)


def cost(client: ApiClient, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, answer.json()
    assert answer["Cache-Control"] == "private, no-store"
    return len(captured)


def make_reservation() -> None:
    level = stocked(5)
    answer = clerk().post(f"{STAFF}/reservations", kept(level))
    assert answer.status_code == 201


def make_count() -> None:
    level = stocked(5, location=LocationFactory.create())
    assert clerk().post(f"{STAFF}/counts", {"location": str(level.location_id)}).status_code == 201


def make_delivery() -> OutgoingDelivery:
    endpoint, _secret = endpoints.create(TARGET, types=[], actor="a")
    return endpoints.ping(endpoint, actor="a")


def kept(level: StockLevel, **changes: Any) -> dict[str, Any]:
    until = (timezone.now() + timedelta(days=1)).isoformat()
    body = {
        "variant": str(level.variant_id),
        "quantity": 2,
        "owner": "Ana",
        "reason": "asked",
        "until": until,
    }
    return body | changes


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("/stock-levels", lambda: stocked(3)),
        ("/stock-movements", lambda: stocked(3)),
        ("/reservations", make_reservation),
        ("/counts", make_count),
        ("/orders", make_order),
        ("/plans", make_plan),
        ("/webhook-endpoints", make_delivery),
        ("/webhook-deliveries", make_delivery),
    ],
)
def test_a_list_costs_the_same_for_two_rows_and_for_four(path: str, make: Callable[[], Any]):
    client = clerk()
    make(), make()
    cost(client, STAFF + path)
    few = cost(client, STAFF + path)
    make(), make()

    assert cost(client, STAFF + path) == few
    pages = client.get(f"{STAFF}{path}?limit=3").json()
    assert len(pages["items"]) == 3
    assert len(client.get(pages["next"]).json()["items"]) >= 1


def test_a_level_is_read_and_its_rules_are_changed_as_they_were_read():
    client, level = clerk(), stocked(5)
    path = f"{STAFF}/stock-levels/{level.pk}"
    etag = client.get(path)["ETag"]

    assert client.patch(path, {"minimum": 9}).status_code == 428
    changed = client.patch(path, {"minimum": 9, "bin": "B-2"}, if_match=etag)
    assert (changed.status_code, changed.json()["minimum"], changed.json()["is_low"]) == (200, 9, True)
    assert client.patch(path, {"minimum": 1}, if_match=etag).status_code == 412
    assert client.patch(path, {"minimum": 1}, if_match=changed["ETag"]).status_code == 200
    assert client.patch(path, {"on_hand": 1}, if_match="x").status_code == 422
    low = client.get(f"{STAFF}/stock-levels?low=true").json()["items"]
    assert low == []


def test_movements_are_booked_by_type_once_per_key():
    client, level = clerk(), stocked(5)
    body = {"type": "loss", "variant": str(level.variant_id), "quantity": 2, "note": "broken"}
    first = client.post(f"{STAFF}/stock-movements", body, key="k")
    again = client.post(f"{STAFF}/stock-movements", body, key="k")

    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert [(row["kind"], row["quantity"], row["on_hand_after"]) for row in first.json()] == [("loss", -2, 3)]
    short = client.post(f"{STAFF}/stock-movements", body | {"quantity": 4})
    assert (short.status_code, short.json()["code"]) == (409, "not_enough_units")
    assert client.post(f"{STAFF}/stock-movements", body | {"type": "sale"}).status_code == 422
    assert StockMovement.objects.filter(kind="loss").count() == 1


def test_units_are_kept_aside_prolonged_and_released():
    client, level = clerk(), stocked(5)
    made = client.post(f"{STAFF}/reservations", kept(level)).json()[0]
    path = f"{STAFF}/reservations/{made['id']}"
    assert client.post(f"{STAFF}/reservations", kept(level, quantity=4)).json()["code"] == "not_enough_units"
    until = (timezone.now() + timedelta(days=3)).isoformat()
    change = {"until": until, "reason": "later"}

    assert client.patch(path, change).status_code == 428
    assert client.patch(path, change, if_match=client.get(path)["ETag"]).status_code == 200
    past = {"until": "2020-01-01T00:00:00Z", "reason": "past"}
    assert client.patch(path, past, if_match=client.get(path)["ETag"]).json()["code"] == "not_in_future"
    assert client.post(f"{path}/release", {"reason": "not wanted"}).json() == {"units": 2}
    assert client.post(f"{path}/release", {"reason": "not wanted"}).json() == {"units": 0}
    level.refresh_from_db()
    assert level.reserved == 0


def test_a_count_is_opened_counted_blind_handed_in_and_approved():
    client, level = clerk(), stocked(5, location=LocationFactory.create())
    number = client.post(f"{STAFF}/counts", {"location": str(level.location_id)}).json()["number"]
    path = f"{STAFF}/counts/{number}"
    assert (
        client.post(f"{STAFF}/counts", {"location": str(level.location_id)}).json()["code"] == "count_refused"
    )
    assert client.post(f"{path}/submit", {}).status_code == 409
    line = client.get(f"{path}/lines").json()["items"][0]
    assert (line["expected"], line["counted"]) == (None, None)
    figures = {"figures": [{"level": str(level.pk), "counted": 3}]}
    assert client.post(f"{path}/figures", figures).json() == {"lines": 1}
    scanned = client.post(f"{path}/scans", {"code": level.variant.sku, "key": "s1"})
    assert scanned.json()["counted"] == 4
    assert client.post(f"{path}/submit", {}).json() | {"lost": 1, "found": 0} == client.get(path).json()
    assert clerk("view_stockcount", "add_stockcount").post(f"{path}/approve").status_code == 403
    assert client.post(f"{path}/approve").json()["status"] == "approved"
    level.refresh_from_db()
    assert level.on_hand == 4
    assert StockCount.objects.get().number == number
    assert client.post(f"{path}/cancel", {"reason": "no"}).json()["code"] == "count_refused"


def test_an_order_is_held_noted_and_let_go():
    client, order = clerk(), make_order()
    path = f"{STAFF}/orders/{order.number}"
    shown = client.get(path)
    assert shown.json()["may_be_sent"] is True
    held = client.post(f"{path}/holds", {"reason": "fraud?"}, key="h").json()
    assert client.post(f"{path}/holds", {"reason": "fraud?"}, key="h").json() == held
    assert [one["number"] for one in client.get(f"{STAFF}/orders?held=true").json()["items"]] == [
        order.number
    ]
    assert client.get(path).json()["may_be_sent"] is False
    freed = client.post(f"{path}/holds/{held['id']}/release", {"reason": "called"}).json()
    assert (freed["status"], OrderHold.objects.count()) == ("released", 1)

    assert client.patch(path, {"note": "gift"}).status_code == 428
    assert client.patch(path, {"note": "gift"}, if_match=shown["ETag"]).json()["note"] == "gift"
    assert client.patch(path, {"note": "no gift"}, if_match=shown["ETag"]).status_code == 412
    assert Order.objects.get().note == "gift"
    assert client.get(f"{STAFF}/orders/{10**30}").status_code == 404
    assert client.get(f"{STAFF}/orders?status=nonsense").status_code == 422


def test_the_staffs_acts_on_a_plan():
    client, plan = clerk(), make_plan()
    path = f"{STAFF}/plans/{plan.order.number}"
    shown = client.get(path)
    assert shown.json()["status"] == "awaiting"
    assert plan.order.secret not in shown.content.decode(), "it opens the order, personal data and all"
    assert client.post(f"{path}/waivers", {"number": 1, "amount": "1.00", "reason": "x"}).json()["code"] == (
        "cannot_waive"
    )
    assert client.post(f"{path}/bills", {"numbers": [1]}).status_code == 201
    pay(ask(plan, 1))
    waived = client.post(f"{path}/waivers", {"number": 2, "amount": "1.00", "reason": "late parcel"})
    assert waived.status_code == 200, waived.json()
    assert client.post(f"{path}/remind").json() == {"number": 2}
    assert client.post(f"{path}/remind").json()["code"] == "reminded_today"
    assert client.post(f"{path}/calls", {"note": "pays on Friday"}).status_code == 204
    assert client.post(f"{path}/cancel", {"reason": "no"}).json()["code"] == "plan_paid"
    late = client.post(f"{path}/due-dates", {"number": 2, "day": "2099-01-01"})
    assert late.json()["code"] == "cannot_move"
    other = make_plan()
    assert client.post(f"{STAFF}/plans/{other.order.number}/cancel", {"reason": "asked"}).status_code == 200
    assert InstallmentPlan.objects.get(pk=other.pk).status == "cancelled"
    assert client.get(f"{STAFF}/plans?late=true").json()["items"] == []


def test_a_webhook_is_sent_again():
    client, delivery = clerk(), make_delivery()
    path = f"{STAFF}/webhook-deliveries/{delivery.pk}"
    OutgoingDelivery.objects.update(status="dead", next_try_at=None)
    assert client.get(path).json()["status"] == "dead"
    assert client.post(f"{path}/replay").json()["status"] == "pending"
    endpoints.disable(delivery.endpoint, actor="a")
    assert client.post(f"{path}/replay").json()["code"] == "endpoint_off"
    assert "secret" not in client.get(f"{STAFF}/webhook-endpoints").content.decode()
    assert "sealed" not in client.get(f"{STAFF}/webhook-endpoints").content.decode()


def test_without_the_permission_the_second_step_or_a_token_nothing_is_done():
    order, level = make_order(), stocked(5)
    writes = [
        (f"{STAFF}/stock-movements", {"type": "loss", "variant": str(level.variant_id), "quantity": 1}),
        (f"{STAFF}/reservations", kept(level)),
        (f"{STAFF}/orders/{order.number}/holds", {"reason": "x"}),
        (f"{STAFF}/counts", {"location": str(level.location_id)}),
    ]
    before = StockMovement.objects.count()
    for path, body in writes:
        assert ApiClient().post(path, body).status_code == 401
        assert ApiClient(make_user()).post(path, body).status_code == 403
        assert clerk("view_order", "view_stocklevel").post(path, body).status_code == 403
    assert (StockMovement.objects.count(), OrderHold.objects.count(), StockCount.objects.count()) == (
        before,
        0,
        0,
    )
