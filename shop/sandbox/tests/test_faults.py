"""Injected faults of the APIs and of money, on both providers."""

from __future__ import annotations

import threading
from typing import Any

import mercadopago
import pytest
import requests
import stripe

from shop.sandbox.server import Handle
from shop.sandbox.tests.conftest import Control, Shop, mp_sdk, options, stripe_sdk, until
from shop.sandbox.tests.factories import (
    mp_pay,
    mp_submit,
    new_preference,
    new_session,
    paid_session,
    payments_of,
    stripe_submit,
)


def test_payment_is_not_found_at_first(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    control.fault("not_found", target=str(payment["id"]), count=2)
    assert [mp.payment().get(payment["id"])["status"] for _ in range(3)] == [404, 404, 200]
    assert control.get("faults")["armed"] == []


def test_session_is_not_found_at_first(client: stripe.StripeClient, shop: Shop, control: Control) -> None:
    session = new_session(client, shop.url)
    control.fault("not_found", target="attempt-1")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.checkout.sessions.retrieve(session.id)
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    assert client.v1.checkout.sessions.retrieve(session.id).id == session.id


def test_500_without_and_with_effect(box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    key = "refund-1"
    for effect, refunds in ((False, 0), (True, 1)):
        control.fault("http_500", request="/refunds", params={"effect": effect})
        answer = mp.refund().create(payment["id"], {"amount": 10.0}, options(x_idempotency_key=key))
        assert (answer["status"], answer["response"]["status"]) == (500, 500)
        assert len(mp.refund().list_all(payment["id"])["response"]) == refunds
    repeated = mp.refund().create(payment["id"], {"amount": 10.0}, options(x_idempotency_key=key))
    assert (repeated["status"], repeated["response"]) == (200, None)


def test_too_many_requests(client: stripe.StripeClient, mp: mercadopago.SDK, control: Control) -> None:
    control.fault("http_429", count=2, params={"retry_after": 7})
    with pytest.raises(stripe.RateLimitError) as limited:
        client.v1.events.list()
    assert limited.value.headers["Retry-After"] == "7"
    assert mp.payment().search({})["status"] == 429


def test_time_out_before_the_effect(box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    control.fault("timeout_before", request="POST /mp/v1/payments", params={"seconds": 600})
    with pytest.raises(requests.exceptions.Timeout):
        mp.refund().create(payment["id"], {"amount": 10.0}, options(0.5, x_idempotency_key="r"))
    until(lambda: control.get("faults")["armed"] == [])
    assert mp.refund().list_all(payment["id"])["response"] == []


def test_time_out_after_the_effect(box: Handle, shop: Shop, control: Control) -> None:
    patient, hasty = stripe_sdk(box), stripe_sdk(box, timeout=0.5)
    intent = paid_session(patient, shop.url).payment_intent
    control.fault("timeout_after", request="POST /stripe/v1/refunds", params={"seconds": 600})
    wish: Any = {"payment_intent": intent.id, "amount": 100}
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.refunds.create(wish, {"idempotency_key": "refund-1"})
    until(lambda: control.get("faults")["armed"] == [])
    [hidden] = patient.v1.refunds.list().data
    assert patient.v1.refunds.create(wish, {"idempotency_key": "refund-1"}).id == hidden.id


def test_hanging_call_does_not_slow_others(box: Handle, mp: mercadopago.SDK, control: Control) -> None:
    """The one hangs for much longer than the others wait for their answers."""
    control.fault("timeout_before", request="/v1/payment_methods", params={"seconds": 600})
    with pytest.raises(requests.exceptions.Timeout):
        mp.payment_methods().list_all(options(0.5))
    until(lambda: control.get("faults")["armed"] == [])
    assert mp.payment().search({}, options(60.0))["status"] == 200


def test_other_amount_and_currency(
    box: Handle, mp: mercadopago.SDK, client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    control.fault("amount_delta", count=2, params={"delta": "-1.00"})
    assert mp_pay(box, mp, new_preference(mp, shop.url))["transaction_amount"] == 26500.0
    session = paid_session(client, shop.url)
    assert (session.amount_total, session.payment_intent.amount) == (134950, 134950)
    control.fault("other_currency", count=2)
    assert mp_pay(box, mp, new_preference(mp, shop.url))["currency_id"] == "USD"
    assert paid_session(client, shop.url).currency == "usd"


def test_other_account_or_mode(
    box: Handle, mp: mercadopago.SDK, client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    control.fault("other_account", count=2)
    assert mp_pay(box, mp, new_preference(mp, shop.url))["collector_id"] == 111222333
    assert paid_session(client, shop.url).livemode is True


def test_late_approval_on_the_page(
    box: Handle, mp: mercadopago.SDK, client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    preference, session = new_preference(mp, shop.url), new_session(client, shop.url)
    control.advance(3601)
    control.fault("late_approval", count=2)
    assert requests.get(preference["init_point"], timeout=60).status_code == 200
    assert mp_submit(box, preference, action="pay", method="visa").status_code == 303
    assert payments_of(mp)[0]["status"] == "approved"
    assert requests.get(session.url, timeout=60).status_code == 200
    assert stripe_submit(session, method="card").status_code == 303
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_mp_refund_in_process_counts_when_it_settles(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    control.fault("refund_in_process")
    refund = mp.refund().create(payment["id"], {"amount": 1000.0})["response"]
    assert refund["status"] == "in_process"
    assert mp.payment().get(payment["id"])["response"]["transaction_amount_refunded"] == 0
    over = mp.refund().create(payment["id"], {"amount": 26000.0})
    assert over["response"]["cause"][0]["code"] == 2017
    control.act("mp.refund_settle", refund["id"])
    assert mp.payment().get(payment["id"])["response"]["transaction_amount_refunded"] == 1000.0
    control.fault("refund_failed")
    assert mp.refund().create(payment["id"])["response"]["status"] == "rejected"
    assert mp.payment().get(payment["id"])["response"]["status"] == "approved"


def test_stripe_refund_is_pending_or_fails_later(
    client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    intent = paid_session(client, shop.url).payment_intent
    control.fault("refund_in_process", params={"seconds": 60})
    slow = client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    assert slow.status == "pending"
    control.advance(61)
    assert client.v1.refunds.retrieve(slow.id).status == "succeeded"
    control.fault("refund_failed", params={"seconds": 60})
    failing = client.v1.refunds.create({"payment_intent": intent.id, "amount": 200})
    assert failing.status == "succeeded"
    control.advance(61)
    failed = client.v1.refunds.retrieve(failing.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert control.get("charges")[0]["amount_refunded"] == 100
    assert [event["type"] for event in control.get("events")][:2] == ["refund.failed", "refund.updated"]


def test_panel_refund_is_seen_by_the_shop(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    control.act("mp.refund", payment["id"], amount="100,50")
    seen = mp.payment().get(payment["id"])["response"]
    assert (seen["transaction_amount_refunded"], seen["refunds"][0]["amount"]) == (100.5, 100.5)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "earthquake"},
        {"name": "http_500", "provider": "paypal"},
        {"name": "http_500", "count": 0},
        {"name": "webhook_delay", "params": {"seconds": "long"}},
        {"name": "webhook_delay", "params": {"colour": "red"}},
        {"name": "webhook_delay", "params": {"seconds": -1}},
        {"name": "webhook_duplicate", "params": {"times": 10**6}},
        {"name": "amount_delta", "params": {"delta": "a lot"}},
        {"name": "amount_delta", "params": {"delta": "Infinity"}},
        {"name": "other_currency", "params": {"currency": "pesos"}},
    ],
)
def test_senseless_fault_is_refused(box: Handle, control: Control, body: dict[str, Any]) -> None:
    answer = requests.post(f"{box.base_url}/_sandbox/api/faults", json=body, timeout=60)
    assert answer.status_code == 400
    assert control.get("faults")["armed"] == []


def test_refunds_at_once_never_exceed_the_payment(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    statuses: list[int] = []

    def refund(number: int) -> None:
        key = options(x_idempotency_key=f"refund-{number}")
        statuses.append(mp_sdk(box).refund().create(payment["id"], {"amount": 6000.0}, key)["status"])

    threads = [threading.Thread(target=refund, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] * 4 + [400] * 4
    assert mp.payment().get(payment["id"])["response"]["transaction_amount_refunded"] == 24000.0
