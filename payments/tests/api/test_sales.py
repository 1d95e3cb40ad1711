"""The sales contract: prepare, bill, pay at Mercado Pago, the notification, what it came to; for its own account."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Variant
from orders.checkout import sessions
from orders.models import CheckoutSession, Order
from orders.tests.factories import level_of, make_user, make_variant
from payments.models import PaymentAttempt
from payments.tests.world import World
from shop.accounts.models import User
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
BILLING: dict[str, Any] = {
    "customerName": "Ana María Gómez",
    "email": "ana@example.com",
    "phone": "11 5555 0000",
    "address": {
        "street": "Corrientes 1234",
        "city": "Buenos Aires",
        "postalCode": "1043",
        "state": "Buenos Aires",
    },
}
SALE_KEYS = [
    "id",
    "userId",
    "status",
    "totalAmount",
    "currency",
    "shippingAddress",
    "billingData",
    "mercadoPagoPaymentId",
    "mercadoPagoPreferenceId",
    "orderNumber",
    "createdAt",
    "updatedAt",
    "expiresAt",
    "items",
]


@pytest.fixture(scope="module")
def rows(shared_rows: Any) -> Iterator[tuple[User, Variant]]:
    with shared_rows():
        yield make_user(), make_variant(5, price=Decimal("15000.00"))


@pytest.fixture
def client_(rows: tuple[User, Variant], providers: World, settings: Any) -> ApiClient:
    settings.PAYMENT_GATEWAYS = ["stripe", "mercadopago"]
    return ApiClient(rows[0])


def prepare(client: ApiClient, variant: Variant, units: int = 2, key: str | None = None) -> Any:
    items = [{"variantId": variant.public_number, "quantity": units}]
    return client.post("/api/sales/prepare", {"cartItems": items}, key=key)


def test_from_prepare_to_where_it_is_paid(client_: ApiClient, rows: tuple[User, Variant], providers: World):
    user, variant = rows
    prepared = prepare(client_, variant)
    assert prepared.status_code == 201, prepared.content
    body = prepared.json()
    assert list(body) == ["saleId", "status", "totalAmount", "expiresAt", "items"]
    assert (body["status"], body["totalAmount"]) == ("pending", 30000.0)
    assert [
        (row["productVariantId"], row["quantity"], row["unitPrice"], row["totalPrice"])
        for row in body["items"]
    ] == [(variant.public_number, 2, 15000.0, 30000.0)]
    assert (level_of(variant.pk).on_hand, level_of(variant.pk).reserved) == (5, 2)
    assert prepare(client_, variant).json()["saleId"] == body["saleId"], "not begun twice"
    sale = f"/api/sales/{body['saleId']}"

    early = client_.post(f"{sale}/create-payment")
    assert (early.status_code, list(early.json())) == (400, ["error"])
    billed = client_.put(f"{sale}/billing-data", BILLING)
    assert billed.status_code == 200, billed.content
    assert list(billed.json()) == SALE_KEYS
    assert billed.json()["billingData"]["customerName"] == "Ana María Gómez"
    assert billed.json()["userId"] == user.public_number
    assert billed.json()["shippingAddress"] is None, "fetched at the shop"

    begun = client_.post(f"{sale}/create-payment")
    attempt = PaymentAttempt.objects.get()
    assert attempt.gateway == "mercadopago"
    assert begun.json() == {
        "saleId": body["saleId"],
        "init_point": attempt.redirect_url,
        "paymentUrl": attempt.redirect_url,
    }
    assert client_.post(f"{sale}/create-payment").json() == begun.json(), "the same preference"
    assert PaymentAttempt.objects.count() == 1


def test_its_notification_makes_it_paid(client_: ApiClient, rows: tuple[User, Variant], providers: World):
    user, variant = rows
    key = prepare(client_, variant).json()["saleId"]
    sale = f"/api/sales/{key}"
    client_.put(f"{sale}/billing-data", BILLING)
    client_.post(f"{sale}/create-payment")
    attempt = PaymentAttempt.objects.get()
    providers.pay(attempt)
    letters = [
        replace(letter, path="/api/webhooks/mercadopago" + letter.path.partition("mercadopago/")[2])
        for letter in providers.letters()
    ]
    forged = Client().post("/api/webhooks/mercadopago?data.id=1", "{}", content_type="application/json")
    assert forged.status_code == 401
    assert {answer.status_code for answer in providers.deliver(letters)} == {200}
    assert client_.get(f"{sale}/status").json() == {"saleId": key, "status": "paid"}
    shown = client_.get(sale).json()
    order = Order.objects.get()
    assert (shown["status"], shown["orderNumber"], shown["expiresAt"]) == ("paid", order.number, None)
    assert shown["mercadoPagoPaymentId"] == attempt.payments.get().external_id
    assert shown["mercadoPagoPreferenceId"] == attempt.external_id
    assert client_.get(f"/api/users/{user.public_number}/sales").json() == [shown]
    assert (level_of(variant.pk).on_hand, level_of(variant.pk).reserved) == (3, 0)
    again = client_.post(f"{sale}/create-payment")
    assert again.status_code == 400


def test_a_return_address_leads_its_own_account_to_what_became_of_it(
    client_: ApiClient, rows: tuple[User, Variant], providers: World
):
    user, variant = rows
    sale = prepare(client_, variant).json()["saleId"]
    page = Client()
    page.force_login(user)
    token = CheckoutSession.objects.get().token
    assert token in page.get(f"/payment/pending/{sale}")["Location"], "nothing is begun yet"
    client_.put(f"/api/sales/{sale}/billing-data", BILLING)
    client_.post(f"/api/sales/{sale}/create-payment")
    attempt = PaymentAttempt.objects.get()
    for outcome in ("success", "failure", "pending"):
        answer = page.get(f"/payment/{outcome}/{sale}")
        assert answer["Location"].endswith(f"/{attempt.token}/")
        assert "/login/" in Client().get(f"/payment/{outcome}/{sale}")["Location"]
    assert page.get(f"/payment/other/{sale}").status_code == 404
    page.force_login(make_user())
    assert page.get(f"/payment/success/{sale}").status_code == 404


def test_what_cannot_be_prepared_or_billed_is_refused_in_one_sentence(
    client_: ApiClient, rows: tuple[User, Variant]
):
    variant = rows[1]
    line = {"variantId": variant.public_number, "quantity": 1}
    for items in (
        [],
        [line, line],
        [line | {"quantity": 0}],
        [line | {"quantity": -1}],
        [line | {"quantity": 10**9}],
        [line | {"quantity": 6}],
        [line | {"variantId": 10**30}],
        [line | {"variantId": str(uuid4())}],
        [line | {"variantId": "abc"}],
        [line | {"quantity": "2"}],
        [line | {"price": 1}],
        "x",
    ):
        answer = client_.post("/api/sales/prepare", {"cartItems": items})
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), items
    assert not CheckoutSession.objects.exists()
    by_key = client_.post("/api/sales/prepare", {"cartItems": [line | {"variantId": str(variant.pk)}]})
    sale = f"/api/sales/{by_key.json()['saleId']}"
    wrong: list[dict[str, Any]] = [
        {"email": "nobody"},
        {"phone": "x"},
        {"customerName": " "},
        {"address": {}},
        {"more": 1},
        {"address": BILLING["address"] | {"state": "Atlantis"}},
        {"address": BILLING["address"] | {"postalCode": "?"}},
    ]
    for changes in wrong:
        answer = client_.put(f"{sale}/billing-data", BILLING | changes)
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), changes


def test_another_account_finds_nothing_and_a_stranger_must_sign_in(
    client_: ApiClient, rows: tuple[User, Variant]
):
    sale = f"/api/sales/{prepare(client_, rows[1]).json()['saleId']}"
    other = make_user()
    for client, status in ((ApiClient(other), 404), (ApiClient(), 401)):
        for answer in (
            client.get(sale),
            client.get(f"{sale}/status"),
            client.put(f"{sale}/billing-data", BILLING),
            client.post(f"{sale}/create-payment"),
            client.get(f"/api/users/{rows[0].public_number}/sales"),
        ):
            assert (answer.status_code, list(answer.json())) == (status, ["error"])
    for path in (f"/api/sales/{uuid4()}", "/api/sales/1", "/api/users/0/sales", f"/api/users/{10**25}/sales"):
        answer = client_.get(path)
        assert (answer.status_code, list(answer.json())) == (404, ["error"]), path
    assert ApiClient(other).get(f"/api/users/{other.public_number}/sales").json() == []


def test_each_state_has_its_word_and_the_history_costs_the_same_for_two_and_for_four(
    client_: ApiClient, rows: tuple[User, Variant], providers: World
):
    user, variant = rows
    counts = []
    for turn in range(2):
        for key in range(2):
            assert prepare(client_, variant, 1, key=f"{turn}{key}").status_code == 201
        with CaptureQueriesContext(connection) as asked:
            listed = client_.get(f"/api/users/{user.public_number}/sales").json()
        counts.append((len(asked), len(listed)))
    assert (counts[0][1], counts[1]) == (2, (counts[0][0], 4))
    open_, *_rest = CheckoutSession.objects.all()
    path = f"/api/sales/{open_.pk}/status"
    client_.put(f"/api/sales/{open_.pk}/billing-data", BILLING)
    providers.fault("http_500", "mercadopago")
    refused = client_.post(f"/api/sales/{open_.pk}/create-payment")
    assert refused.status_code in {400, 503}
    assert client_.get(path).json()["status"] == "failed"
    sessions.cancel(CheckoutSession.objects.get(pk=open_.pk), "shopper")
    assert client_.get(path).json()["status"] == "cancelled"
