"""The unmodified Conekta SDK orders, cancels, lists and refunds against the sandbox, with its own typed models."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import conekta
import pytest
import requests
from conekta.exceptions import (
    NotFoundException,
    ServiceException,
    UnauthorizedException,
    UnprocessableEntityException,
)
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shop.sandbox.conekta.options import DEVELOPMENT_TOKEN
from shop.sandbox.server import Handle
from shop.sandbox.tests.conftest import Control, Received, Shop, until
from shop.sandbox.tests.factories import location

PATH = "/payments/webhook/conekta/"
WAIT = (60.0, 60.0)


def sdk(handle: Handle, token: str = DEVELOPMENT_TOKEN) -> conekta.OrdersApi:
    configuration = conekta.Configuration(access_token=token, host=f"{handle.base_url}/conekta", retries=0)
    return conekta.OrdersApi(conekta.ApiClient(configuration))


@pytest.fixture
def orders(box: Handle) -> conekta.OrdersApi:
    return sdk(box)


def wanted(shop: Shop, **changes: Any) -> dict[str, Any]:
    checkout = {
        "type": "HostedPayment",
        "allowed_payment_methods": ["card", "cash", "bank_transfer"],
        "success_url": f"{shop.url}/return/?a=1",
        "failure_url": f"{shop.url}/return/?left=1",
        "expires_at": int(time.time()) + 3600,
        "monthly_installments_enabled": True,
        "monthly_installments_options": [3, 6],
    }
    body: dict[str, Any] = {
        "currency": "MXN",
        "customer_info": {"name": "Ana Pérez", "email": "ana@example.com", "phone": "5555555555"},
        "line_items": [
            {"name": "Remera", "unit_price": 62525, "quantity": 2},
            {"name": "Envío", "unit_price": 10000, "quantity": 1},
        ],
        "metadata": {"attempt": "attempt-1"},
        "checkout": checkout | changes.pop("checkout", {}),
    }
    return body | changes


def made(orders: conekta.OrdersApi, shop: Shop, **changes: Any) -> conekta.OrderResponse:
    request = conekta.OrderRequest.from_dict(wanted(shop, **changes))
    assert request is not None
    return orders.create_order(request, _request_timeout=WAIT)


def submit(order: conekta.OrderResponse, **form: str) -> requests.Response:
    return requests.post(
        order.checkout.url, data={"action": "pay", **form}, allow_redirects=False, timeout=10
    )


def again(orders: conekta.OrdersApi, order: conekta.OrderResponse) -> conekta.OrderResponse:
    return orders.get_order_by_id(order.id, _request_timeout=WAIT)


def raw(box: Handle, body: Any, token: str = DEVELOPMENT_TOKEN) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(f"{box.base_url}/conekta/orders", json=body, headers=headers, timeout=60)


def test_an_order_has_a_page_and_no_status_yet(orders: conekta.OrdersApi, shop: Shop, box: Handle) -> None:
    order = made(orders, shop)
    assert (order.amount, order.currency, order.payment_status) == (135050, "MXN", None)
    assert order.metadata == {"attempt": "attempt-1"}
    assert order.checkout.url == f"{box.base_url}/conekta/checkout/{order.id}"
    page = requests.get(order.checkout.url, timeout=60)
    assert page.status_code == 200
    for words in ("$ 1.350,50", "Remera × 2", "OXXO", "SPEI", "6 meses de"):
        assert words in page.text
    assert again(orders, order).to_dict() == order.to_dict()


def test_a_card_is_paid_in_months_and_the_shopper_returns(orders: conekta.OrdersApi, shop: Shop) -> None:
    order = made(orders, shop)
    where, query = location(submit(order, method="card", installments="6"))
    assert where == f"{shop.url}/return/"
    assert (query["a"], query["order_id"], query["payment_status"]) == ("1", order.id, "paid")
    paid = again(orders, order)
    assert (paid.payment_status, paid.is_refundable) == ("paid", True)
    [charge] = paid.charges.data
    assert (charge.status, charge.amount, charge.order_id) == ("paid", 135050, order.id)
    assert charge.paid_at is not None
    # Paid is paid: the page takes no second payment.
    assert "ya se hizo" in submit(order, method="card").text
    assert len(again(orders, order).charges.data) == 1


def test_a_declined_card_stays_on_the_page(orders: conekta.OrdersApi, shop: Shop) -> None:
    order = made(orders, shop)
    answer = submit(order, action="decline", decline_code="insufficient_funds")
    page = requests.get(f"{order.checkout.url}?{answer.headers['Location'].split('?')[1]}", timeout=60)
    assert "no tiene fondos suficientes" in page.text
    [charge] = again(orders, order).charges.data
    assert (charge.status, charge.failure_code) == ("declined", "insufficient_funds")
    submit(order, method="card")
    assert [charge.status for charge in again(orders, order).charges.data] == ["declined", "paid"]


@pytest.mark.parametrize(("method", "words"), [("cash", "OXXO"), ("bank_transfer", "CLABE")])
def test_a_reference_waits_until_it_is_paid(
    orders: conekta.OrdersApi, shop: Shop, control: Control, method: str, words: str
) -> None:
    order = made(orders, shop)
    submit(order, method=method)
    page = requests.get(order.checkout.url, timeout=60).text
    pending = again(orders, order)
    [charge] = pending.charges.data
    details = charge.payment_method.actual_instance.to_dict()
    code = details.get("reference") or details.get("clabe")
    assert words in page
    assert code in page
    assert (pending.payment_status, details["expires_at"]) == ("pending_payment", order.checkout.expires_at)
    control.act("conekta.pay_voucher", order.id)
    paid = again(orders, order)
    assert (paid.payment_status, paid.is_refundable) == ("paid", False)
    with pytest.raises(UnprocessableEntityException, match="not_refundable"):
        refund(orders, order, 100)


def refund(orders: conekta.OrdersApi, order: conekta.OrderResponse, amount: int) -> conekta.OrderResponse:
    wish = conekta.OrderRefundRequest(amount=amount, reason="requested_by_client")
    return orders.order_refund(order.id, wish, _request_timeout=WAIT)


def test_time_runs_out_for_page_and_reference(
    orders: conekta.OrdersApi, shop: Shop, control: Control
) -> None:
    idle, waiting = made(orders, shop), made(orders, shop)
    submit(waiting, method="cash")
    control.advance(3700)
    assert again(orders, idle).payment_status == "expired"
    late = again(orders, waiting)
    assert (late.payment_status, late.charges.data[0].status) == ("expired", "expired")
    assert requests.get(idle.checkout.url, timeout=60).status_code == 410
    assert submit(idle, method="card").status_code == 410
    control.act("conekta.late", idle.id)
    assert again(orders, idle).payment_status == "paid"


def test_a_cancelled_order_cannot_be_paid_and_a_paid_one_not_cancelled(
    orders: conekta.OrdersApi, shop: Shop
) -> None:
    order, paid = made(orders, shop), made(orders, shop)
    submit(order, method="cash")
    assert orders.cancel_order(order.id, _request_timeout=WAIT).payment_status == "canceled"
    assert again(orders, order).charges.data[0].status == "canceled"
    assert submit(order, method="card").status_code == 410
    submit(paid, method="card")
    for ended in (order, paid):
        with pytest.raises(UnprocessableEntityException, match="not_cancelable"):
            orders.cancel_order(ended.id, _request_timeout=WAIT)


def test_refunds_in_parts_never_too_much_and_never_the_same_twice_by_key(
    orders: conekta.OrdersApi, shop: Shop, control: Control
) -> None:
    order = made(orders, shop)
    submit(order, method="card")
    first = refund(orders, order, 50)
    assert (first.payment_status, first.amount_refunded) == ("partially_refunded", 50)
    second = refund(orders, order, 50)  # There are no keys: the same call is another refund.
    assert second.amount_refunded == 100
    assert [row.amount for row in second.charges.data[0].refunds.data] == [-50, -50]
    with pytest.raises(UnprocessableEntityException, match="more than remains"):
        refund(orders, order, 135050)
    failing = second.charges.data[0].refunds.data[0].id
    control.act("conekta.refund_fail", failing)
    assert again(orders, order).amount_refunded == 50
    assert refund(orders, order, 135000).payment_status == "refunded"


def test_the_list_is_paged_and_narrowed(orders: conekta.OrdersApi, shop: Shop) -> None:
    ids = [made(orders, shop).id for _turn in range(3)][::-1]
    page = orders.get_orders(limit=2, _request_timeout=WAIT)
    assert ([order.id for order in page.data], page.has_more) == (ids[:2], True)
    assert page.next_page_url.endswith(f"next={ids[1]}")
    rest = orders.get_orders(limit=2, next=ids[1], _request_timeout=WAIT)
    assert ([order.id for order in rest.data], rest.has_more) == (ids[2:], False)
    assert orders.get_orders(created_at_gte=int(time.time()) + 60, _request_timeout=WAIT).data == []


@pytest.mark.parametrize(
    ("param", "changes"),
    [
        ("currency", {"currency": "ARS"}),
        ("line_items", {"line_items": []}),
        ("line_items.0.unit_price", {"line_items": [{"name": "x", "unit_price": 1.5, "quantity": 1}]}),
        ("line_items.0.price", {"line_items": [{"name": "x", "unit_price": 1, "quantity": 1, "price": 1}]}),
        ("line_items", {"line_items": [{"name": "x", "unit_price": 0, "quantity": 1}]}),
        ("customer_info.phone", {"customer_info": {"name": "Ana", "email": "a@b.mx", "phone": "55"}}),
        ("idempotency_key", {"idempotency_key": "k"}),
        ("checkout.type", {"checkout": {"type": "Redirect"}}),
        ("checkout.success_url", {"checkout": {"success_url": "/back/"}}),
        ("checkout.expires_at", {"checkout": {"expires_at": 1}}),
        ("checkout.expires_at", {"checkout": {"expires_at": int(time.time()) + 400 * 86_400}}),
        ("checkout.allowed_payment_methods.0", {"checkout": {"allowed_payment_methods": ["oxxo"]}}),
        ("checkout.monthly_installments_options", {"checkout": {"monthly_installments_enabled": False}}),
        ("checkout.monthly_installments_options.0", {"checkout": {"monthly_installments_options": [5]}}),
    ],
)
def test_what_breaks_a_rule_is_refused(box: Handle, shop: Shop, param: str, changes: dict[str, Any]) -> None:
    answer = raw(box, wanted(shop, **changes))
    assert answer.status_code == 422
    body = answer.json()
    assert (body["object"], body["type"]) == ("error", "parameter_validation_error")
    assert body["details"][0]["param"] == param


def test_errors_come_as_the_sdks_own(
    box: Handle, orders: conekta.OrdersApi, shop: Shop, control: Control
) -> None:
    with pytest.raises(UnauthorizedException):
        sdk(box, "key_other").get_orders(_request_timeout=WAIT)
    with pytest.raises(NotFoundException):
        orders.get_order_by_id("ord_none", _request_timeout=WAIT)
    control.fault("http_500", provider="conekta", request="POST /conekta/orders")
    with pytest.raises(ServiceException):
        made(orders, shop)
    assert orders.get_orders(_request_timeout=WAIT).data == []


def verified(item: Received, box: Handle) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {DEVELOPMENT_TOKEN}"}
    flags = requests.get(f"{box.base_url}/conekta/webhook_keys", headers=headers, timeout=60).json()
    key: Any = load_pem_public_key(flags["data"][0]["public_key"].encode())
    key.verify(base64.b64decode(item.headers["digest"]), item.body, padding.PKCS1v15(), hashes.SHA256())
    event: dict[str, Any] = json.loads(item.body)
    conekta.EventResponse.from_dict(event)
    return event


def test_notifications_are_signed_and_told_of_charge_and_order(
    box: Handle, orders: conekta.OrdersApi, shop: Shop, control: Control
) -> None:
    order = made(orders, shop)
    submit(order, method="card")
    control.flush()
    # Two threads bring them, and one may overtake the other.
    events = {event["type"]: event for event in (verified(item, box) for item in shop.of(PATH))}
    assert sorted(events) == ["charge.paid", "order.paid"]
    assert len(shop.of(PATH)) == 2
    assert events["order.paid"]["data"]["object"]["metadata"] == {"attempt": "attempt-1"}
    control.fault("webhook_wrong_signature", provider="conekta")
    control.act("conekta.notify", order.id)
    control.flush()
    with pytest.raises(InvalidSignature):
        verified(shop.of(PATH)[-1], box)


def test_a_notification_that_is_refused_is_sent_again(
    box: Handle, orders: conekta.OrdersApi, shop: Shop, control: Control
) -> None:
    shop.answers.extend([500, 404])
    order = made(orders, shop)
    control.act("conekta.expire", order.id)
    until(lambda: len(shop.of(PATH)) >= 3)
    control.flush()
    received = shop.of(PATH)
    assert len(received) == 3
    assert {item.body for item in received} == {received[0].body}
    assert json.loads(received[0].body)["type"] == "order.expired"


def test_a_chargeback_runs_its_course(orders: conekta.OrdersApi, shop: Shop, control: Control) -> None:
    order = made(orders, shop)
    submit(order, method="card")
    control.act("conekta.chargeback", order.id)
    disputed = again(orders, order)
    assert disputed.payment_status == "charged_back"
    assert disputed.charges.data[0].chargeback.status == "action_required"
    control.act("conekta.chargeback_win", order.id)
    assert again(orders, order).payment_status == "paid"
    control.act("conekta.chargeback_win", order.id, status=409)


def test_the_control_page_shows_it_with_its_buttons(
    box: Handle, orders: conekta.OrdersApi, shop: Shop, start_sandbox: Callable[..., Handle]
) -> None:
    order = made(orders, shop)
    page = requests.get(f"{box.base_url}/_sandbox/", timeout=60).text
    assert order.id in page
    assert "Conekta" in page
    assert 'value="conekta.pay"' in page
    assert '<option value="conekta">' in requests.get(f"{box.base_url}/_sandbox/faults", timeout=60).text
    own = start_sandbox(options={"conekta": {"access_token": "key_own", "livemode": True}})
    assert made(sdk(own, "key_own"), shop).livemode is True
