"""The inbox: verified, stored once, answered, processed by a job; forged ones leave a counter and nothing else."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order
from payments import gateways
from payments.gateways.base import NotAsked
from payments.models import PaymentAttempt, WebhookEvent
from payments.tests.world import FORGED, GATEWAYS, PAID_EVENT, SIGNATURE, Letter, World, post
from payments.webhooks import processing
from shop.core.models import Counter, Event

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)


def changed(letter: Letter, **headers: str) -> Letter:
    return Letter(
        letter.path,
        letter.headers | {name.replace("_", "-"): value for name, value in headers.items()},
        letter.body,
    )


def paid_letter(providers: World, gateway: str) -> tuple[PaymentAttempt, Letter]:
    """Pay once and return its notification."""
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    return attempt, next(letter for letter in providers.letters() if PAID_EVENT[gateway] in letter.body)


@both
def test_forged_notifications_leave_a_counter_and_nothing_else(providers: World, gateway: str):
    providers.fault("webhook_wrong_signature", gateway)
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    forged = providers.letters()
    events = Event.objects.count()
    assert {answer.status_code for answer in providers.deliver(forged)} == {FORGED[gateway]}
    assert not WebhookEvent.objects.exists()
    assert Counter.objects.get(name=f"webhooks_refused:{gateway}").value == len(forged)
    assert Event.objects.count() == events
    assert not Order.objects.exists()


@both
@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "ts=1,v1=\xe9\xe9",
        "t=1,v1=\xe9\xe9",
        "ts=,v1=",
        "t=,v1=",
        "ts=9" * 50,
        "t=1,v1=" + "0" * 64,
    ],
)
def test_signatures_of_every_kind_are_refused_without_a_crash(providers: World, gateway: str, signature: str):
    _attempt, letter = paid_letter(providers, gateway)
    assert post(changed(letter, **{SIGNATURE[gateway]: signature})).status_code == FORGED[gateway]
    assert not WebhookEvent.objects.exists()


@both
def test_a_changed_subject_is_refused(providers: World, gateway: str):
    _attempt, letter = paid_letter(providers, gateway)
    if gateway == "mercadopago":
        other = Letter(letter.path.replace("data.id=1", "data.id=2"), letter.headers, letter.body)
    else:
        other = Letter(letter.path, letter.headers, letter.body.replace(b'"id": "', b'"id": "2'))
    assert post(other).status_code == FORGED[gateway]
    if gateway == "mercadopago":  # The body is not signed, but it may not name another object.
        body = json.loads(letter.body)
        body["data"]["id"] = "999"
        assert post(Letter(letter.path, letter.headers, json.dumps(body).encode())).status_code == 401


def test_a_replay_with_other_words_is_the_same_event(providers: World):
    _attempt, letter = paid_letter(providers, "mercadopago")
    post(letter)
    body = json.loads(letter.body) | {"id": 4711, "note": "\x00\ud800 and more"}
    assert post(Letter(letter.path, letter.headers, json.dumps(body).encode())).status_code == 200
    event = WebhookEvent.objects.get()
    assert event.deliveries == 2


@both
def test_bodies_that_postgres_cannot_keep_are_no_crash(providers: World, gateway: str):
    _attempt, letter = paid_letter(providers, gateway)
    for body in (
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"data": "x"}',
        b'{"x": "\\u0000\\ud800"}',
        b"[" * 90_000,
    ):
        answer = post(Letter(letter.path, letter.headers, body))
        assert answer.status_code in {200, FORGED[gateway]}


def test_ipn_is_answered_and_forgotten():
    client = Client()
    for query in ("topic=payment&id=1", "topic=merchant_order&id=2"):
        answer = client.post(
            f"/payments/webhook/mercadopago/?{query}", data=b"{}", content_type="application/json"
        )
        assert answer.status_code == 200
    assert not WebhookEvent.objects.exists()
    assert not Counter.objects.exists()


@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize("age", [0, 86_400])
def test_the_time_of_the_signature_may_be_seconds_or_milliseconds_and_old(settings: Any, unit: str, age: int):
    from shop.sandbox.mercadopago.notifications import signature

    settings.MERCADOPAGO_WEBHOOK_SECRETS = ["mp-secret"]
    gateways.forget()
    moment = int(time.time()) - age
    stamp = str(moment if unit == "s" else moment * 1000)
    headers = {"x-signature": signature("mp-secret", "ORD01ABC", "r-1", stamp), "x-request-id": "r-1"}
    letter = Letter("/payments/webhook/mercadopago/?data.id=ORD01ABC&type=payment", headers, b"{}")
    assert post(letter).status_code == 200
    gateways.forget()


def test_old_stripe_signatures_are_refused(providers: World):
    providers.fault("webhook_old_ts", "stripe")
    _attempt, letter = paid_letter(providers, "stripe")
    assert post(letter).status_code == 400


def test_the_other_mode_is_answered_and_kept_unread(providers: World):
    providers.fault("other_account", "stripe")
    _attempt, letter = paid_letter(providers, "stripe")
    assert post(letter).status_code == 200
    kept = WebhookEvent.objects.get(payload__livemode=True)
    assert (kept.status, kept.next_try_at, kept.error) == (
        "ignored",
        None,
        "an event of the live mode, which is not this shop's",
    )


def test_only_posts_of_a_bearable_size_to_known_providers():
    client = Client()
    assert client.get("/payments/webhook/stripe/").status_code == 405
    assert client.post("/payments/webhook/paypal/", b"{}", content_type="application/json").status_code == 404
    big = client.post("/payments/webhook/stripe/", b"x" * 300_000, content_type="application/json")
    assert big.status_code == 413


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_neither_csrf_nor_a_form_stands_in_the_way(kind: str):
    client = Client(enforce_csrf_checks=True)
    for path, status in (("mercadopago/?topic=payment&id=1", 200), ("stripe/", 400)):
        assert client.generic("POST", f"/payments/webhook/{path}", b"--x--", kind).status_code == status


@both
@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_loses_nothing(providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch):
    attempt, letter = paid_letter(providers, gateway)

    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("payments.tasks.process_webhook.apply_async", refuse)
    assert post(letter).status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.status, event.attempts) == ("received", 0)
    assert processing.retry_due() == {}
    WebhookEvent.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    assert processing.retry_due() == {"processed": 1}
    attempt.refresh_from_db()
    assert attempt.status == "paid"


@both
def test_failures_are_kept_with_their_traceback_and_tried_again(providers: World, gateway: str):
    attempt, letter = paid_letter(providers, gateway)
    providers.fault("http_429", gateway, count=3)
    post(letter)
    event = processing.process(WebhookEvent.objects.get().pk)
    event.refresh_from_db()
    assert event.status == "failed"
    assert "Traceback" in event.error
    assert "429" in event.error
    assert event.next_try_at is not None
    assert event.next_try_at > timezone.now()
    providers.handle.sandbox.faults.clear()
    processing.process(event.pk)
    event.refresh_from_db()
    assert event.status == "failed"  # Not due yet.
    WebhookEvent.objects.update(next_try_at=timezone.now())
    assert processing.process(event.pk).status == "processed"
    attempt.refresh_from_db()
    assert attempt.status == "paid"


def test_a_payment_that_cannot_be_read_yet_is_asked_about_again(providers: World):
    attempt, letter = paid_letter(providers, "mercadopago")
    providers.fault("not_found", "mercadopago")
    post(letter)
    event = processing.process(WebhookEvent.objects.get().pk)
    assert (event.status, event.attempts) == ("failed", 1)
    WebhookEvent.objects.update(next_try_at=timezone.now())
    assert processing.process(event.pk).status == "processed"
    attempt.refresh_from_db()
    assert attempt.status == "paid"


@both
def test_an_unknown_reference_is_kept_for_a_while_then_left(providers: World, gateway: str):
    attempt, letter = paid_letter(providers, gateway)
    there = PaymentAttempt.objects.filter(pk=attempt.pk)
    there.update(gateway="elsewhere")
    post(letter)
    event = WebhookEvent.objects.get()
    for turn in range(1, 5):
        assert event.status == "received", turn
        processing.process(event.pk)
        WebhookEvent.objects.update(next_try_at=timezone.now())
        event.refresh_from_db()
    assert event.status == "ignored"
    assert "no attempt" in event.error
    # Our row came late after all: a replay finds it.
    there.update(gateway=gateway)
    assert processing.replay(event, actor="staff:a@example.com")
    assert processing.process(event.pk).status == "processed"
    assert Order.objects.count() == 1


def test_no_person_and_no_secret_is_kept_of_a_stripe_event(providers: World):
    _attempt, letter = paid_letter(providers, "stripe")
    post(letter)
    kept = json.dumps(WebhookEvent.objects.get().payload)
    assert "ana@example.com" in letter.body.decode()
    assert "ana@example.com" not in kept
    assert "client_secret" not in kept


def test_a_provider_that_fails_again_and_again_holds_up_nobody(providers: World):
    for _turn in range(5):
        post(paid_letter(providers, "stripe")[1])
        providers.box.letters.clear()
    attempt, letter = paid_letter(providers, "mercadopago")
    post(letter)
    WebhookEvent.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    providers.fault("http_429", "stripe", count=None)
    assert processing.retry_due() == {"failed": 3, "left for later": 2, "processed": 1}
    attempt.refresh_from_db()
    assert attempt.status == "paid"


def test_a_failed_event_that_is_delivered_again_is_due_at_once(
    providers: World, django_capture_on_commit_callbacks: Any
):
    attempt, letter = paid_letter(providers, "stripe")
    post(letter)
    WebhookEvent.objects.update(status="failed", attempts=9, next_try_at=None, reported_at=timezone.now())
    assert processing.retry_due() == {}

    with django_capture_on_commit_callbacks() as woken:
        assert post(letter).status_code == 200
    assert len(woken) == 1
    event = WebhookEvent.objects.get()
    assert (event.deliveries, event.reported_at) == (2, None)
    assert event.next_try_at <= timezone.now()
    assert processing.retry_due() == {"processed": 1}
    attempt.refresh_from_db()
    assert attempt.status == "paid"


def test_a_processed_event_that_is_delivered_again_is_only_counted(
    providers: World, django_capture_on_commit_callbacks: Any
):
    _attempt, letter = paid_letter(providers, "stripe")
    providers.deliver([letter])
    with django_capture_on_commit_callbacks() as woken:
        post(letter)
    assert woken == []
    event = WebhookEvent.objects.get()
    assert (event.deliveries, event.status, event.next_try_at) == (2, "processed", None)
    assert processing.retry_due() == {}


def make_event(name: str, **fields: Any) -> WebhookEvent:
    values = {"status": "failed", "attempts": 1, "error": "before", "next_try_at": timezone.now()}
    return WebhookEvent.objects.create(provider="stripe", event_id=name, topic="t", **values | fields)


def test_a_second_failure_is_kept_on_its_own_row(monkeypatch: pytest.MonkeyPatch):
    def broken(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(processing, "_settled", broken)
    event, other = make_event("a"), make_event("b")
    processing.process(event.pk)
    event.refresh_from_db()
    other.refresh_from_db()
    assert (event.attempts, other.attempts, other.error) == (2, 1, "before")
    assert "out of order" in event.error
    assert event.next_try_at > timezone.now()


def test_what_the_shop_did_not_ask_for_its_own_sake_is_no_try(monkeypatch: pytest.MonkeyPatch):
    def withheld(*_arguments: Any, **_options: Any) -> None:
        raise NotAsked("no room", code=NotAsked.BUSY, retry_after=300)

    monkeypatch.setattr(processing, "_settled", withheld)
    event = make_event("a", status="received", attempts=0, error="")
    processing.process(event.pk)
    event.refresh_from_db()
    assert (event.status, event.attempts, event.error) == ("received", 0, "")
    assert event.next_try_at > timezone.now() + timedelta(minutes=4)
