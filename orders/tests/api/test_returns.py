"""Returns in the API: a buyer asks for exactly what was quoted; each permission of the staff does its part, once."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from orders.models import Order, Reimbursement, Return, ReturnReceipt
from orders.tests.factories import make_user
from orders.tests.returns.returns import ask, delivered_order, line_of
from shop.accounts.models import User
from tests.support.api_client import ApiClient

BUYERS, STAFF = "/api/v1/returns", "/api/v1/staff/returns"


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    """An order of three units of one line and one of another, delivered today."""
    with shared_rows():
        yield delivered_order()


def clerk(*permissions: str) -> ApiClient:
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return ApiClient(User.objects.get(pk=user.pk), second_step=True)


def body(order: Order, units: int = 2, reason: str = "changed_mind", **more: Any) -> dict[str, Any]:
    line = line_of(order, 3).public_number
    return {"lines": [{"line": line, "units": units, "reason": reason, **more}]}


@pytest.mark.django_db
def test_a_buyer_asks_for_what_was_quoted_reads_and_cancels_it(order: Order):
    guest, mine = ApiClient(), f"{BUYERS}/by-order/{order.secret}"
    codes = [one["code"] for one in guest.get(f"{BUYERS}/reasons").json()]
    assert {"too_small", "defective", "gift"} <= set(codes)
    quote = guest.post(f"{mine}/quote", body(order)).json()
    assert (quote["total"], quote["payer"]) == (str(line_of(order, 3).unit_price * 2), "shop")
    given = {**body(order), "seen": quote["seen"]}
    for wrong, code in (
        ({**given, "seen": "stale"}, "return_refused"),
        ({**body(order, 9), "seen": ""}, "return_refused"),
        ({**body(order, 1, "too_small"), "seen": ""}, "return_refused"),
        ({**body(order, 1, wish="credit"), "seen": ""}, "return_refused"),
        ({**body(order, 1, "nothing"), "seen": ""}, "invalid"),
        ({**body(order, 0), "seen": ""}, "invalid"),
    ):
        assert guest.post(mine, wrong).json()["code"] == code, wrong
    made = guest.post(mine, given, key="once-for-this-return")
    assert guest.post(mine, given, key="once-for-this-return").json() == made.json()
    assert (made.status_code, Return.objects.count()) == (201, 1)
    assert (made.json()["state"], made.json()["lines"][0]["units"]) == ("requested", 2)
    assert [one["number"] for one in guest.get(mine).json()] == [made.json()["number"]]
    assert guest.get(f"{mine}/1").json()["may_cancel"]
    assert guest.get(f"{BUYERS}/by-order/x/1").status_code == 404
    assert guest.get(f"{mine}/2").status_code == 404
    for _again in range(2):
        ended = guest.post(f"{mine}/1/cancel").json()
    assert (ended["state"], ended["status"]) == ("rejected", "cancelled")
    assert guest.get(BUYERS).status_code == 401
    buyer = make_user()
    Order.objects.filter(pk=order.pk).update(user=buyer)
    rows = ApiClient(buyer).get(BUYERS, {"state": "rejected"}).json()["items"]
    assert [one["number"] for one in rows] == [made.json()["number"]]
    assert ApiClient(make_user()).get(BUYERS).json()["items"] == []


@pytest.mark.django_db
def test_long_keys_that_begin_alike_are_two_requests(order: Order):
    guest, mine = ApiClient(), f"{BUYERS}/by-order/{order.secret}"
    for last in ("a", "b"):
        seen = guest.post(f"{mine}/quote", body(order, 1)).json()["seen"]
        made = guest.post(mine, {**body(order, 1), "seen": seen}, key="k" * 254 + last)
        assert made.status_code == 201
    assert [one["number"] for one in guest.get(mine).json()] == [f"{order.number}-R1", f"{order.number}-R2"]


@pytest.mark.django_db
def test_the_staff_does_each_act_by_its_permission_and_once(order: Order):
    rma = ask(order)
    line, at = line_of(order, 3).public_number, f"{STAFF}/{rma.pk}"
    acts: list[tuple[str, str, dict[str, Any], str]] = [
        ("approve", "change_return", {"way": "drop_off", "drop_off_code": "QR"}, "approved"),
        ("receive", "add_returnreceipt", {"parcel": 1, "lines": [{"line": line, "units": 1}]}, "received"),
        (
            "inspect",
            "add_inspection",
            {"lines": [{"line": line, "units": 1, "condition": "new", "disposition": "restock"}]},
            "received",
        ),
        ("decide", "add_returndecision", {}, "received"),
        ("pay", "add_refund", {}, "refunded"),
    ]
    outsider = clerk("view_return")
    for act, permission, given, state in acts:
        assert outsider.post(f"{at}/{act}", given).status_code == 403, act
        client = clerk("view_return", permission)
        done = client.post(f"{at}/{act}", given, key="one")
        assert (done.status_code, done.json()["state"]) == (200, state), (act, done.json())
        assert client.post(f"{at}/{act}", given, key="one").json() == done.json()
    assert (ReturnReceipt.objects.count(), Reimbursement.objects.count()) == (1, 1)
    shown = outsider.get(at).json()
    assert shown["refunded"] == str(line_of(order, 3).unit_price)
    assert [one["disposition"] for one in shown["inspections"]] == ["restock"]
    assert shown["created_by"] == "buyer"
    assert clerk("change_return").post(f"{at}/reject", {"reason": "no"}).json()["code"] == "return_refused"
    listed = outsider.get(STAFF, {"state": "refunded"}).json()["items"]
    assert [one["id"] for one in listed] == [str(rma.pk)]
    assert outsider.get(STAFF, {"queue": "to_approve"}).json()["items"] == []
    assert outsider.get(f"{STAFF}/{order.pk}").status_code == 404
