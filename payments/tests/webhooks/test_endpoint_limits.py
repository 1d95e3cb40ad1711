"""Limits of the webhook endpoint: what is too large or too much is refused unread, and no genuine event is lost."""

import hmac
import io
import json
import socket
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from payments import gateways
from payments.gateways.base import RawWebhook
from payments.models import WebhookEvent
from payments.tests.world import FORGED, GATEWAYS, PAID_EVENT, SIGNATURE, Letter, World, post
from payments.webhooks import limits, processing
from shop.core.models import Counter

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)
DOOR = {gateway: f"/payments/webhook/{gateway}/" for gateway in GATEWAYS}


@pytest.fixture(autouse=True)
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no minute end in the middle of a test."""
    monkeypatch.setattr(limits, "window", lambda: 1)


class Unread(io.RawIOBase):
    """A body that fails the test when anybody reads of it."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")


def request_once(gateway: str, body: bytes = b"{}", *, stream: Any = None, **environ: Any) -> Any:
    path = DOOR[gateway] + ("?data.id=1&type=payment" if gateway == "mercadopago" else "")
    extra: dict[str, Any] = {"CONTENT_TYPE": "application/json", **environ}
    if stream is not None:
        extra["wsgi.input"] = stream
    return Client().generic("POST", path, body, **extra)


def paid_letter(providers: World, gateway: str) -> Letter:
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    return next(letter for letter in providers.letters() if PAID_EVENT[gateway] in letter.body)


def refused(gateway: str) -> int:
    return (
        Counter.objects.filter(name=f"webhooks_refused:{gateway}").values_list("value", flat=True).first()
        or 0
    )


