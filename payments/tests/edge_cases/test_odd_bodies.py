"""Malformed bodies, signed and not: an answer in every case, never a crash, and no event lost."""

import base64
import gzip
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
import stripe
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.test import Client

from payments import gateways
from payments.gateways import bodies
from payments.models import WebhookEvent
from payments.tests.world import FORGED, GATEWAYS, World
from payments.webhooks import processing, retention
from shop.core.models import EmailLog
from shop.sandbox.conekta import keys

every = pytest.mark.parametrize("gateway", GATEWAYS)
DEEP = "[" * 900 + "]" * 900
SO_DEEP = "[" * 60_000 + "]" * 60_000
# What each provider sends about a payment, with room for something odd in the place of an ordinary field.
EVENTS = {
    "mercadopago": '{"action":"payment.created","data":{"id":"1234567890"},"live_mode":true,"type":"payment","odd":%s}',
    "stripe": '{"id":"evt_odd","object":"event","livemode":false,"type":"payment_intent.succeeded",'
    '"data":{"object":{"id":"pi_odd","object":"payment_intent","metadata":%s}}}',
    "conekta": '{"id":"ev_odd","object":"event","livemode":false,"type":"order.paid",'
    '"data":{"object":{"id":"ord_odd","currency":%s}}}',
}
ODD = {
    "deep": DEEP,
    "deeper than Python reads": SO_DEEP,
    "a huge number": "9" * 5000,
    "a large number": "9" * 300,
    "no number": "NaN",
    "endless": "[Infinity, -Infinity, 1e999]",
    "half a character": '"\\ud800"',
    "NUL": '"a\\u0000b"',
    "NUL in a name": '{"\\u0000": "\\u0000"}',
    "twice": '{"a": 1, "a": {"b": 2}}',
    "long": '"' + "x" * 200_000 + '"',
    "brackets in a text": json.dumps("[" * 100 + '\\"' + "{" * 100),
}


def request_once(gateway: str, body: bytes, *, is_signed: bool, query: str = "", **headers: str) -> Any:
    """Post a body as the provider would, with a valid signature or with one that matches nothing."""
    headers |= SIGN[gateway](body) if is_signed else FORGERY[gateway]
    query = query or ("data.id=1234567890&type=payment" if gateway == "mercadopago" else "")
    return Client(raise_request_exception=False).generic(
        "POST",
        f"/payments/webhook/{gateway}/",
        body,
        headers.pop("content-type", "application/json"),
        headers=headers,
        QUERY_STRING=query,
    )


def _mercadopago(body: bytes, data_id: str = "1234567890") -> dict[str, str]:
    ts = str(int(time.time()))
    manifest = f"id:{data_id};request-id:r-{hashlib.md5(body).hexdigest()};ts:{ts};"
    digest = hmac.new(b"mp-secret", manifest.encode(), hashlib.sha256).hexdigest()
    return {"x-request-id": f"r-{hashlib.md5(body).hexdigest()}", "x-signature": f"ts={ts},v1={digest}"}


