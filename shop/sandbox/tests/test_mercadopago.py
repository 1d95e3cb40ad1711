"""The unmodified Mercado Pago SDK buys, searches, cancels and refunds against the sandbox."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import mercadopago
import pytest
import requests

from shop.sandbox.mercadopago.dates import mp_date
from shop.sandbox.server import Handle
from shop.sandbox.tests.conftest import COLLECTOR, Control, Shop, mp_sdk, options
from shop.sandbox.tests.factories import (
    create_preference,
    location,
    mp_pay,
    mp_submit,
    new_preference,
    payments_of,
    preference_body,
)


def test_preference_is_kept_in_the_documented_shape(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    created = new_preference(mp, shop.url)
    assert re.fullmatch(rf"{COLLECTOR}-[0-9a-f-]{{36}}", created["id"])
    assert created["collector_id"] == COLLECTOR
    assert created["init_point"].startswith(f"{box.base_url}/mp/checkout/v1/redirect?pref_id=")
    assert mp.preference().get(created["id"])["response"] == created
    found = mp.preference().search({"external_reference": "attempt-1"})["response"]
    assert [element["id"] for element in found["elements"]] == [created["id"]]


def test_unknown_token_is_refused(box: Handle) -> None:
    answer = mp_sdk(box, "APP_USR-somebody-else").payment().search({})
    assert answer["status"] == 401
    assert answer["response"] == {
        "message": "invalid access token",
        "error": "unauthorized",
        "status": 401,
        "cause": [],
    }


def _item(**changes: Any) -> list[dict[str, Any]]:
    item = {"title": "Remera", "quantity": 1, "currency_id": "ARS", "unit_price": 10.0, **changes}
    return [{name: value for name, value in item.items() if value is not None}]


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"external_reference": "x" * 65}, "invalid_external_reference"),
    ({"external_reference": "attempt 1"}, "invalid_external_reference"),
    ({"statement_descriptor": "CATORCE LETRAS"}, "invalid_statement_descriptor"),
    ({"notification_url": "http://127.0.0.1/" + "x" * 232}, "invalid_notification_url"),
    ({"notification_url": "ftp://127.0.0.1/"}, "invalid_notification_url"),
    ({"payment_methods": {"installments": 0}}, "invalid_payment_methods"),
    ({"payment_methods": {"installments": 37}}, "invalid_payment_methods"),
    ({"items": []}, "invalid_items"),
    ({"items": _item(unit_price=0)}, "invalid_items"),
    ({"items": _item(unit_price=-5)}, "invalid_items"),
    ({"items": _item(unit_price="10.00")}, "invalid_items"),
    ({"items": _item(unit_price=10.005)}, "invalid_items"),
    ({"items": _item(unit_price=1e300)}, "invalid_items"),
    ({"items": _item(picture_url="http://[::1")}, "invalid_items"),
    ({"items": _item(quantity=0)}, "invalid_items"),
    ({"items": _item(quantity=1.5)}, "invalid_items"),
    ({"items": _item(title=None)}, "invalid_items"),
    ({"items": _item(title=" ")}, "invalid_items"),
    ({"items": _item(currency_id="MXN")}, "invalid_items"),
    ({"items": [*_item(), *_item(currency_id="USD")]}, "invalid_items"),
    ({"shipments": {"cost": -1}}, "invalid_shipments"),
    ({"shipments": {"mode": "pigeon"}}, "invalid_shipments"),
    ({"back_urls": {"success": "return"}}, "invalid_back_urls"),
    ({"back_urls": {"success": "http://[::1"}}, "invalid_back_urls"),
    ({"notification_url": "http://[::1"}, "invalid_notification_url"),
    ({"back_urls": None}, "invalid_auto_return"),
    ({"auto_return": "sometimes"}, "invalid_auto_return"),
    ({"expiration_date_from": None}, "invalid_expiration_date_to"),
    ({"expires": None}, "invalid_expiration_date_to"),
    ({"expiration_date_to": "2026-01-01T01:00:00.000-03:00"}, "invalid_expiration_date_to"),
    ({"expiration_date_to": "2036-01-01T01:00:00"}, "invalid_date"),
    ({"date_of_expiration": "2036-13-01T01:00:00.000-03:00"}, "invalid_date"),
    ({"payer": {"email": "a" * 150 + "@example.com"}}, "invalid_payer"),
    ({"binary_mode": "yes"}, "invalid_binary_mode"),
    ({"colour": "red"}, "bad_request"),
    ({"items": _item(colour="red")}, "bad_request"),
]


@pytest.mark.parametrize(("changes", "error"), REFUSALS)
def test_preference_that_breaks_a_rule_is_refused(
    mp: mercadopago.SDK, shop: Shop, changes: dict[str, Any], error: str
) -> None:
    answer = create_preference(mp, preference_body(shop.url, **changes))
    assert answer["status"] == 400
    assert answer["response"]["error"] == error
    assert set(answer["response"]) == {"message", "error", "status", "cause"}
    assert mp.preference().search({})["response"]["total"] == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"null",
        b"{",
        b'"text"',
        b'{"items": null}',
        b'{"items": [null]}',
        b'{"items": {"0": 1}}',
        b'{"items": [{"title": "a", "quantity": 1, "unit_price": NaN}]}',
        b'{"items": [{"title": "a", "quantity": 1, "unit_price": 1e999}]}',
        b'{"items": [{"title": "a", "quantity": true, "unit_price": 1}]}',
        b'{"items": [{"title": "a", "quantity": 1, "unit_price": 1}], "payer": []}',
        b"\xff\xfe",
    ],
)
def test_body_that_is_no_preference_is_refused(box: Handle, raw: bytes) -> None:
    bearer = {"Authorization": "Bearer APP_USR-sandbox-token"}
    answer = requests.post(f"{box.base_url}/mp/checkout/preferences", data=raw, headers=bearer, timeout=60)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


def test_http_back_urls_count_as_empty_under_the_production_rule(
    start_sandbox: Callable[..., Handle], shop: Shop
) -> None:
    strict = mp_sdk(start_sandbox(mp={"allow_http_back_urls": False}))
    body = preference_body(shop.url, notification_url="https://shop.example/hook/")
    answer = create_preference(strict, body)["response"]
    assert answer["error"] == "invalid_auto_return"
    assert answer["message"] == "auto_return invalid. back_url.success must be defined"


@pytest.mark.parametrize(("site", "currency"), [("MLC", "CLP"), ("MCO", "COP")])
def test_pesos_without_cents_are_integers(
    start_sandbox: Callable[..., Handle], shop: Shop, site: str, currency: str
) -> None:
    mp = mp_sdk(start_sandbox(mp={"site": site}))
    refused = create_preference(
        mp, preference_body(shop.url, items=_item(currency_id=currency, unit_price=9.5))
    )
    assert refused["response"]["error"] == "invalid_items"
    taken = create_preference(
        mp, preference_body(shop.url, items=_item(currency_id=currency, unit_price=9990))
    )
    assert taken["status"] == 201


def test_dollars_are_converted_when_the_preference_is_made(mp: mercadopago.SDK, shop: Shop) -> None:
    created = new_preference(mp, shop.url, items=_item(currency_id="USD", unit_price=10), shipments=None)
    assert created["items"][0] | {"title": ""} == created["items"][0] | {
        "title": "",
        "currency_id": "ARS",
        "unit_price": 14500.0,
    }


def test_card_is_approved_and_the_shopper_returns(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    preference = new_preference(mp, shop.url)
    page = requests.get(preference["init_point"], timeout=60).text
    assert "Remera básica negra M" in page
    assert "$ 26.501,00" in page
    assert re.findall(r'<option value="(\d+)"', page) == ["1", "2", "3", "6"]
    answer = mp_submit(box, preference, action="pay", method="visa", installments="6")
    target, query = location(answer)
    payment = mp.payment().get(payments_of(mp)[0]["id"])["response"]
    assert target == f"{shop.url}/return/"
    assert query == {
        "a": "1",
        "collection_id": str(payment["id"]),
        "collection_status": "approved",
        "payment_id": str(payment["id"]),
        "status": "approved",
        "external_reference": "attempt-1",
        "payment_type": "credit_card",
        "merchant_order_id": payment["order"]["id"],
        "preference_id": preference["id"],
        "site_id": "MLA",
        "processing_mode": "aggregator",
        "merchant_account_id": "null",
    }
    assert (payment["status"], payment["status_detail"]) == ("approved", "accredited")
    assert payment["transaction_amount"] == 26501.0
    assert payment["installments"] == 6
    assert payment["transaction_details"]["total_paid_amount"] > 26501.0
    assert payment["metadata"] == {"attempt": "1"}
    assert payment["collector_id"] == COLLECTOR


def test_more_cuotas_than_allowed_are_refused(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    preference = new_preference(mp, shop.url)
    answer = mp_submit(box, preference, action="pay", method="visa", installments="12")
    assert answer.status_code == 409
    assert payments_of(mp) == []


def test_declined_card_stays_on_the_page_and_may_be_retried(
    box: Handle, mp: mercadopago.SDK, shop: Shop
) -> None:
    preference = new_preference(mp, shop.url)
    answer = mp_submit(box, preference, action="reject")
    page = requests.get(f"{box.base_url}{answer.headers['Location']}", timeout=60).text
    assert "Tu tarjeta no tiene fondos suficientes" in page
    mp_submit(box, preference, action="pay", method="account_money")
    assert [payment["status"] for payment in payments_of(mp)] == ["approved", "rejected"]


def test_two_tabs_pay_one_preference_twice(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    preference = new_preference(mp, shop.url)
    for _ in range(2):
        assert mp_submit(box, preference, action="pay", method="visa").status_code == 303
    assert [payment["status"] for payment in payments_of(mp)] == ["approved", "approved"]
    assert "segundo pago" in requests.get(preference["init_point"], timeout=60).text
    order = mp.merchant_order().search({"preference_id": preference["id"]})["response"]["elements"][0]
    assert order["paid_amount"] == 53002.0
    assert mp.merchant_order().get(order["id"])["response"]["order_status"] == "paid"


def test_leaving_without_paying_says_null(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    preference = new_preference(mp, shop.url)
    target, query = location(mp_submit(box, preference, action="abandon"))
    assert target == f"{shop.url}/return/"
    missing = ("payment_id", "status", "collection_status", "payment_type", "merchant_order_id")
    assert {query[name] for name in missing} == {"null"}
    assert query["preference_id"] == preference["id"]


def test_voucher_waits_and_is_paid_later(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    preference = new_preference(mp, shop.url)
    answer = mp_submit(box, preference, action="pay", method="rapipago")
    page = requests.get(f"{box.base_url}{answer.headers['Location']}", timeout=60).text
    assert "Pagá en Rapipago" in page
    assert "/return/?a=1&amp;collection_id=" in page
    payment = payments_of(mp)[0]
    assert (payment["status"], payment["status_detail"]) == ("pending", "pending_waiting_payment")
    assert payment["payment_type_id"] == "ticket"
    assert payment["date_of_expiration"].endswith("T23:59:59.000-03:00")
    control.act("mp.approve", payment["id"])
    assert mp.payment().get(payment["id"])["response"]["status"] == "approved"


def test_voucher_expires_on_its_own_deadline(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    preference = new_preference(mp, shop.url, date_of_expiration=mp_date(time.time() + 7200))
    payment = mp_pay(box, mp, preference, method="pagofacil")
    control.advance(7000)
    assert mp.payment().get(payment["id"])["response"]["status"] == "pending"
    control.advance(300)
    lapsed = mp.payment().get(payment["id"])["response"]
    assert (lapsed["status"], lapsed["status_detail"]) == ("cancelled", "expired")
    control.act("mp.approve", payment["id"])
    assert mp.payment().get(payment["id"])["response"]["status"] == "approved"


def test_pending_payment_can_be_cancelled_once(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url), method="rapipago")
    cancelled = mp.payment().update(payment["id"], {"status": "cancelled"})
    assert (cancelled["status"], cancelled["response"]["status_detail"]) == (200, "by_collector")
    again = mp.payment().update(payment["id"], {"status": "cancelled"})
    assert (again["status"], again["response"]["cause"][0]["code"]) == (400, 2063)
    assert mp.payment().update(payment["id"], {"status": "approved"})["status"] == 400


def test_expired_preference_takes_no_money(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    preference = new_preference(mp, shop.url)
    control.advance(3601)
    assert requests.get(preference["init_point"], timeout=60).status_code == 410
    assert mp_submit(box, preference, action="pay", method="visa").status_code == 410
    assert payments_of(mp) == []
    control.act("mp.late", preference["id"])
    assert payments_of(mp)[0]["status"] == "approved"


def test_shop_closes_a_preference_by_shortening_it(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    preference = new_preference(mp, shop.url)
    past = time.time() - 1
    changes = {
        "expires": True,
        "expiration_date_from": mp_date(past - 60),
        "expiration_date_to": mp_date(past),
    }
    answer = mp.preference().update(preference["id"], changes)
    assert answer["status"] == 200
    assert answer["response"]["items"] == preference["items"]
    assert mp_submit(box, preference, action="pay", method="visa").status_code == 410
    assert mp.preference().update("unknown", changes)["status"] == 404


def test_excluded_methods_are_not_offered(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    wishes = {
        "excluded_payment_types": [{"id": "ticket"}, {"id": "account_money"}],
        "excluded_payment_methods": [{"id": "debvisa"}],
    }
    preference = new_preference(mp, shop.url, payment_methods=wishes)
    page = requests.get(preference["init_point"], timeout=60).text
    assert re.findall(r'name="method" id="m-(\w+)"', page) == ["visa", "account_money"]
    assert mp_submit(box, preference, action="pay", method="rapipago").status_code == 409


def test_search_pages_sorts_and_ranges(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    preference = new_preference(mp, shop.url)
    for _ in range(5):
        mp_pay(box, mp, preference)
    by_id = {"external_reference": "attempt-1", "sort": "id", "criteria": "asc", "limit": 2, "offset": 2}
    answer = mp.payment().search(by_id)["response"]
    assert answer["paging"] == {"total": 5, "limit": 2, "offset": 2}
    ids = [payment["id"] for payment in answer["results"]]
    assert ids == sorted(payment["id"] for payment in payments_of(mp))[2:4]
    recent = {"range": "date_last_updated", "begin_date": "NOW-1HOUR", "end_date": "NOW"}
    assert mp.payment().search({**recent, "status": "approved"})["response"]["paging"]["total"] == 5
    old = {"range": "date_created", "begin_date": "2020-01-01T00:00:00.000-03:00"}
    old["end_date"] = "2020-02-01T00:00:00.000-03:00"
    assert mp.payment().search(old)["response"]["results"] == []
    for bad in ({"limit": 101}, {"sort": "colour"}, {"range": "colour"}, {"offset": -1}):
        assert mp.payment().search(bad)["status"] == 400


def test_refund_needs_a_key_and_a_repeat_answers_an_empty_body(
    box: Handle, mp: mercadopago.SDK, shop: Shop
) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    url = f"{box.base_url}/mp/v1/payments/{payment['id']}/refunds"
    bearer = {"Authorization": "Bearer APP_USR-sandbox-token"}
    unkeyed = requests.post(url, headers=bearer, timeout=60)
    assert (unkeyed.status_code, unkeyed.json()["cause"][0]["code"]) == (400, 4292)
    key = options(x_idempotency_key="refund-1")
    first = mp.refund().create(payment["id"], {"amount": 1500.0}, key)
    assert (first["status"], first["response"]["amount"], first["response"]["status"]) == (
        201,
        1500.0,
        "approved",
    )
    again = mp.refund().create(payment["id"], {"amount": 1500.0}, options(x_idempotency_key="refund-1"))
    assert (again["status"], again["response"]) == (200, None)
    assert [refund["id"] for refund in mp.refund().list_all(payment["id"])["response"]] == [
        first["response"]["id"]
    ]
    assert mp.refund().get(payment["id"], first["response"]["id"])["response"] == first["response"]


def test_partial_refunds_add_up_to_a_full_one(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    assert mp.refund().create(payment["id"], {"amount": 501.0})["status"] == 201
    partly = mp.payment().get(payment["id"])["response"]
    assert (partly["status"], partly["status_detail"]) == ("approved", "partially_refunded")
    assert partly["transaction_amount_refunded"] == 501.0
    too_much = mp.refund().create(payment["id"], {"amount": 26000.01})
    assert (too_much["status"], too_much["response"]["cause"][0]["code"]) == (400, 2017)
    assert mp.refund().create(payment["id"])["response"]["amount"] == 26000.0
    whole = mp.payment().get(payment["id"])["response"]
    assert (whole["status"], whole["transaction_amount_refunded"]) == ("refunded", 26501.0)
    assert len(whole["refunds"]) == 2
    again = mp.refund().create(payment["id"])
    assert (again["status"], again["response"]["cause"][0]["code"]) == (400, 2063)
    assert mp.refund().create(1)["status"] == 404
    assert mp.refund().create(payment["id"], {"amount": -1})["status"] == 400


def test_missing_payment_has_code_2000(mp: mercadopago.SDK) -> None:
    answer = mp.payment().get(106400160592)
    assert (answer["status"], answer["response"]["cause"][0]["code"]) == (404, 2000)


def test_chargeback_is_lost_or_won(box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control) -> None:
    for outcome, detail in (("win", "reimbursed"), ("lose", "settled")):
        payment = mp_pay(box, mp, new_preference(mp, shop.url, external_reference=f"cb-{outcome}"))
        opened = control.act("mp.chargeback", payment["id"])
        disputed = mp.payment().get(payment["id"])["response"]
        assert (disputed["status"], disputed["status_detail"]) == ("charged_back", "in_process")
        assert mp.chargeback().get(opened["id"])["response"]["payments"] == [payment["id"]]
        control.act(f"mp.chargeback_{outcome}", payment["id"])
        closed = mp.payment().get(payment["id"])["response"]
        assert (closed["status"], closed["status_detail"]) == ("charged_back", detail)


def test_payment_methods_are_listed_by_site(mp: mercadopago.SDK) -> None:
    listed = mp.payment_methods().list_all()["response"]
    assert {"visa", "account_money", "rapipago", "pagofacil"} <= {method["id"] for method in listed}
    assert "oxxo" not in {method["id"] for method in listed}


def test_binary_mode_never_leaves_anything_pending(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    preference = new_preference(mp, shop.url, binary_mode=True)
    page = requests.get(preference["init_point"], timeout=60).text
    assert "rapipago" not in page
    mp_submit(box, preference, action="review")
    assert payments_of(mp)[0]["status"] == "rejected"