# -- sizes ------------------------------------------------------------------------------------------------------------
@both
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize("length", ["262145", "0" * 13 + "262145", "9" * 30, "-1", "1e3", "²"])
def test_a_body_that_is_too_large_is_never_read(gateway: str, kind: str, length: str):
    with CaptureQueriesContext(connection) as queries:
        answer = request_once(gateway, b"", CONTENT_LENGTH=length, CONTENT_TYPE=kind, stream=Unread())
    assert answer.status_code == 413
    assert not queries.captured_queries


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Collect the bodies that are read."""
    bodies: list[bytes] = []

    def receive(provider: str, raw: RawWebhook, **_options: Any) -> int:
        bodies.append(raw.body)
        return 200

    monkeypatch.setattr(processing, "receive", receive)
    return bodies


def test_a_bearable_body_that_calls_itself_a_form_is_read_as_it_is(seen: list[bytes]):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
        + b"z" * 9000
        + b"\r\n--x--\r\n"
    )
    assert request_once("stripe", body, CONTENT_TYPE="multipart/form-data; boundary=x").status_code == 200
    assert seen == [body]


def test_a_body_is_no_longer_than_it_says(seen: list[bytes]):
    request_once("stripe", b"", CONTENT_LENGTH="10", stream=io.BytesIO(b"x" * 1_000_000))
    assert seen == [b"x" * 10]


def test_a_sender_who_hangs_up_is_no_error_of_ours():
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("gone")

    assert request_once("stripe", b"", CONTENT_LENGTH="10", stream=Broken()).status_code == 400


# -- floods -----------------------------------------------------------------------------------------------------------
@both
def test_a_forged_flood_costs_no_statement_and_keeps_no_genuine_notification_out(
    providers: World, gateway: str
):
    genuine = paid_letter(providers, gateway)
    for _turn in range(limits.REFUSED):
        assert request_once(gateway).status_code == FORGED[gateway]
    assert refused(gateway) == limits.REFUSED

    with CaptureQueriesContext(connection) as queries:
        answers = [request_once(gateway) for _turn in range(20)]

    assert {answer.status_code for answer in answers} == {429}
    assert {answer["Retry-After"] for answer in answers} == {"60"}
    assert not queries.captured_queries
    assert refused(gateway) == limits.REFUSED
    # From the same address, as behind a proxy that shows all senders as one.
    assert post(genuine).status_code == 200
    assert WebhookEvent.objects.count() == 1


def test_a_flood_of_one_address_is_nobody_elses():
    for _turn in range(limits.REFUSED + 1):
        last = request_once("stripe", REMOTE_ADDR="203.0.113.9")
    assert last.status_code == 429
    assert request_once("stripe", REMOTE_ADDR="203.0.113.10").status_code == 400
    assert request_once("mercadopago", REMOTE_ADDR="203.0.113.9").status_code == 401


@both
def test_what_is_beyond_the_rate_is_unread_and_taken_when_it_comes_again(
    providers: World, gateway: str, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.WEBHOOK_RATE = 2
    genuine = paid_letter(providers, gateway)
    assert [request_once(gateway).status_code for _turn in range(2)] == [FORGED[gateway]] * 2
    with CaptureQueriesContext(connection) as queries:
        turned_away = request_once(gateway, b"", CONTENT_LENGTH="10", stream=Unread())
        assert post(genuine).status_code == 429
    assert (turned_away.status_code, turned_away["Retry-After"]) == (429, "60")
    assert not queries.captured_queries

    monkeypatch.setattr(limits, "window", lambda: 2)
    assert post(genuine).status_code == 200
    assert WebhookEvent.objects.count() == 1


def test_a_counter_that_lost_its_expiry_closes_the_door_for_a_minute_at_most(
    settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.WEBHOOK_RATE = 1
    monkeypatch.setattr(
        "django.core.cache.backends.redis.RedisCache.get_backend_timeout", lambda *_a, **_k: None
    )
    assert [request_once("stripe").status_code for _turn in range(2)] == [400, 429]
    monkeypatch.setattr(limits, "window", lambda: 2)
    assert request_once("stripe").status_code == 400


def test_without_redis_nobody_is_turned_away(providers: World, settings: Any):
    settings.WEBHOOK_RATE = 1
    genuine = paid_letter(providers, "stripe")
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert [request_once("stripe").status_code for _turn in range(3)] == [400] * 3
    assert post(genuine).status_code == 200


@pytest.mark.parametrize("gateway", ["conekta"])
def test_unsigned_events_are_stored_in_bearable_numbers_only(providers: World, gateway: str, settings: Any):
    letter = paid_letter(providers, gateway)
    settings.CONEKTA_WEBHOOK_KEYS = []
    gateways.forget()
    event = json.loads(letter.body)
    answers = []
    for number in range(limits.UNSIGNED + 5):
        body = json.dumps(event | {"id": f"made-up-{number}"}).encode()
        answers.append(post(Letter(letter.path, letter.headers, body)).status_code)
    assert answers == [200] * limits.UNSIGNED + [429] * 5
    assert WebhookEvent.objects.count() == limits.UNSIGNED


def test_unknown_providers_are_refused_without_a_page():
    for name in ("paypal", "x" * 300):
        with CaptureQueriesContext(connection) as queries:
            answer = Client().post(f"/payments/webhook/{name}/", b"{}", content_type="application/json")
        assert (answer.status_code, answer.content) == (404, b"unknown provider\n")
        assert not queries.captured_queries


# -- signatures -------------------------------------------------------------------------------------------------------
SECRETS = {
    "mercadopago": "MERCADOPAGO_WEBHOOK_SECRETS",
    "stripe": "STRIPE_WEBHOOK_SECRETS",
    "conekta": "CONEKTA_WEBHOOK_KEYS",
}


@both
def test_secrets_rotate_without_a_lost_notification(providers: World, gateway: str, settings: Any):
    letter = paid_letter(providers, gateway)
    older, current = getattr(settings, SECRETS[gateway])

    def answer(*secrets: str) -> int:
        setattr(settings, SECRETS[gateway], list(secrets))
        gateways.forget()
        return post(letter).status_code

    assert answer(current) == 200
    assert answer(older, current) == 200  # The new one came to the old one,
    assert answer(current, older) == 200  # in either order.
    assert answer(older) == FORGED[gateway]  # The old one alone verifies nothing any more.
    assert WebhookEvent.objects.count() == 1


@pytest.mark.parametrize("gateway", ["mercadopago", "stripe"])
@pytest.mark.parametrize("place", [0, 31, 63])
def test_signatures_are_compared_in_constant_time(
    providers: World, gateway: str, place: int, monkeypatch: pytest.MonkeyPatch
):
    """Wherever a signature is wrong, all of it is compared by `hmac.compare_digest` with each secret, and nothing before."""
    letter = paid_letter(providers, gateway)
    name = SIGNATURE[gateway].replace("_", "-")
    head, _v1, digest = letter.headers[name].partition("v1=")
    wrong = digest[:place] + ("0" if digest[place] != "0" else "1") + digest[place + 1 :]
    compared: list[tuple[Any, Any]] = []
    real = hmac.compare_digest

    def compare(first: Any, second: Any) -> bool:
        compared.append((first, second))
        return real(first, second)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    forged = Letter(letter.path, letter.headers | {name: f"{head}v1={wrong}"}, letter.body)
    assert post(forged).status_code == FORGED[gateway]
    assert len(compared) == 2, "one comparison for each of the two secrets"
    assert all(wrong in pair and {len(text) for text in pair} == {64} for pair in compared)
    assert any(digest in pair for pair in compared), "the right signature was one side of the comparison"


@pytest.mark.parametrize("gateway", ["conekta"])
def test_conektas_signatures_are_verified_by_the_public_key(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    """Nothing secret is compared: the key that verifies is public."""
    letter = paid_letter(providers, gateway)
    seen: list[bytes] = []

    class Key:
        def verify(self, signature: bytes, *_rest: Any) -> None:
            seen.append(signature)

    monkeypatch.setattr("payments.gateways.conekta.webhook.rsa_public_key", lambda _key: Key())
    assert post(letter).status_code == 200
    assert len(seen) == 1
    assert len(seen[0]) == 256


# -- slowness ---------------------------------------------------------------------------------------------------------
@both
@pytest.mark.parametrize("sent", [b"", b'{"id": '])
def test_a_body_that_dawdles_is_answered_and_nothing_is_kept(
    gateway: str, sent: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("payments.views.paying._WEBHOOK_SECONDS", 0.1)
    sender, ours = socket.socketpair()
    with sender, ours, ours.makefile("rb") as stream:
        sender.sendall(sent)
        answer = request_once(gateway, b"", stream=stream, CONTENT_LENGTH="500", **{"gunicorn.socket": ours})

        assert answer.status_code == 408
        assert not WebhookEvent.objects.exists()
        assert refused(gateway) == 0
        ours.sendall(b"still here")  # The answer is sent: only the receiving half is shut.
        assert sender.recv(10) == b"still here"


@both
def test_a_body_that_comes_in_time_is_read_and_its_connection_stays_open(gateway: str):
    sender, ours = socket.socketpair()
    with sender, ours, ours.makefile("rb") as stream:
        sender.sendall(b"{}")
        answer = request_once(gateway, b"", stream=stream, CONTENT_LENGTH="2", **{"gunicorn.socket": ours})

        assert answer.status_code == FORGED[gateway]
        sender.sendall(b"next")
        assert stream.read(4) == b"next"
