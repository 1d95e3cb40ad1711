"""Exchanges in the API: a buyer asks for exactly what was quoted and pays the difference; the staff act by permission."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from catalog.models import Variant
from orders.exchanges import ending, releasing
from orders.models import Exchange, Order, OrderLine, Return
from orders.tests.api.test_returns import clerk
from orders.tests.exchanges.exchanges import approve, ask, come_back, order_with_sizes, pay, size_of
from orders.tests.factories import make_user, make_variant
from orders.tests.returns.returns import STAFF, deliver
from tests.support.api_client import ApiClient

BUYERS, AT_STAFF = "/api/v1/exchanges", "/api/v1/staff/exchanges"


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    """An order delivered today, its line of three units, and another size of the same product."""
    with shared_rows():
        yield order_with_sizes(units=3)


def body(line: OrderLine, *instead: tuple[Variant, int], units: int = 1) -> dict[str, Any]:
    chosen = [{"variant": str(one.pk), "units": number} for one, number in instead]
    asked = {"line": line.public_number, "units": units, "reason": "changed_mind", "instead": chosen}
    return {"lines": [asked]}


@pytest.mark.django_db
def test_a_buyer_asks_for_what_was_quoted_reads_and_cancels_it(sizes):
    order, line, other = sizes
    guest, mine = ApiClient(), f"{BUYERS}/by-order/{order.secret}"
    offers = {one["line"]: one["variants"] for one in guest.get(f"{mine}/offers").json()}
    assert [one["variant"] for one in offers[line.public_number]] == [str(other.pk)]
    quote = guest.post(f"{mine}/quote", body(line, (other, 1))).json()
    price = str(line.unit_price)
    assert [(one["credit"], one["price"]) for one in quote["units"]] == [(price, price)]
    assert (quote["settlement"], quote["money_back"], quote["lines"][0]["refusal"]) == ("0.00", "0.00", None)
    given = {**body(line, (other, 1)), "seen": quote["seen"]}
    made = guest.post(mine, given, key="once-for-this-exchange")
    assert guest.post(mine, given, key="once-for-this-exchange").json() == made.json()
    assert (made.status_code, Exchange.objects.count(), Return.objects.count()) == (201, 1, 1)
    found = made.json()
    assert (found["status"], found["charge"], found["units"][0]["sku"]) == ("requested", None, other.sku)
    assert [one["number"] for one in guest.get(mine).json()] == [found["number"]]
    assert guest.get(f"{mine}/1").json() == found
    assert guest.get(f"{BUYERS}/by-order/x/1").status_code == 404
    assert guest.get(f"{mine}/2").status_code == 404
    for _again in range(2):
        ended = guest.post(f"{mine}/1/cancel").json()
    assert (ended["status"], ended["end"], ended["may_cancel"]) == ("cancelled", "buyer", False)
    assert ended["units"][0]["is_dropped"]
    assert guest.get(BUYERS).status_code == 401
    buyer = make_user()
    Order.objects.filter(pk=order.pk).update(user=buyer)
    listed = ApiClient(buyer).get(BUYERS, {"status": "cancelled"}).json()["items"]
    assert [one["id"] for one in listed] == [found["id"]]
    assert ApiClient(make_user()).get(BUYERS).json()["items"] == []


@pytest.mark.django_db
def test_what_cannot_be_exchanged_is_refused_with_its_reason_and_nothing_is_written(sizes):
    order, line, other = sizes
    guest, mine = ApiClient(), f"{BUYERS}/by-order/{order.secret}"
    gone = str(order.pk)
    for wrong, code in (
        ({**body(line, (other, 1)), "seen": "stale"}, "exchange_refused"),
        ({**body(line, (other, 4), units=4), "seen": ""}, "exchange_refused"),
        ({**body(line, (other, 2)), "seen": ""}, "exchange_refused"),
        ({**body(line), "seen": ""}, "exchange_refused"),
        (
            {"lines": [{**body(line)["lines"][0], "instead": [{"variant": gone}]}], "seen": ""},
            "exchange_refused",
        ),
        ({"lines": [{**body(line, (other, 1))["lines"][0], "line": 10**9}], "seen": ""}, "invalid"),
    ):
        assert guest.post(mine, wrong).json()["code"] == code, wrong
    assert not Exchange.objects.exists()
    ask(order, line, other, 3)
    second, its_line, _size = order_with_sizes()
    quote = guest.post(f"{BUYERS}/by-order/{second.secret}/quote", body(its_line, (other, 1))).json()
    given = {**body(its_line, (other, 1)), "seen": quote["seen"]}
    refused = guest.post(f"{BUYERS}/by-order/{second.secret}", given)
    assert (refused.status_code, refused.json()["code"]) == (409, "exchange_refused")
    assert not second.returns.exists()


@pytest.mark.django_db
def test_the_difference_is_paid_as_any_other_payable(sizes):
    order, line, _other = sizes
    guest, mine = ApiClient(), f"{BUYERS}/by-order/{order.secret}"
    dearer = make_variant(units=1, price=line.unit_price + 1500)
    quote = guest.post(f"{mine}/quote", body(line, (dearer, 1))).json()
    assert (quote["to_pay"], quote["to_get"]) == ("1500.00", "0.00")
    exchange = ask(order, line, dearer)
    assert guest.get(f"{mine}/1").json()["charge"] is None
    approve(exchange)
    charge = guest.get(f"{mine}/1").json()["charge"]
    assert (charge["amount"], charge["status"]) == ("1500.00", "open")
    shown = guest.get(f"/api/v1/payables/{charge['token']}").json()
    assert (shown["total"], shown["state"], bool(shown["ways"])) == ("1500.00", "open", True)
    pay(exchange.charge)
    assert guest.get(f"{mine}/1").json()["charge"]["status"] == "paid"
    ended = guest.post(f"{mine}/1/cancel").json()
    assert (ended["status"], ended["back"]) == ("cancelled", "1500.00")


@pytest.mark.django_db
def test_the_staff_release_or_cancel_by_permission_and_once(sizes, monkeypatch):
    order, line, other = sizes
    exchange = ask(order, line, other)
    at = f"{AT_STAFF}/{exchange.pk}"
    outsider, client = clerk("view_exchange"), clerk("view_exchange", "change_exchange")
    assert outsider.post(f"{at}/release", {}).status_code == 403
    assert outsider.post(f"{at}/cancel", {}).status_code == 403
    assert clerk("view_return").get(at).status_code == 403
    assert client.post(f"{at}/release", {}).json()["code"] == "exchange_refused"
    come_back(exchange)
    for wrong in ({"units": [str(order.pk)]}, {"is_advance": True, "reason": "x"}):
        assert client.post(f"{at}/release", wrong).json()["code"] == "exchange_refused"
    monkeypatch.setattr(settings, "EXCHANGE_ADVANCE", True)
    assert client.post(f"{at}/release", {"is_advance": True}).json()["code"] == "exchange_refused"
    done = client.post(f"{at}/release", {"reason": "looks good"}, key="one")
    assert (done.status_code, done.json()["status"]) == (200, "released")
    assert client.post(f"{at}/release", {"reason": "looks good"}, key="one").json() == done.json()
    assert client.post(f"{at}/release", {}).json()["status"] == "released"
    assert OrderLine.everything.filter(replaces=line).count() == 1
    assert client.post(f"{at}/cancel", {}).json()["code"] == "exchange_refused"
    assert outsider.get(at).json()["units"][0]["is_sent"]
    listed = outsider.get(AT_STAFF, {"status": "released", "needs_attention": "false"}).json()["items"]
    assert [one["id"] for one in listed] == [str(exchange.pk)]
    assert outsider.get(AT_STAFF, {"needs_attention": "true"}).json()["items"] == []
    assert outsider.get(f"{AT_STAFF}/{order.pk}").status_code == 404


@pytest.mark.django_db
def test_another_size_is_chosen_for_a_return_that_is_open(sizes):
    """After the first exchange was cancelled because its size was gone."""
    order, line, other = sizes
    exchange = ask(order, line, other)
    approve(exchange)
    ending.cancel(exchange, end=Exchange.End.STAFF, actor=STAFF)
    assert line.variant
    third = size_of(line.variant, units=1)
    client, at = clerk("change_exchange"), f"/api/v1/staff/returns/{exchange.rma_id}/exchange"
    wanted = {"lines": [{"line": line.public_number, "variant": str(third.pk)}]}
    quote = client.post(f"{at}/quote", wanted).json()
    assert (quote["settlement"], quote["units"][0]["sku"]) == ("0.00", third.sku)
    assert client.post(at, {**wanted, "seen": "stale"}).json()["code"] == "exchange_refused"
    made = client.post(at, {**wanted, "seen": quote["seen"]}, key="one")
    assert (made.status_code, made.json()["return_id"]) == (201, str(exchange.rma_id))
    assert client.post(at, {**wanted, "seen": quote["seen"]}, key="one").json() == made.json()
    assert client.post(f"{at}/quote", wanted).json()["code"] == "exchange_refused"
    assert clerk("view_exchange").post(f"{at}/quote", wanted).status_code == 403
    assert Decimal(made.json()["settlement"]) == 0
    unknown = {"lines": [{"line": 10**9, "variant": str(third.pk)}]}
    assert client.post(f"{at}/quote", unknown).json()["code"] == "invalid"


@pytest.mark.django_db
def test_a_unit_that_was_sent_instead_may_be_returned_by_the_api(sizes):
    """Its line is no line that was sold, and yet one of the order."""
    order, line, other = sizes
    exchange = ask(order, line, other)
    come_back(exchange)
    releasing.release(exchange, actor=STAFF)
    deliver(order)
    new = OrderLine.everything.get(replaces=line)
    asked = {"lines": [{"line": new.public_number, "units": 1, "reason": "changed_mind"}]}
    quote = ApiClient().post(f"/api/v1/returns/by-order/{order.secret}/quote", asked).json()
    assert quote["total"] == str(line.unit_price)