def _stripe(body: bytes) -> dict[str, str]:
    now = int(time.time())
    mac = hmac.new(b"whsec_percha_test", f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={now},v1={mac}"}


def _conekta(body: bytes) -> dict[str, str]:
    signed = keys.ours().sign(body, padding.PKCS1v15(), hashes.SHA256())
    return {"digest": base64.b64encode(signed).decode()}


SIGN = {"mercadopago": _mercadopago, "stripe": _stripe, "conekta": _conekta}
FORGERY = {
    "mercadopago": {"x-signature": f"ts={'9' * 400},v1=00", "x-request-id": "r"},
    "stripe": {"stripe-signature": f"t={'9' * 5000},v1=00"},
    "conekta": {"digest": "AAAA"},
}


@pytest.mark.django_db
@every
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_field_keeps_no_signed_event_from_being_stored(providers: World, gateway: str, odd: str):
    body = (EVENTS[gateway] % ODD[odd]).encode()
    assert request_once(gateway, body, is_signed=False).status_code == FORGED[gateway]
    assert not WebhookEvent.objects.exists()
    assert request_once(gateway, body, is_signed=True).status_code == 200
    event = WebhookEvent.objects.get()
    assert event.status == "received"
    assert event.subject == {"mercadopago": "1234567890", "stripe": "pi_odd", "conekta": "ord_odd"}[gateway]
    # And the job processes the odd row without a crash.
    assert processing.process(event.pk).pk == event.pk


WHOLE = {
    "empty": b"",
    "a list": b"[]",
    "a number": b"17",
    "a text": b'"x"',
    "null": b"null",
    "no JSON": b"{",
    "form": b"a=1&b=2",
    "another charset": '{"id": "ñ"}'.encode("latin-1"),
    "UTF-16": '{"id": "x"}'.encode("utf-16"),
    "gzip": gzip.compress(b'{"id": "x"}'),
    "bytes": bytes(range(256)),
    "only brackets": SO_DEEP.encode(),
    "unclosed": b"[" * 100_000,
    "numbers for names": b'{"id": 17, "object": 5, "type": [], "data": 3}',
    "objects for texts": b'{"id": {"a": 1}, "object": "event", "type": {"b": 2}, "data": {"object": {"id": {}}}}',
}


@pytest.mark.django_db
@every
@pytest.mark.parametrize("whole", WHOLE)
@pytest.mark.parametrize("is_signed", [True, False])
def test_an_odd_body_is_answered(providers: World, gateway: str, whole: str, is_signed: bool):
    for kind in (
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json; charset=x",
    ):
        headers = {"content-type": kind, "content-encoding": "gzip"}
        answer = request_once(gateway, WHOLE[whole], is_signed=is_signed, **headers)
        # Mercado Pago signs the query alone: its body may be whatever it is.
        expected = 200 if is_signed and gateway == "mercadopago" else FORGED[gateway]
        assert answer.status_code == expected
    assert WebhookEvent.objects.exists() is (is_signed and gateway == "mercadopago")


@pytest.mark.django_db
@every
@pytest.mark.parametrize(
    "query", ["data.id=%00", "data.id=%ED%A0%80", "data.id=" + "9" * 3000, "data.id=1&data.id=2", "%"]
)
def test_an_odd_query_is_answered(providers: World, gateway: str, query: str):
    assert request_once(gateway, b"{}", is_signed=False, query=query).status_code in {200, 400, 401}
    assert not WebhookEvent.objects.exists()


def test_only_what_is_too_deep_is_left_out():
    found = bodies.read_object(
        b'{"id": "evt", "deep": %s, "text": "[[[[", "after": [1, {"b": "]"}]}' % SO_DEEP.encode()
    )
    assert (found["id"], found["text"], found["after"]) == ("evt", "[[[[", [1, {"b": "]"}])
    inner = found["deep"]
    while isinstance(inner, list) and inner:
        inner = inner[0]
    assert inner == bodies.LEFT_OUT
    plain = b'{"a": ' + b"[" * 30 + b"1" + b"]" * 30 + b', "s": "\\"[\\\\"}'
    assert bodies.read_object(plain) == json.loads(plain)


# -- what the panels' own buttons send ------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("topic", ["payment", "topic_merchant_order_wh"])
def test_the_panels_test_of_mercado_pago_is_kept_unread_and_nobody_is_told(
    providers: World, live: bool, topic: str
):
    body = json.dumps(
        {"action": "payment.updated", "data": {"id": "123456"}, "live_mode": live, "type": topic}
    ).encode()
    answer = Client().generic(
        "POST",
        "/payments/webhook/mercadopago/",
        body,
        "application/json",
        headers=_mercadopago(body, "123456"),
        QUERY_STRING=f"data.id=123456&type={topic}",
    )
    assert answer.status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.status, event.next_try_at, event.attempts) == ("ignored", None, 0)
    assert "panel" in event.error
    processing.retry_due()
    assert retention.report_dead() == 0
    assert not EmailLog.objects.exists()


@pytest.mark.django_db
def test_a_thin_event_of_stripe_is_answered_and_kept_unread(providers: World):
    body = json.dumps(
        {
            "id": "evt_test_65",
            "object": "v2.core.event",
            "type": "v1.billing.meter.error_report_triggered",
            "livemode": False,
            "created": "2026-11-28T00:00:00.000Z",
            "related_object": {"id": "mtr_1"},
        }
    ).encode()
    assert request_once("stripe", body, is_signed=True).status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.status, event.event_id, event.next_try_at) == ("ignored", "evt_test_65", None)
    assert request_once("stripe", body, is_signed=True).status_code == 200
    event.refresh_from_db()
    assert event.deliveries == 2


@pytest.mark.django_db
@every
def test_where_only_live_payments_count_a_test_is_kept_unread(providers: World, settings: Any, gateway: str):
    settings.MERCADOPAGO_LIVEMODE = settings.STRIPE_LIVEMODE = settings.CONEKTA_LIVEMODE = True
    gateways.forget()
    body = (EVENTS[gateway] % "1").replace('"live_mode":true', '"live_mode":false').encode()
    assert request_once(gateway, body, is_signed=True).status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.status, event.next_try_at) == ("ignored", None)
    assert "test mode" in event.error
    # An unread test shows no more than that somebody pressed a button: the webhooks' silence goes on.
    from payments.models import ProviderWatch
    from payments.webhooks.silence import _last_webhook

    assert _last_webhook(ProviderWatch(gateway=gateway)) is None
    # The same event, told as a live one after all, is processed.
    if gateway == "mercadopago":
        snapshot = Client().generic(
            "POST",
            "/payments/webhook/mercadopago/",
            body.replace(b"false", b"true"),
            "application/json",
            headers=_mercadopago(body),
            QUERY_STRING="data.id=1234567890&type=payment",
        )
        assert snapshot.status_code == 200
        event.refresh_from_db()
        assert event.status == "received"


@pytest.mark.django_db
def test_a_payment_of_the_test_mode_is_not_ours_where_only_live_ones_count(providers: World, settings: Any):
    settings.MERCADOPAGO_LIVEMODE = True
    gateways.forget()
    attempt = providers.begin("mercadopago")
    payment = providers.pay(attempt)
    gateway = gateways.get("mercadopago")
    for live, is_ours in ((True, True), (False, False)):
        payment.body["live_mode"] = live
        providers.handle.sandbox.store.save(payment)
        snapshot = gateway.fetch("", reference=attempt.reference, checkout_id=attempt.external_id)
        assert [one.is_ours for one in snapshot.payments] == [is_ours]
        assert snapshot.payments[0].card_last4 == payment.body["card"]["last_four_digits"]


def test_the_signature_of_these_tests_is_stripes_own():
    body = b'{"id": "evt"}'
    assert stripe.WebhookSignature.verify_header(
        body, _stripe(body)["stripe-signature"], "whsec_percha_test", 300
    )
