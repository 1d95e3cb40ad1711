"""Notifications: signed as the providers sign, verified by the SDKs' own validators, retried, faulty on demand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import mercadopago
import pytest
import requests
import stripe
from mercadopago.webhook import InvalidWebhookSignatureError, WebhookSignatureValidator

from shop.sandbox.mercadopago.notifications import signature as mp_signature
from shop.sandbox.server import Handle
from shop.sandbox.stripe.events import signature as stripe_signature
from shop.sandbox.tests.conftest import MP_SECRET, STRIPE_SECRET, Control, Received, Shop, mp_sdk, until
from shop.sandbox.tests.factories import (
    mp_pay,
    mp_submit,
    new_preference,
    new_session,
    payments_of,
    stripe_submit,
)

MP_PATH, STRIPE_PATH = "/webhook/mercadopago/", "/webhook/stripe/"


def validate_mp(item: Received, secret: str = MP_SECRET) -> None:
    WebhookSignatureValidator.validate(
        item.headers["x-signature"], item.headers["x-request-id"], item.query["data.id"], secret
    )


def validate_stripe(item: Received, secret: str = STRIPE_SECRET) -> stripe.Event:
    header = item.headers["stripe-signature"]
    event: stripe.Event = stripe.Webhook.construct_event(item.body, header, secret)
    return event


def test_signatures_match_the_documented_examples() -> None:
    header = mp_signature(
        "sandbox-secret", "1234567890", "b4b2b3a1-6f0c-4f9e-9f0a-3f2a5f3c7d11", "1767225600"
    )
    assert header == "ts=1767225600,v1=de0cc83d5af106d09a4a81ffab2dd880e58116bd1877186dea0513678fc80996"
    header = stripe_signature(b'{"id":"evt_test","object":"event"}', "whsec_sandbox_0123456789", 1767225600)
    assert header == "t=1767225600,v1=02909eda5ebb575d13d01de9197a4af70adb86415604dca0022fc2d2e4ce67cd"


def test_mp_webhook_is_what_mercado_pago_sends(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url))
    control.flush()
    [item] = shop.of(MP_PATH)
    validate_mp(item)
    assert item.query == {"source_news": "webhooks", "data.id": str(payment["id"]), "type": "payment"}
    assert item.headers["x-retry"] == "0"
    assert len(item.headers["x-signature"].split(",")[0]) == len("ts=") + 10
    body = json.loads(item.body)
    assert {name: body[name] for name in ("action", "data", "type", "user_id", "api_version")} == {
        "action": "payment.created",
        "data": {"id": str(payment["id"])},
        "type": "payment",
        "user_id": "724484980",
        "api_version": "v1",
    }


def test_mp_ts_may_be_milliseconds_and_ipn_may_come_too(
    start_sandbox: Callable[..., Handle], shop: Shop
) -> None:
    own = start_sandbox(mp={"ipn": True, "signature_unit": "ms"})
    mp = mp_sdk(own)
    payment = mp_pay(own, mp, new_preference(mp, shop.url))
    assert own.sandbox.outbox.flush(60)
    topics = sorted(item.query.get("topic", "webhook") for item in shop.of(MP_PATH))
    assert topics == ["merchant_order", "merchant_order", "payment", "webhook"]
    [signed] = [item for item in shop.of(MP_PATH) if "x-signature" in item.headers]
    assert len(signed.headers["x-signature"].split(",")[0]) == len("ts=") + 13
    validate_mp(signed)
    ipn = next(item for item in shop.of(MP_PATH) if item.query.get("topic") == "payment")
    assert ipn.query["id"] == str(payment["id"])


def test_mp_retry_has_a_new_id_and_a_new_signature(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    shop.answers += [500, 302, 401]
    mp_pay(box, mp, new_preference(mp, shop.url))
    control.flush()
    until(lambda: len(shop.of(MP_PATH)) == 4)
    items = shop.of(MP_PATH)
    assert [item.headers["x-retry"] for item in items] == ["0", "1", "2", "3"]
    assert len({json.loads(item.body)["id"] for item in items}) == 4
    assert len({item.headers["x-signature"] for item in items}) == 4
    for item in items:
        validate_mp(item)
    until(lambda: control.get("deliveries")[0]["state"] == "delivered")
    tries = control.get("deliveries")[0]["tries"]
    assert [entry["status"] for entry in tries] == [500, 302, 401, 200]


def test_stripe_webhooks_carry_the_events(client: stripe.StripeClient, shop: Shop, control: Control) -> None:
    session = new_session(client, shop.url)
    stripe_submit(session, method="card")
    control.flush()
    items = shop.of(STRIPE_PATH)
    found = {validate_stripe(item).type for item in items}
    assert found == {"payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"}
    [completed] = [item for item in items if b'"checkout.session.completed"' in item.body]
    body = json.loads(completed.body)
    assert body["api_version"] == "2026-10-28.endive"
    assert body["data"]["object"]["id"] == session.id
    assert body["data"]["object"]["payment_status"] == "paid"
    undelivered = client.v1.events.list({"delivery_success": False})
    assert undelivered.data == []


def test_undelivered_events_can_be_asked_for(
    client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    control.fault("webhook_drop", provider="stripe")
    stripe_submit(new_session(client, shop.url), method="card")
    control.flush()
    assert shop.of(STRIPE_PATH) == []
    missed = client.v1.events.list({"delivery_success": False, "types": ["checkout.session.completed"]})
    assert [event.pending_webhooks for event in missed.data] == [1]


def _paid(box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control) -> list[Received]:
    mp_pay(box, mp, new_preference(mp, shop.url))
    control.flush()
    return shop.of(MP_PATH)


def test_dropped(box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control) -> None:
    control.fault("webhook_drop", target="attempt-1")
    assert _paid(box, mp, shop, control) == []
    [delivery] = control.get("deliveries")
    assert delivery["state"] == "dropped"
    answer = requests.post(f"{box.base_url}/_sandbox/api/deliveries/{delivery['id']}/resend", timeout=60)
    assert answer.status_code == 200
    until(lambda: len(shop.of(MP_PATH)) == 1)
    validate_mp(shop.of(MP_PATH)[0])


def test_duplicated(box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control) -> None:
    control.fault("webhook_duplicate", params={"times": 5})
    items = _paid(box, mp, shop, control)
    assert len(items) == 5
    assert len({json.loads(item.body)["id"] for item in items}) == 5


def test_wrong_signature(
    box: Handle, mp: mercadopago.SDK, client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    control.fault("webhook_wrong_signature", count=2)
    [item] = _paid(box, mp, shop, control)
    with pytest.raises(InvalidWebhookSignatureError):
        validate_mp(item)
    stripe_submit(new_session(client, shop.url), method="card")
    control.flush()
    for forged in shop.of(STRIPE_PATH):
        with pytest.raises(stripe.SignatureVerificationError):
            validate_stripe(forged)


def test_old_timestamp(
    box: Handle, mp: mercadopago.SDK, client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    control.fault("webhook_old_ts", count=2, params={"seconds": 7200})
    [item] = _paid(box, mp, shop, control)
    validate_mp(item)
    stamp = int(item.headers["x-signature"].split(",")[0].removeprefix("ts="))
    assert 7190 < time.time() - stamp < 7260
    stripe_submit(new_session(client, shop.url), method="card")
    control.flush()
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        validate_stripe(shop.of(STRIPE_PATH)[0])


def test_delayed(box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control) -> None:
    control.fault("webhook_delay", params={"seconds": 60})
    assert _paid(box, mp, shop, control) == []
    control.advance(61)
    control.flush()
    assert len(shop.of(MP_PATH)) == 1


def test_reordered(box: Handle, client: stripe.StripeClient, shop: Shop, control: Control) -> None:
    control.fault("webhook_reorder", provider="stripe", params={"seconds": 0})
    stripe_submit(new_session(client, shop.url), method="card")
    until(lambda: len(shop.of(STRIPE_PATH)) == 3)
    control.flush()
    # Threads may overtake one another in sending: what counts is when each was due.
    sent = box.sandbox.store.rows(
        "SELECT request_body, due_at FROM deliveries JOIN delivery_tries ON delivery_id = deliveries.id"
        " ORDER BY due_at"
    )
    kinds = [json.loads(row["request_body"])["type"] for row in sent]
    assert kinds == ["checkout.session.completed", "charge.succeeded", "payment_intent.succeeded"]
    first, second, third = (row["due_at"] for row in sent)
    assert min(second - first, third - second) > 0.25


def test_before_the_redirect(start_sandbox: Callable[..., Handle], shop: Shop) -> None:
    own = start_sandbox(webhook_delay=30.0)
    mp = mp_sdk(own)
    own.sandbox.faults.add("webhook_before_redirect")
    preference = new_preference(mp, shop.url)
    assert mp_submit(own, preference, action="pay", method="visa").status_code == 303
    assert [item.query["data.id"] for item in shop.of(MP_PATH)] == [str(payments_of(mp)[0]["id"])]


def test_other_machines_are_never_called(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    preference = new_preference(mp, shop.url, notification_url="https://shop.example/hook/")
    mp_pay(box, mp, preference)
    control.flush()
    [delivery] = control.get("deliveries")
    assert delivery["state"] == "failed"
    assert "sólo avisa a esta máquina" in delivery["tries"][0]["error"]
