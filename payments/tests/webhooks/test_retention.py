"""Retention of the inbox: processed events are deleted, dead letters notified once, shown, and replayed."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_order
from payments import tasks
from payments.models import WebhookEvent
from payments.tests.world import PAID_EVENT, World, post
from payments.webhooks import processing, retention
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.models import EmailLog, Event

pytestmark = pytest.mark.django_db
ADMIN = "admin:payments_webhookevent"


def make_event(number: int = 1, **fields: Any) -> WebhookEvent:
    age = fields.pop("days", 0)
    event = WebhookEvent.objects.create(
        provider=fields.pop("provider", "stripe"),
        event_id=f"evt-{number}",
        topic="t",
        subject=f"pi_{number}",
        **fields,
    )
    received = timezone.now() - timedelta(days=age)
    WebhookEvent.objects.filter(pk=event.pk).update(received_at=received)
    event.refresh_from_db()
    return event


def make_dead(number: int = 1, **fields: Any) -> WebhookEvent:
    return make_event(number, status="failed", next_try_at=None, attempts=9, **fields)


# -- retention --------------------------------------------------------------------------------------------------------
def test_what_is_done_goes_after_its_time_and_what_waits_stays(settings: Any):
    settings.WEBHOOK_KEEP_DAYS, settings.WEBHOOK_KEEP_FAILED_DAYS = 30, 100
    now = timezone.now()
    kept = {
        make_event(1, status="processed", days=29),
        make_event(2, status="ignored", days=29),
        make_event(3, status="received", days=900, next_try_at=now),
        make_dead(4, days=99),
        make_event(5, status="failed", days=900, next_try_at=now),
        make_event(6, status="processed", days=31, processed_at=now - timedelta(days=29)),  # Replayed since.
        make_dead(7, days=101, reported_at=now - timedelta(days=99)),
    }
    make_event(11, status="processed", days=31, processed_at=now - timedelta(days=31))
    make_event(12, status="ignored", days=31)
    make_dead(13, days=101)

    assert retention.purge() == {"done": 2, "dead": 1}
    assert set(WebhookEvent.objects.all()) == kept
    assert retention.purge() == {"done": 0, "dead": 0}


def test_it_goes_in_batches_also_when_the_last_one_is_full():
    for number in range(6):
        make_event(number, status="processed", days=4000)
    assert retention.purge(batch=3) == {"done": 6, "dead": 0}


@pytest.mark.django_db(transaction=True)
def test_two_purges_at_once_share_the_work():
    for number in range(40):
        make_event(number, status="processed", days=4000)
    start, counts = threading.Barrier(2), []

    def work() -> None:
        try:
            start.wait(5)
            counts.append(retention.purge(batch=5)["done"])
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _turn in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    # A second one ends when all that is left is locked by the first; what nobody counted, the next night takes.
    left = WebhookEvent.objects.count()
    assert len(counts) == 2
    assert sum(counts) + left == 40
    assert retention.purge()["done"] == left


def test_it_is_a_job_with_a_command_of_its_own(capsys: pytest.CaptureFixture[str]):
    make_event(1, status="processed", days=4000)
    call_command("purge_webhooks")
    assert "done 1" in capsys.readouterr().out
    assert not WebhookEvent.objects.exists()


# -- dead letters -----------------------------------------------------------------------------------------------------
def test_an_event_dies_when_its_last_try_fails_and_lives_again_when_replayed(providers: World):
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    post(next(letter for letter in providers.letters() if PAID_EVENT["stripe"] in letter.body))
    event = WebhookEvent.objects.get()
    WebhookEvent.objects.update(attempts=8, status="failed", next_try_at=timezone.now())
    providers.fault("http_429", "stripe", count=9)

    assert tasks.retry_webhooks() == {"failed": 1, "told": 1}

    event.refresh_from_db()
    assert event.is_dead
    assert boss().get("/healthz/detalle/").json()["webhooks"] == {"dead_letters": 1, "is_degraded": True}
    providers.handle.sandbox.faults.clear()
    page = reverse(f"{ADMIN}_change", args=[event.pk]).replace("/change/", "/replay/")
    assert clerk("manager").post(page, {"token": "t"}).status_code == 302
    event.refresh_from_db()
    assert (event.status, event.attempts, event.reported_at) == ("received", 0, None)
    assert processing.process(event.pk).status == "processed"
    attempt.refresh_from_db()
    assert attempt.status == "paid"
    assert boss().get("/healthz/detalle/").json()["status"] == "ok"


def test_dead_letters_are_told_once_and_all_together():
    for number in range(12):
        make_dead(number, error="ana@example.com")
    make_event(99, status="failed", next_try_at=timezone.now())

    assert [retention.report_dead() for _turn in range(3)] == [12, 0, 0]

    mail = EmailLog.objects.get(kind="webhooks_dead")
    assert "12" in mail.subject
    assert mail.text.count("pi_") == 10
    assert "pi_99" not in mail.text
    assert "ana@" not in mail.text
    assert boss().get(mail.text[mail.text.index("/admin/") :].split()[0]).status_code == 200


def test_the_next_mail_waits_and_who_dies_again_is_told_again():
    first = make_dead(1)
    assert retention.report_dead() == 1
    make_dead(2)
    assert retention.report_dead() == 0
    WebhookEvent.objects.filter(pk=first.pk).update(reported_at=timezone.now() - timedelta(minutes=31))
    assert retention.report_dead() == 1

    first.refresh_from_db()
    assert processing.replay(first, actor="staff:a@example.com")
    WebhookEvent.objects.filter(pk=first.pk).update(status="failed", next_try_at=None)
    WebhookEvent.objects.exclude(pk=first.pk).update(reported_at=timezone.now() - timedelta(minutes=31))
    assert retention.report_dead() == 1
    assert EmailLog.objects.filter(kind="webhooks_dead").count() == 3


def test_the_first_page_counts_them_and_leads_to_them():
    make_dead(1)
    make_event(2, status="failed", next_try_at=timezone.now())
    client = boss()

    page = client.get(reverse("admin:index"), headers={"accept-language": "en"})

    care = {str(figure.title): figure for figure in page.context["care"]}
    assert (care["Failed webhooks"].value, care["Failed webhooks"].tone) == ("2", "error")
    dead = care["Webhooks nobody tries again"]
    assert (dead.value, dead.tone) == ("1", "error")
    assert [event.subject for event in client.get(dead.url).context["cl"].result_list] == ["pi_1"]


# -- for people -------------------------------------------------------------------------------------------------------
def test_a_page_tells_error_and_payload_without_the_person():
    payment = pay(make_order())
    event = WebhookEvent.objects.get()
    WebhookEvent.objects.update(
        payload={
            "data": {
                "object": {
                    "email": "ana@example.com",
                    "note": "<b>sk_test_abcdefgh",
                    "id": payment.external_id,
                }
            }
        },
        error='Traceback (most recent call last):\n  File "x.py"\nGatewayError: Bearer APP_USR-123456789 of ana@example.com',
        status="failed",
    )
    client = boss()
    for address in (reverse(f"{ADMIN}_change", args=[event.pk]), reverse(f"{ADMIN}_changelist")):
        words = client.get(address).content.decode()
        for secret in ("ana@example.com", "sk_test", "APP_USR", "<b>"):
            assert secret not in words, (address, secret)
        assert "GatewayError" in words
        assert payment.external_id in words
    change = client.get(reverse(f"{ADMIN}_change", args=[event.pk])).content.decode()
    assert "Traceback (most recent call last)" in change
    assert reverse("admin:orders_order_change", args=[payment.order_id]) in change


@pytest.mark.parametrize("role", ["support", "warehouse", "catalogue"])
def test_only_who_may_repair_replays(role: str):
    event = make_dead()
    page = reverse(f"{ADMIN}_change", args=[event.pk]).replace("/change/", "/replay/")
    client = clerk(role)
    assert client.get(page).status_code == 403
    assert client.post(page, {"token": "t"}).status_code == 403
    event.refresh_from_db()
    assert event.is_dead


def test_replaying_asks_first_and_twice_is_once():
    event = make_dead()
    page = reverse(f"{ADMIN}_change", args=[event.pk]).replace("/change/", "/replay/")
    client = clerk("manager")
    assert client.get(page).status_code == 200
    event.refresh_from_db()
    assert event.is_dead
    assert [client.post(page, {"token": "t"}).status_code for _turn in range(2)] == [302, 302]
    event.refresh_from_db()
    assert event.status == "received"
    assert Event.objects.filter(subject_id=event.pk, reason="replayed").count() == 1


def test_the_page_costs_the_same_however_long_the_payload_is():
    small, large = (
        make_dead(1),
        make_dead(2, payload={f"k{n}": ["v"] * 50 for n in range(200)}, error="x\n" * 2000),
    )
    client = boss()
    pages = [reverse(f"{ADMIN}_change", args=[event.pk]) for event in (small, large)]
    queries(client, pages[0])
    assert queries(client, pages[0]) == queries(client, pages[1]) <= 10
