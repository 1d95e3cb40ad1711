"""A buyer cancels by the secret link, by the account and by the API: what was shown, once, and nobody else's order."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from orders.fulfilment import shipments
from orders.models import Cancellation, Order, ShipmentLine
from orders.tests.admin.test_orders import pay
from orders.tests.api.test_staff import clerk
from orders.tests.factories import make_cart, make_order, make_user, make_variant
from orders.tests.fulfilment.test_remaining import paid_order, refund
from orders.timeline import timeline
from payments.models import Refund
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db


def page(order: Order) -> str:
    return reverse("orders:order_cancel", args=[order.secret])


def sent(order: Order, seen: str, **changes: str) -> dict[str, str]:
    line = order.lines.get()
    return {
        "token": "t" * 20,
        f"units_{line.pk.hex}": str(line.quantity),
        "reason": "mistake",
        "note": "",
        "seen": seen,
        "step": "confirm",
    } | changes


def test_a_guest_sees_what_comes_back_then_cancels_once():
    order, payment = paid_order()
    client, line = Client(), order.lines.get()
    shown = client.get(order.get_absolute_url())
    assert page(order) in shown.content.decode()
    quote = client.get(page(order)).context["quote"]
    assert quote.amount == order.total
    # Fewer units than were shown: not before the buyer has seen what comes back for them.
    fewer = {f"units_{line.pk.hex}": "1"}
    answer = client.post(page(order), sent(order, quote.seen, **fewer))
    assert answer.status_code == 422
    assert answer.context["quote"].amount == line.unit_price
    preview = client.post(page(order), sent(order, "", step="preview", reason="", **fewer))
    assert (preview.status_code, preview.context["quote"].units) == (200, 1)
    assert "error-text" not in preview.content.decode()
    for wrong in ({f"units_{line.pk.hex}": "9"}, {f"units_{line.pk.hex}": "0"}, {"reason": ""}):
        assert client.post(page(order), sent(order, quote.seen, **wrong)).status_code == 422
    refund(payment, Decimal(7))
    stale = client.post(page(order), sent(order, quote.seen))
    assert stale.status_code == 422
    assert not Cancellation.objects.exists()
    for _click in range(2):
        answer = client.post(page(order), sent(order, stale.context["quote"].seen), follow=True)
        assert answer.redirect_chain[0][0] == order.get_absolute_url()
    assert Cancellation.objects.get().actor == "shopper"
    assert page(order) not in answer.content.decode()
    assert client.get(page(order)).status_code == 302


def test_only_the_account_that_bought_it_and_not_once_it_is_packed():
    user = make_user()
    order = make_order(make_cart((make_variant(), 2), user=user), user=user)
    pay(order, "1")
    Refund.objects.all().delete()
    address = reverse("orders:own_order_cancel", args=[order.number])
    stranger, mine = Client(), Client()
    stranger.force_login(make_user())
    mine.force_login(user)
    assert stranger.get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert mine.get(address).status_code == 200
    quote = mine.get(address).context["quote"]
    part = sent(order, "", step="preview", **{f"units_{order.lines.get().pk.hex}": "1"})
    seen = mine.post(address, part).context["quote"].seen
    mine.post(address, part | {"step": "confirm", "seen": seen})
    assert [moment.title for moment in timeline(Order.objects.get())][1:2] == ["Cancelaste una parte"]
    assert Cancellation.objects.get().actor == f"customer:{user.pk}"
    shipment = shipments.prepare(order, key="k", actor="staff:x")
    ShipmentLine.objects.filter(shipment=shipment).update(packed=1)
    late = mine.post(address, sent(order, quote.seen, token="u" * 20), follow=True)
    assert "empaquetado" in late.content.decode()
    assert address not in late.content.decode()


def test_the_api_previews_and_does_exactly_that_once():
    user = make_user()
    order = make_order(make_cart((make_variant(units=9), 3), user=user), user=user)
    pay(order, "1")
    Refund.objects.all().delete()
    path, line = f"/api/v1/orders/{order.number}/cancellation", order.lines.get()
    client = ApiClient(user)
    assert ApiClient(make_user()).get(path).status_code == 404
    whole = client.get(path).json()
    assert (whole["is_whole"], whole["lines"][0]["quantity"]) == (True, 3)
    part = client.get(path, {"units": [f"{line.public_number}:1"]}).json()
    assert part["amount"] == f"{line.unit_price}"
    body = {
        "reason": "too_slow",
        "lines": [{"number": line.public_number, "quantity": 1}],
        "preview": part["preview"],
    }
    first = client.post(path, body, key="one-act-of-this-client")
    again = client.post(path, body, key="one-act-of-this-client")
    assert (first.status_code, first.json()) == (201, again.json())
    assert (first.json()["status"], first.json()["amount"]) == ("confirmed", part["amount"])
    stale = client.post(path, body)
    assert (stale.status_code, stale.json()["code"]) == (409, "preview_outdated")
    now = stale.json()["errors"][0]["detail"]
    for wrong in ([{"number": 10**9, "quantity": 1}], [{"number": line.public_number, "quantity": 9}]):
        assert client.post(path, body | {"lines": wrong}).status_code == 422
    secret = f"/api/v1/orders/by-secret/{order.secret}/cancellation"
    assert ApiClient().get(secret).json()["is_whole"]
    assert client.post(path, body | {"preview": now}).status_code == 201
    rest = ApiClient().get(secret).json()
    last = ApiClient().post(secret, {"reason": "other", "preview": rest["preview"]})
    assert last.json()["status"] == "cancelled"
    gone = client.get(path)
    assert (gone.status_code, gone.json()["code"]) == (409, "cannot_cancel")
    assert Cancellation.objects.count() == 3


def test_the_staffs_api_asks_for_its_permission_and_its_own_reasons():
    order, _payment = paid_order()
    path = f"/api/v1/staff/orders/{order.number}/cancellation"
    assert clerk("view_order").get(path).status_code == 403
    client = clerk("add_cancellation")
    body = {"preview": client.get(path).json()["preview"]}
    assert client.post(path, body | {"reason": "mistake"}).status_code == 422
    made = client.post(path, body | {"reason": "wrong_price", "note": "14.990, no 1.499"}).json()
    assert (made["is_whole"], made["note"]) == (True, "14.990, no 1.499")
    assert Cancellation.objects.get().actor.startswith("staff:")
