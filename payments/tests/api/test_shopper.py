"""A shopper buys through the API alone: a guest at once, an account in instalments that an app pays one after another."""

from decimal import Decimal
from typing import Any

import pytest

from orders.models import Cart, CheckoutSession, InstallmentBill
from orders.tests.factories import ShippingRateFactory, active, level_of, make_order, make_user, make_variant
from orders.tests.installments.plans import make_goods, make_offer, make_plan
from payments.models import PaymentAttempt
from payments.tests.world import World
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db

CONTACT: dict[str, Any] = {
    "email": "ana@example.com",
    "first_name": "Ana",
    "last_name": "Gómez",
    "phone": "1155550000",
    "document_type": "DNI",
    "document_number": "30.123.456",
    "delivery": {
        "street": "Av. Corrientes 1234",
        "apartment": "3 B",
        "city": "Buenos Aires",
        "state": "Ciudad Autónoma de Buenos Aires",
        "postal_code": "1043",
    },
}


def done(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()


def check_out(client: ApiClient, **headers: str) -> str:
    """Fill in a checkout of the client's cart and return its token."""
    started = done(client.post("/api/v1/checkouts", {}, **headers), 201)
    assert (started["next"], started["status"]) == ("contact", "open")
    at = f"/api/v1/checkouts/{started['token']}"
    assert done(client.put(f"{at}/contact", CONTACT))["next"] == "shipping"
    rate = done(client.get(f"{at}/shipping-rates"))[0]
    chosen = done(client.put(f"{at}/shipping", {"rate": rate["id"], "accepts_terms": True}))
    assert (chosen["next"], chosen["total"], chosen["issues"]) == ("payment", rate["total"], [])
    return str(started["token"])


def test_a_guest_buys_at_once(providers: World):
    variant, client = make_variant(3, price=Decimal("84900.00")), ApiClient()
    ShippingRateFactory.create()
    assert done(client.get("/api/v1/cart"))["items"] == []
    assert not Cart.objects.exists()

    cart = done(
        client.post(
            "/api/v1/cart/items", {"variant": str(variant.pk), "quantity": 2}, key="of-a-guest:-1234"
        ),
        201,
    )
    again = client.post(
        "/api/v1/cart/items", {"variant": str(variant.pk), "quantity": 2}, key="of-a-guest:-1234"
    )
    assert again["Idempotent-Replayed"] == "true"
    assert done(again, 201) == cart
    item = cart["items"][0]
    assert (item["quantity"], item["state"], item["total"], cart["currency"]) == (
        2,
        "reserved",
        "169800.00",
        "ARS",
    )
    assert active() == 2
    guest = {"cart_token": cart["token"]}
    assert done(client.get("/api/v1/cart", **guest))["units"] == 2
    assert done(ApiClient(make_user()).get("/api/v1/cart", **guest))["units"] == 0, (
        "an account has its own cart"
    )

    _pay_and_read(providers, client, check_out(client, **guest), guest, str(variant.pk))
    assert (level_of(variant.pk).on_hand, active()) == (1, 0)


def _pay_and_read(
    providers: World, client: ApiClient, token: str, guest: dict[str, str], variant: str
) -> None:
    payable = done(client.get(f"/api/v1/payables/{token}"))
    assert [way["code"] for way in payable["ways"]][:2] == ["mercadopago", "stripe"]
    begun = done(
        client.post(f"/api/v1/payables/{token}/payments", {"way": "mercadopago"}, key="of-a-guest:-1235"), 201
    )
    assert begun["redirect_url"].startswith("http")
    assert begun["amount"] == payable["total"] == "169800.00"
    assert (
        done(client.post(f"/api/v1/payables/{token}/payments", {"way": "mercadopago"}), 201)["id"]
        == begun["id"]
    )
    frozen = client.put(f"/api/v1/cart/items/{variant}", {"quantity": 1}, **guest)
    assert (frozen.status_code, frozen.json()["code"]) == (409, "being_paid")

    providers.pay(PaymentAttempt.objects.get())
    providers.deliver()
    paid = done(client.get(f"/api/v1/payments/{begun['id']}"))
    assert (paid["status"], paid["redirect_url"]) == ("paid", "")
    order = done(client.get(f"/api/v1/orders/by-secret/{paid['order']['secret']}"))
    assert (order["number"], order["money"]["paid"], order["lines"][0]["left"]) == (
        paid["order"]["number"],
        "169800.00",
        2,
    )
    assert done(client.get(f"/api/v1/checkouts/{token}"))["order"]["number"] == order["number"]
    assert client.get(f"/api/v1/orders/{order['number']}").status_code == 401


def test_an_account_buys_in_three_and_pays_each_from_its_app(providers: World):
    make_offer()
    variant, user = make_goods(units=2), make_user("ana@example.com")
    client = ApiClient(user)
    offers = done(client.get(f"/api/v1/installment-offers?variant={variant.pk}"))
    assert [(offer["count"], offer["total"]) for offer in offers] == [(3, "175.98")]
    done(client.post("/api/v1/cart/items", {"variant": str(variant.pk)}), 201)
    token = check_out(client)
    at = f"/api/v1/checkouts/{token}/installments"
    quote = done(client.get(at))[0]
    assert quote["terms"]["amounts"] == ["58.66"] * 3
    printed = quote["terms"]["rate_text"]
    assert printed == "CFTEA 32,25\N{NO-BREAK SPACE}%", "as the pages print it"
    assert done(client.get(at, accept_language="en"))[0]["terms"]["rate_text"] == printed.replace(",", ".")
    assert "58,66" in done(client.get(f"{at}/{quote['id']}"))["text"]
    refused = client.post(at, {"quote": quote["id"], "accepts": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_accepted")
    plan = done(client.post(at, {"quote": quote["id"], "accepts": True}, key="buy"), 201)
    assert done(client.post(at, {"quote": quote["id"], "accepts": True}), 201)["order"] == plan["order"]
    assert level_of(variant.pk).on_hand == 1

    for number in (1, 2, 3):
        bill = done(client.post(f"/api/v1/plans/{plan['order']}/bills", {"numbers": [number]}), 201)
        way = {"way": "stripe", "flow": "app"}
        begun = done(client.post(f"/api/v1/payables/{bill['token']}/payments", way), 201)
        assert begun["client_secret"].startswith("pi_")
        providers.do("stripe.confirm", PaymentAttempt.objects.get(token=begun["id"]).external_id)
        providers.deliver()
    ended = done(client.get(f"/api/v1/plans/{plan['order']}"))
    assert (ended["status"], ended["open"], [row["open"] for row in ended["installments"]]) == (
        "paid",
        "0.00",
        ["0.00"] * 3,
    )
    history = done(client.get("/api/v1/orders"))
    assert [(row["number"], row["has_plan"]) for row in history["items"]] == [(plan["order"], True)]
    assert done(client.get("/api/v1/plans"))["items"][0]["settled"] == 3
    nothing = client.post(f"/api/v1/plans/{plan['order']}/bills", {})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_pay")


def test_refusals_say_what_the_pages_say():
    client, variant = ApiClient(make_user()), make_variant(1)
    at = "/api/v1/cart/items"
    cases = [
        (client.post(at, {"variant": str(variant.pk), "quantity": 2}), 409, "insufficient_stock"),
        (client.post(at, {"variant": str(variant.product_id)}), 404, "not_found"),
        (client.post(at, {"variant": "x"}), 422, "invalid"),
        (client.put(f"{at}/{variant.pk}", {"quantity": 1}), 404, "not_found"),
        (client.post("/api/v1/checkouts", {}), 409, "not_ready"),
        (client.get("/api/v1/checkouts/nothing"), 404, "not_found"),
        (client.get("/api/v1/payables/nothing"), 404, "not_found"),
        (client.get("/api/v1/payments/nothing"), 404, "not_found"),
        (client.get(f"/api/v1/orders/{10**30}"), 404, "not_found"),
        (client.get(f"/api/v1/plans/{10**30}"), 404, "not_found"),
    ]
    for number, (response, status, code) in enumerate(cases):
        assert (response.status_code, response.json()["code"]) == (status, code), number
    client.post(at, {"variant": str(variant.pk)})
    token = done(client.post("/api/v1/checkouts", {}), 201)["token"]
    delivery = {**CONTACT["delivery"], "state": "Narnia"}
    wrong = {**CONTACT, "document_number": "1", "email": "x", "delivery": delivery}
    bad = client.put(f"/api/v1/checkouts/{token}/contact", wrong)
    assert {error["pointer"] for error in bad.json()["errors"]} == {
        "#/document_number",
        "#/email",
        "#/delivery/state",
    }
    unknown = client.put(
        f"/api/v1/checkouts/{token}/shipping", {"rate": str(variant.pk), "accepts_terms": True}
    )
    assert unknown.json()["code"] == "rate_not_offered"
    early = client.post(f"/api/v1/payables/{token}/payments", {"way": "stripe"})
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    assert client.post(f"/api/v1/payables/{token}/payments", {"way": "gold"}).json()["code"] == "unknown_way"


def test_what_is_another_accounts_does_not_exist():
    owner = make_user()
    plan, order = make_plan(owner), make_order(user=owner)
    session = CheckoutSession.objects.get(order=order)
    bill = done(ApiClient(owner).post(f"/api/v1/plans/{plan.order.number}/bills", {}), 201)
    addresses = [
        f"/api/v1/orders/{order.number}",
        f"/api/v1/plans/{plan.order.number}",
        f"/api/v1/checkouts/{session.token}",
        f"/api/v1/payables/{session.token}",
    ]  # fmt: skip  (one address after the other)
    for client, status in ((ApiClient(make_user()), 404), (ApiClient(owner), 200)):
        assert [client.get(address).status_code for address in addresses] == [status] * len(addresses)
        assert len(done(client.get("/api/v1/orders"))["items"]) == (2 if status == 200 else 0)
    stranger = ApiClient(make_user())
    acts = [
        stranger.post(f"/api/v1/plans/{plan.order.number}/bills", {}),
        stranger.put(f"/api/v1/plans/{plan.order.number}/installments/1/due-date", {"day": "2030-01-01"}),
        stranger.post(f"/api/v1/payables/{session.token}/payments", {"way": "stripe"}),
        stranger.delete(f"/api/v1/payables/{session.token}/payments"),
    ]
    assert [act.status_code for act in acts] == [404] * 4
    assert InstallmentBill.objects.get().token == bill["token"]
