"""Addresses as the providers' other SDKs write them, and unknown ones: answered in each provider's format."""

from __future__ import annotations

import pytest
import requests
import stripe

from shop.sandbox import counterparts
from shop.sandbox.conekta.errors import ApiError as ConektaError
from shop.sandbox.conekta.validation import check_order
from shop.sandbox.router import Response, Router
from shop.sandbox.server import Handle, canonical
from shop.sandbox.stripe import pricing
from shop.sandbox.stripe.errors import ApiError
from shop.sandbox.tests.conftest import MP_TOKEN, STRIPE_KEY, Shop, mp_sdk
from shop.sandbox.tests.factories import mp_pay, new_preference, preference_body

MP = {"Authorization": f"Bearer {MP_TOKEN}"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("/mp/checkout/preferences/", "/mp/checkout/preferences"),
        ("/mp/v1/payments/1/refunds/", "/mp/v1/payments/1/refunds"),
        ("/mp/v1/payments/1", "/mp/v1/payments/1"),
        ("/mp/", "/mp/"),
        ("/v1/refunds", "/stripe/v1/refunds"),
        ("/v1/checkout/sessions/", "/stripe/v1/checkout/sessions/"),
        ("/_sandbox/", "/_sandbox/"),
    ],
)
def test_the_ways_in_which_sdks_write_an_address(asked: str, found: str) -> None:
    assert canonical(asked, counterparts.found()) == found


def test_the_router_takes_an_address_as_it_is_written() -> None:
    """Nobody is redirected, and what is quoted is one part of the path."""
    router = Router()
    for method, template in (("GET", "/x/"), ("GET", "/y/{one}"), ("POST", "/y/{one}"), ("GET", "/y/all")):
        router.add(method, template, lambda *_: Response(200))
    asked = ("/x/", "/x", "/x//", "/y//1", "/y/a%2Fb", "/y/a/b", "/y/all", "/y/")
    found = {path: match[1] for path in asked if (match := router.match("GET", path))}
    assert found == {"/x/": {}, "/y/a%2Fb": {"one": "a/b"}, "/y/all": {}}
    assert (router.allowed("/y/1"), router.allowed("/x"), router.allowed("/z")) == (["GET", "POST"], [], [])
    assert router.match("DELETE", "/y/1") is None


def test_a_trailing_slash_is_the_same_address(box: Handle, shop: Shop) -> None:
    made = requests.post(
        f"{box.base_url}/mp/checkout/preferences/", json=preference_body(shop.url), headers=MP, timeout=60
    )
    assert made.status_code == 201
    payment = mp_pay(box, mp_sdk(box), made.json())
    listed = requests.get(f"{box.base_url}/mp/v1/payments/{payment['id']}/refunds/", headers=MP, timeout=60)
    assert (listed.status_code, listed.json()) == (200, [])


def test_stripe_is_at_the_root_too_for_sdks_that_take_no_path(box: Handle) -> None:
    client = stripe.StripeClient(STRIPE_KEY, base_addresses={"api": box.base_url})
    intent = client.v1.payment_intents.create({"amount": 20000, "currency": "mxn"})
    assert client.v1.payment_intents.retrieve(intent.id).id == intent.id


@pytest.mark.parametrize("root", ["/stripe", ""])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nowhere"),
        ("DELETE", "/v1/refunds/re_x"),
        ("PATCH", "/v1/refunds"),
        ("GET", "/v1/checkout/sessions/"),
        ("POST", "/v2/core/events"),
    ],
)
def test_stripe_does_not_recognize_it(box: Handle, root: str, method: str, path: str) -> None:
    answer = requests.request(method, box.base_url + root + path, auth=(STRIPE_KEY, ""), timeout=60)
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith(f"Unrecognized request URL ({method}: {path}). Please see ")
    assert answer.headers["Request-Id"].startswith("req_")
    assert requests.request(method, box.base_url + root + path, timeout=60).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/mp/nowhere", 404, None),
        ("GET", "/mp/v1/nowhere", 404, None),
        ("DELETE", "/mp/v1/payments/1", 405, "GET, PUT"),
        ("PATCH", "/mp/checkout/preferences/", 405, "POST"),
    ],
)
def test_mercado_pago_says_it_in_its_own_shape(
    box: Handle, method: str, path: str, status: int, allow: str | None
) -> None:
    answer = requests.request(method, box.base_url + path, headers=MP, timeout=60)
    assert answer.status_code == status
    assert set(answer.json()) == {"message", "error", "status", "cause"}
    assert answer.json()["status"] == status
    assert answer.headers["x-request-id"]
    assert answer.headers.get("Allow") == allow


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/conekta/nowhere", 404), ("DELETE", "/conekta/orders", 405)]
)
def test_conekta_says_it_in_its_own_shape(box: Handle, method: str, path: str, status: int) -> None:
    answer = requests.request(method, box.base_url + path, timeout=60)
    assert answer.status_code == status
    flags = answer.json()
    assert flags["object"] == "error"
    assert flags["details"][0]["code"].startswith("conekta.errors.")
    assert flags["details"][0]["message"]


# -- sums ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (99_999_999, "ars", None),
        (100_000_000, "ars", "amount_too_large"),
        (120_000_000, "ars", "amount_too_large"),
        (999, "mxn", "amount_too_small"),
        (49, "usd", "amount_too_small"),
        (0, "ars", "parameter_invalid_integer"),
    ],
)
def test_stripe_refuses_sums_by_name(amount: int, currency: str, code: str | None) -> None:
    if code is None:
        assert pricing.check_amount(amount, currency, "line_items") == amount
        return
    with pytest.raises(ApiError) as refused:
        pricing.check_amount(amount, currency, "line_items")
    assert (refused.value.code, refused.value.param) == (code, "line_items")


def test_conekta_takes_three_pesos_or_more() -> None:
    checkout = {
        "type": "HostedPayment",
        "success_url": "https://a.example/",
        "failure_url": "https://a.example/",
    }
    customer = {"name": "Ana", "email": "ana@example.com", "phone": "525512345678"}
    for price, is_taken in ((300, True), (299, False)):
        order = {
            "currency": "MXN",
            "customer_info": customer,
            "checkout": checkout,
            "line_items": [{"name": "x", "unit_price": price, "quantity": 1}],
        }
        if is_taken:
            assert check_order(order, 0) == order
            continue
        with pytest.raises(ConektaError) as refused:
            check_order(order, 0)
        assert (refused.value.status, refused.value.param) == (422, "amount")


def test_mercado_pago_signs_in_seconds_and_in_milliseconds_where_asked(box: Handle, shop: Shop) -> None:
    for fault, digits in ((None, 10), ("webhook_ts_ms", 13)):
        if fault:
            box.sandbox.faults.add(fault, provider="mercadopago")
        shop.received.clear()
        mp_pay(box, mp_sdk(box), new_preference(mp_sdk(box), shop.url))
        assert box.sandbox.outbox.flush(60)
        stamp = next(item.headers["x-signature"] for item in shop.received if "x-signature" in item.headers)
        assert len(stamp.split(",")[0]) == len("ts=") + digits
