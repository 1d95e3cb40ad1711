"""From a fact to an endpoint: what is written when, how it is signed, tried again, given up and sent again."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shop.core.models import (
    EmailLog,
    Event,
    OutgoingAttempt,
    OutgoingDelivery,
    OutgoingEndpoint,
    OutgoingMessage,
)
from shop.core.outgoing import addresses, deliveries, endpoints, publishing, requests, retention, types
from shop.core.outgoing.addresses import Refused, Target
from shop.core.outgoing.publishing import publish
from shop.core.outgoing.requests import Answer
from shop.core.outgoing.types import PublicType

pytestmark = pytest.mark.django_db
TYPE = "test.happened"
TARGET = Target("https://hooks.example.com/x", "https", "hooks.example.com", 443, "/x", ("93.184.216.34",))
Sent = list[tuple[str, dict[str, str]]]


@pytest.fixture(autouse=True)
def _type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(types._types, TYPE, PublicType(TYPE, "it happened"))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sent]:
    """Let endpoints answer so, the last one again and again; return what they are sent."""

    def begin(*given: Answer | BaseException) -> Sent:
        sent: Sent = []
        left = list(given)

        def post(target: Target, body: bytes, headers: dict[str, str], *, seconds: float) -> Answer:
            sent.append((body.decode(), headers))
            found = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(found, BaseException):
                raise found
            return found

        monkeypatch.setattr(addresses, "check", lambda url: TARGET)
        monkeypatch.setattr(requests, "post", post)
        return sent

    return begin


def endpoint(*, names: tuple[str, ...] = (TYPE,)) -> tuple[OutgoingEndpoint, str]:
    return endpoints.create(TARGET, types=names, actor="staff:a@percha.test")


def due_now() -> None:
    OutgoingDelivery.objects.filter(status="pending").update(next_try_at=Now())
    OutgoingEndpoint.objects.update(paused_until=None)


def the_only() -> OutgoingDelivery:
    return OutgoingDelivery.objects.get()


def test_without_an_endpoint_that_wants_it_a_fact_costs_one_look_up_and_nothing_is_gathered():
    endpoint(names=())

    def facts() -> Any:
        raise AssertionError("nobody wants it")
        yield

    with CaptureQueriesContext(connection) as captured:
        assert publish(TYPE, facts()) == 0
    assert len(captured) == 1
    assert not OutgoingMessage.objects.exists()


def test_a_message_is_signed_so_that_the_receiver_can_check_it(answers):
    sent = answers(Answer(200))
    _found, secret = endpoint()
    publish(TYPE, [{"order": "1", "name": "ñandú"}])

    assert deliveries.send_due() == {"delivered": 1}

    body, headers = sent[0]
    assert Webhook(secret).verify(body, headers) == json.loads(body)
    content = json.loads(body)
    assert (content["type"], content["data"]) == (TYPE, {"order": "1", "name": "ñandú"})
    assert content["timestamp"].endswith("Z")
    assert headers["webhook-id"] == f"msg_{OutgoingMessage.objects.get().pk.hex}"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace("1", "2", 1), headers)
    assert secret.removeprefix("whsec_") not in str(OutgoingEndpoint.objects.values().get())
    assert (the_only().status, the_only().next_try_at) == ("delivered", None)


def test_during_a_rotation_both_secrets_sign_and_then_the_new_one_alone(answers):
    sent = answers(Answer(200))
    found, old = endpoint()
    new = endpoints.rotate(found, actor="a")
    publish(TYPE, [{}])
    deliveries.send_due()
    OutgoingEndpoint.objects.update(before_until=timezone.now() - timedelta(seconds=1))
    publish(TYPE, [{}])
    deliveries.send_due()

    assert [len(headers["webhook-signature"].split()) for _body, headers in sent] == [2, 1]
    for secret in (old, new):
        Webhook(secret).verify(*sent[0])
    Webhook(new).verify(*sent[1])
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(*sent[1])
    retention.purge()
    assert OutgoingEndpoint.objects.get().sealed_before == ""


def test_a_failure_is_tried_again_later_with_the_same_identifier_until_it_is_given_up(answers):
    sent = answers(Answer(500, milliseconds=7, text="oops"))
    endpoint()
    publish(TYPE, [{"n": 1}])
    pauses = []
    for _turn in range(20):
        due_now()
        before = timezone.now()
        deliveries.send_due()
        if the_only().status != "pending":
            break
        pauses.append(the_only().next_try_at - before)

    assert len(sent) == 12
    assert len({(body, headers["webhook-id"]) for body, headers in sent}) == 1
    assert timedelta(days=2, hours=20) < sum(pauses, timedelta()) < timedelta(days=3, hours=1)
    assert pauses[0] < timedelta(seconds=6)
    assert (the_only().status, the_only().attempts) == ("dead", 12)
    logged = OutgoingAttempt.objects.first()
    assert (logged.status_code, logged.milliseconds, logged.answer) == (500, 7, "oops")


def test_the_pause_that_an_endpoint_asks_for_is_kept_for_all_its_messages(answers):
    sent = answers(Answer(429, retry_after=timedelta(hours=2)))
    endpoint()
    publish(TYPE, [{"n": 1}, {"n": 2}, {"n": 3}])

    deliveries.send_due()

    assert len(sent) == 1
    hour = timezone.now() + timedelta(hours=1)
    assert OutgoingEndpoint.objects.get().paused_until > hour
    assert OutgoingDelivery.objects.filter(next_try_at__gt=hour).count() == 1


def test_an_endpoint_that_does_not_answer_rests_longer_each_time_and_its_messages_are_not_counted(answers):
    answers(Answer(error="no answer within 10 s"))
    endpoint()
    publish(TYPE, [{"n": 1}, {"n": 2}, {"n": 3}])
    rests = []
    for _turn in range(3):
        OutgoingEndpoint.objects.update(paused_until=None)
        deliveries.send_due()
        rests.append(OutgoingEndpoint.objects.get().paused_until - timezone.now())

    assert rests == sorted(rests)
    assert rests[0] < timedelta(seconds=11)
    assert rests[2] > timedelta(minutes=4)
    assert sum(OutgoingDelivery.objects.values_list("attempts", flat=True)) == 3


def test_gone_switches_an_endpoint_off_with_a_mail_and_nothing_more_is_written_for_it(answers):
    answers(Answer(410))
    found, _secret = endpoint()
    publish(TYPE, [{"n": 1}])

    assert deliveries.send_due() == {"gone": 1}

    found.refresh_from_db()
    assert (found.status, found.disabled_why) == ("disabled", "gone")
    mail = EmailLog.objects.get(kind="webhook_endpoint_disabled")
    assert TARGET.url in mail.text
    assert "410" in mail.text
    assert publish(TYPE, [{"n": 2}]) == 0


def test_too_many_messages_given_up_in_a_row_switch_it_off_and_one_delivered_begins_anew(answers, settings):
    settings.OUTGOING_WEBHOOK_DEAD_LIMIT = 2
    answers(Answer(500), Answer(200), Answer(500))
    found, _secret = endpoint()
    for _turn in range(4):
        publish(TYPE, [{}])
        OutgoingDelivery.objects.filter(status="pending").update(attempts=11)
        deliveries.send_due()
        found.refresh_from_db()
        if found.status == "disabled":
            break

    assert list(OutgoingDelivery.objects.order_by("created_at").values_list("status", flat=True)) == [
        "dead",
        "delivered",
        "dead",
        "dead",
    ]
    assert found.disabled_why == "dead"
    assert EmailLog.objects.filter(kind="webhook_endpoint_disabled").count() == 1
    assert endpoints.enable(found, actor="a")
    assert not endpoints.enable(found, actor="a")
    found.refresh_from_db()
    assert (found.status, found.dead, found.disabled_why) == ("active", 0, "")


def test_a_message_that_was_given_up_or_delivered_is_sent_again_with_the_same_identifier(answers):
    sent = answers(Answer(500), Answer(200), Answer(200))
    found, _secret = endpoint()
    publish(TYPE, [{}])
    OutgoingDelivery.objects.update(attempts=11)
    deliveries.send_due()
    for _turn in range(2):
        assert endpoints.replay(the_only(), actor="staff:a@percha.test")
        assert not endpoints.replay(the_only(), actor="staff:a@percha.test")
        assert deliveries.send_due() == {"delivered": 1}

    assert len({headers["webhook-id"] for _body, headers in sent}) == 1
    assert (the_only().status, OutgoingAttempt.objects.count()) == ("delivered", 3)
    assert Event.objects.filter(kind="replayed").count() == 2
    endpoints.disable(found, actor="a")
    with pytest.raises(endpoints.SwitchedOff):
        endpoints.replay(the_only(), actor="a")


def test_a_worker_killed_half_way_loses_nothing_and_the_message_keeps_its_identifier(answers):
    sent = answers(KeyboardInterrupt(), Answer(200))
    endpoint()
    publish(TYPE, [{}])
    with pytest.raises(KeyboardInterrupt):
        deliveries.send_due()

    assert deliveries.send_due() == {}, "its claim still holds"
    due_now()
    assert deliveries.send_due() == {"delivered": 1}
    assert len({headers["webhook-id"] for _body, headers in sent}) == 1


def test_a_slow_worker_whose_claim_went_to_another_changes_nothing():
    endpoint()
    publish(TYPE, [{}])
    slow = deliveries._claimed(the_only().endpoint_id)
    due_now()
    quick = deliveries._claimed(the_only().endpoint_id)

    assert deliveries.settle(quick, Answer(200)) == "delivered"
    assert deliveries.settle(slow, Answer(500)) == "late"
    assert (the_only().status, OutgoingAttempt.objects.count()) == ("delivered", 2)


def test_an_address_that_is_private_by_now_is_refused_again_before_each_request(monkeypatch):
    def private(url: str) -> Target:
        raise Refused("This address is not public")

    def never(*_arguments: Any, **_options: Any) -> Answer:
        raise AssertionError("a request was made")

    monkeypatch.setattr(addresses, "check", private)
    monkeypatch.setattr(requests, "post", never)
    endpoint()
    publish(TYPE, [{}])

    assert deliveries.send_due() == {"again": 1}
    assert "not public" in OutgoingAttempt.objects.get().error


def test_a_fact_that_is_rolled_back_is_not_told():
    endpoint()
    with transaction.atomic():
        assert publish(TYPE, [{}]) == 1
        transaction.set_rollback(True)
    assert not OutgoingMessage.objects.exists()


def test_old_messages_are_deleted_with_their_log_and_secrets_follow_a_new_key(answers, settings):
    answers(Answer(200))
    endpoint()
    publish(TYPE, [{"n": 1}], at=timezone.now() - timedelta(days=31))
    publish(TYPE, [{"n": 2}])
    deliveries.send_due()
    settings.DATA_KEYS = ["a-new-key-of-more-than-thirty-two-characters-0123", *settings.DATA_KEYS]

    assert retention.purge() == {"messages": 1, "former secrets": 0, "encrypted again": 1}
    assert (OutgoingMessage.objects.count(), OutgoingAttempt.objects.count()) == (1, 1)
    assert retention.purge() == {"messages": 0, "former secrets": 0, "encrypted again": 0}
    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    publish(TYPE, [{}])
    assert deliveries.send_due() == {"delivered": 1}


def test_what_is_written_for_one_endpoint_and_unknown_types():
    first, _secret = endpoint()
    endpoint()
    publishing.write_to(first, types.PING, {})
    assert [one.endpoint_id for one in OutgoingDelivery.objects.all()] == [first.pk]
    with pytest.raises(endpoints.UnknownTypes):
        endpoint(names=("no.such",))


def test_an_endpoint_that_hangs_delays_no_other(monkeypatch):
    """It answers only when all messages of the other one have arrived."""
    arrived = threading.Semaphore(0)
    quick = Target("https://quick.example/", "https", "quick.example", 443, "/", ("93.184.216.34",))

    def post(target: Target, body: bytes, headers: dict[str, str], *, seconds: float) -> Answer:
        if target is quick:
            arrived.release()
            return Answer(200)
        return Answer(200) if all(arrived.acquire(timeout=60) for _one in range(3)) else Answer(500)

    monkeypatch.setattr(addresses, "check", lambda url: quick if "quick" in url else TARGET)
    monkeypatch.setattr(requests, "post", post)
    endpoint()
    endpoints.create(quick, types=[TYPE], actor="a")
    publish(TYPE, [{"n": 1}, {"n": 2}, {"n": 3}])
    OutgoingDelivery.objects.filter(endpoint__url=TARGET.url).exclude(message__data={"n": 1}).delete()

    assert deliveries.send_due() == {"delivered": 4}
