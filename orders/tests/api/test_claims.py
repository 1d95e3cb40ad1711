"""Claims in the API: a buyer opens one by the order's secret; the staff answer exactly what was quoted, by permission."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Variant
from orders.models import Claim, Order, OrderLine, Reimbursement
from orders.returns import files
from orders.tests.api.test_returns import clerk
from orders.tests.claims.claims import claim_of
from orders.tests.exchanges.exchanges import order_with_sizes
from orders.tests.factories import make_user
from orders.tests.returns.returns import give_but, line_of
from shop.core.tests.pictures.picture_files import halves, saved
from tests.support.api_client import ApiClient

BUYERS, AT_STAFF = "/api/v1/claims", "/api/v1/staff/claims"
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes()


def body(line: OrderLine, units: int = 1, **more: Any) -> dict[str, Any]:
    asked = [{"line": line.public_number, "units": units}]
    return {"lines": asked, "reason": "damaged_in_transit", "note": "roto", **more}


def test_a_buyer_opens_a_claim_once_reads_and_cancels_it(sizes):
    order, line, _other = sizes
    guest, mine = ApiClient(), f"{BUYERS}/by-order/{order.secret}"
    there = {one["line"]: one for one in guest.get(f"{mine}/claimable").json()}
    assert (there[line.public_number]["left"], bool(there[line.public_number]["until"])) == (3, True)
    for wrong, code in (
        (body(line, 4), "claim_refused"),
        (body(line, reason="too_small"), "invalid"),
        (body(line, wish="partial"), "invalid"),
        ({**body(line), "lines": [{"line": 10**9, "units": 1}]}, "invalid"),
        ({**body(line), "lines": body(line)["lines"] * 2}, "invalid"),
        ({**body(line), "lines": []}, "invalid"),
    ):
        assert guest.post(mine, wrong).json()["code"] == code, wrong
    assert not Claim.objects.exists()
    made = guest.post(mine, body(line, 2), key="once-for-this-claim")
    assert guest.post(mine, body(line, 2), key="once-for-this-claim").json() == made.json()
    assert (made.status_code, Claim.objects.count()) == (201, 1)
    found = made.json()
    assert (found["status"], found["wish"], found["lines"][0]["units"]) == ("open", "replace", 2)
    assert [one["number"] for one in guest.get(mine).json()] == [found["number"]]
    assert guest.get(f"{mine}/1").json() == found
    assert guest.get(f"{BUYERS}/by-order/x/1").status_code == 404
    assert guest.get(f"{mine}/2").status_code == 404
    for _again in range(2):
        ended = guest.post(f"{mine}/1/cancel").json()
    assert (ended["status"], ended["may_cancel"]) == ("cancelled", False)
    assert guest.get(BUYERS).status_code == 401
    buyer = make_user()
    Order.objects.filter(pk=order.pk).update(user=buyer)
    listed = ApiClient(buyer).get(BUYERS, {"status": "cancelled"}).json()["items"]
    assert [one["id"] for one in listed] == [found["id"]]
    assert ApiClient(make_user()).get(BUYERS).json()["items"] == []


def test_photos_are_named_by_addresses_that_ask_who_reads(client, admin_client, sizes):
    order, line, _other = sizes
    photo = SimpleUploadedFile("box.jpg", saved(halves(), "JPEG"), "image/jpeg")
    claim = claim_of(order, line, photos=files.photos([photo]))
    (mine,) = ApiClient().get(f"{BUYERS}/by-order/{order.secret}/1").json()["photos"]
    assert client.get(mine)["Content-Type"] == "image/jpeg"
    (theirs,) = clerk("view_claim").get(f"{AT_STAFF}/{claim.pk}").json()["photos"]
    assert client.get(theirs).status_code == 302
    assert admin_client.get(theirs)["Content-Type"] == "image/jpeg"


def test_the_staff_answer_what_was_quoted_and_carry_it_out_once(sizes):
    order, line, other = sizes
    claim = claim_of(order, line, 2)
    at = f"{AT_STAFF}/{claim.pk}"
    client = clerk("view_claim", "change_claim")
    number = line.public_number
    answer = {
        "replace": [{"line": number, "units": 1, "variant": str(other.pk)}],
        "refund": [{"line": number, "units": 1}],
        "answer": "sorry",
    }
    quote = client.post(f"{at}/quote", answer).json()
    assert (quote["money_back"], [one["sku"] for one in quote["units"]]) == (
        str(line.unit_price),
        [other.sku],
    )
    single = line_of(order, 1).public_number
    for wrong, code in (
        ({**answer, "seen": "stale"}, "claim_refused"),
        ({**answer, "answer": "other words", "seen": quote["seen"]}, "claim_refused"),
        ({**answer, "partial": "1.00", "seen": ""}, "claim_refused"),
        ({"seen": ""}, "claim_refused"),
        ({"refund": [{"line": single, "units": 1}], "seen": ""}, "invalid"),
        ({"partial": "0.00", "seen": ""}, "invalid"),
    ):
        assert client.post(f"{at}/approve", wrong).json()["code"] == code, wrong
    assert client.post(f"{at}/resolve").json()["code"] == "claim_refused"
    done = client.post(f"{at}/approve", {**answer, "seen": quote["seen"]}, key="one")
    assert (done.status_code, done.json()["status"], done.json()["outcome"]) == (200, "approved", "both")
    assert client.post(f"{at}/approve", {**answer, "seen": quote["seen"]}, key="one").json() == done.json()
    assert client.post(f"{at}/deny", {"answer": "no"}).json()["code"] == "claim_refused"
    assert client.post(f"{at}/resolve").status_code == 403, "it pays back"
    payer = clerk("change_claim", "add_refund")
    for _again in range(2):
        ended = payer.post(f"{at}/resolve").json()
    assert (ended["status"], ended["money_back"]) == ("resolved", str(line.unit_price))
    assert [one["is_sent"] for one in ended["units"]] == [True]
    assert Reimbursement.objects.count() == 1


def test_who_may_see_claims_lists_them_and_acts_on_none(sizes):
    order, line, _other = sizes
    claim = claim_of(order, line)
    at, outsider = f"{AT_STAFF}/{claim.pk}", clerk("view_claim")
    for act in ("quote", "approve", "resolve", "deny", "reopen"):
        assert outsider.post(f"{at}/{act}", {}).status_code == 403, act
    assert clerk("view_return").get(at).status_code == 403
    assert [one["id"] for one in outsider.get(AT_STAFF, {"status": "open"}).json()["items"]] == [
        str(claim.pk)
    ]
    assert outsider.get(AT_STAFF, {"reason": "missing"}).json()["items"] == []
    assert outsider.get(f"{AT_STAFF}/{order.pk}").status_code == 404


def test_an_approval_is_taken_back_a_part_is_credited_and_the_staff_open_for_a_buyer(sizes):
    order, line, _other = sizes
    opener, client = clerk("add_claim"), clerk("change_claim", "view_claim")
    at = f"/api/v1/staff/orders/{order.number}/claims"
    assert client.post(at, body(line)).status_code == 403
    made = opener.post(at, body(line, reason="never_arrived"), key="one")
    assert (made.status_code, made.json()["origin"]) == (201, "staff")
    assert opener.post("/api/v1/staff/orders/99999999/claims", body(line)).status_code == 404
    mine = f"{AT_STAFF}/{made.json()['id']}"
    given = {"partial": "500.00"}
    quote = client.post(f"{mine}/quote", given).json()
    assert ([one["amount"] for one in quote["lines"]], quote["is_short"]) == (["500.00"], False)
    approved = client.post(f"{mine}/approve", {**given, "seen": quote["seen"]}).json()
    assert (approved["outcome"], approved["money_back"]) == ("partial", "500.00")
    for _again in range(2):
        reopened = client.post(f"{mine}/reopen", {"reason": "too little"}).json()
    assert (reopened["status"], reopened["money_back"]) == ("open", "0.00")
    denied = client.post(f"{mine}/deny", {"answer": "it was delivered"}).json()
    assert (denied["status"], denied["answer"]) == ("denied", "it was delivered")


def test_a_quote_says_that_it_is_less_than_was_paid_for_the_units(sizes):
    order, line, _other = sizes
    give_but(order, line.unit_price + 10)
    claim = claim_of(order, line, 2)
    client, at = clerk("change_claim", "view_claim"), f"{AT_STAFF}/{claim.pk}"
    number = line.public_number
    whole, short = (
        client.post(f"{at}/quote", {"refund": [{"line": number, "units": units}]}).json() for units in (1, 2)
    )
    assert (whole["is_short"], short["is_short"]) == (False, True)
    assert short["money_back"] == str(line.unit_price + 10)
