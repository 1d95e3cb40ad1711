"""The alarm when no webhooks arrive: raised once by payments without any, ended by the next webhook."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from payments import tasks
from payments.models import Payment, PaymentAttempt, ProviderWatch, WebhookEvent
from payments.reconciliation import due_attempts
from payments.tests.payouts.report_files import sold
from payments.tests.world import World
from payments.webhooks import silence
from shop.accounts.tests.staff_clients import boss
from shop.core.models import EmailLog, Event

pytestmark = pytest.mark.django_db
QUIET = {"silent": 0, "providers": ""}


def made(number: str, hours_ago: float, gateway: str = "stripe") -> Payment:
    payment = sold(number, gateway=gateway)
    Payment.objects.filter(pk=payment.pk).update(created_at=timezone.now() - timedelta(hours=hours_ago))
    return payment


def heard(number: str, hours_ago: float, gateway: str = "stripe") -> None:
    WebhookEvent.objects.create(provider=gateway, event_id=number, topic="t", subject="s")
    moment = timezone.now() - timedelta(hours=hours_ago)
    WebhookEvent.objects.filter(event_id=number).update(received_at=moment)


def mails() -> int:
    return EmailLog.objects.filter(kind="webhooks_silent").count()


def test_payments_without_any_webhook_raise_the_alarm_once(settings: Any):
    settings.WEBHOOK_SILENCE_HOURS = 6
    payment = made("1", 7)
    payment.refresh_from_db()

    for _turn in range(3):
        assert silence.check() == {"silent": 1, "providers": "stripe"}

    watch = ProviderWatch.objects.get(gateway="stripe")
    assert watch.silent_since == payment.created_at
    assert mails() == 1
    mail = EmailLog.objects.get(kind="webhooks_silent")
    assert "/payments/webhook/stripe/" in mail.text
    assert Event.objects.filter(kind="webhooks.silent").count() == 1


def test_the_next_webhook_ends_it_and_a_later_silence_is_told_anew():
    made("1", 30)
    silence.check()
    heard("e1", 20)
    assert silence.check() == QUIET
    assert Event.objects.filter(kind="webhooks.back").count() == 1

    made("2", 10)
    assert silence.check()["silent"] == 1
    assert mails() == 2


@pytest.mark.parametrize(
    ("payments", "webhooks"),
    [
        ([], []),  # Nothing was sold.
        ([], [100]),  # A quiet week.
        ([5.5], []),  # Not for long enough.
        ([10], [9.9]),  # Told of a little later.
        ([10, 5], [9]),
        ([24 * 15], []),  # Too long ago to say anything about today.
    ],
)
def test_no_alarm_where_there_was_nothing_to_tell(payments: list[float], webhooks: list[float]):
    for hours in payments:
        made(f"p{hours}", hours)
    for hours in webhooks:
        heard(f"e{hours}", hours)
    assert silence.check() == QUIET
    assert not mails()


def test_a_webhook_of_one_provider_says_nothing_about_the_other():
    made("1", 10, "stripe")
    made("2", 10, "mercadopago")
    heard("e", 9, "mercadopago")
    assert silence.check()["providers"] == "stripe"


def test_an_inbox_that_was_cleared_out_raises_no_alarm():
    heard("e", 5)
    silence.check()
    WebhookEvent.objects.all().delete()
    made("1", 10)
    assert silence.check() == QUIET


def test_a_quiet_night_does_not_end_an_alarm():
    payment = made("1", 10)
    silence.check()
    Payment.objects.filter(pk=payment.pk).update(created_at=timezone.now() - timedelta(days=20))
    assert silence.check()["silent"] == 1


def test_the_threshold_is_a_setting(settings: Any):
    made("1", 3)
    assert silence.check() == QUIET
    settings.WEBHOOK_SILENCE_HOURS = 2
    assert silence.check()["silent"] == 1


def test_a_day_on_which_every_webhook_is_lost_is_noticed_over_http(providers: World):
    providers.fault("webhook_drop", count=None)
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    PaymentAttempt.objects.update(next_check_at=timezone.now() - timedelta(seconds=1))
    assert due_attempts.reconcile_due() == {"paid": 1}

    assert silence.check() == QUIET
    assert silence.check(now=timezone.now() + timedelta(hours=7))["providers"] == "stripe"

    providers.handle.sandbox.faults.clear()
    other = providers.begin("stripe")
    providers.pay(other)
    providers.deliver()
    assert silence.check(now=timezone.now() + timedelta(hours=7)) == QUIET


def test_the_health_page_and_the_job_tell_it(capsys: Any):
    snapshot = boss().get("/healthz/detalle/").json()["providers"]
    assert snapshot == {"is_degraded": False, "silent": [], "lists_unread": []}
    made("1", 10)
    assert tasks.watch_webhooks() == {"silent": 1, "providers": "stripe"}
    call_command("watch_webhooks")
    assert "stripe" in capsys.readouterr().out

    answer = boss().get("/healthz/detalle/").json()
    assert answer["status"] == "degraded"
    assert answer["providers"]["silent"] == ["stripe"]

    ProviderWatch.objects.update(silent_since=None, high_water_mark=timezone.now() - timedelta(days=3))
    snapshot = boss().get("/healthz/detalle/").json()["providers"]
    assert set(snapshot["lists_unread"]) == set(ProviderWatch.objects.values_list("gateway", flat=True))


def test_a_provider_that_was_given_up_alarms_nobody(settings: Any):
    made("1", 10)
    silence.check()
    assert silence.silent() == ["stripe"]
    settings.PAYMENT_GATEWAYS = ["mercadopago"]
    assert silence.silent() == []
    assert silence.health()["is_degraded"] is False
