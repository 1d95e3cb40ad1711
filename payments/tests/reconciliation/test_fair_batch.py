"""A provider that does not answer has many due rows; those of the others are processed all the same."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from payments.models import Dispute, Payment, PaymentAttempt, Refund, WebhookEvent
from payments.reconciliation import due_attempts, due_disputes, due_refunds
from payments.refunds import sending
from payments.settlement import settle
from payments.tests.payouts.report_files import sold
from payments.tests.refunds.test_refunds import ask
from payments.tests.world import World, post
from payments.webhooks import processing

pytestmark = pytest.mark.django_db
# So many are taken at a time; the silent provider has more of them due, and for longer.
FEW = 2


def purchases(providers: World) -> tuple[list[PaymentAttempt], PaymentAttempt]:
    """Return three purchases at the provider that will be silent, begun first, and one at another."""
    silent = [providers.begin("stripe") for _turn in range(FEW + 1)]
    return silent, providers.begin("mercadopago")


def silence(providers: World) -> None:
    providers.fault("http_429", "stripe", count=None)


def test_attempts(providers: World) -> None:
    silent, other = purchases(providers)
    for minutes, attempt in zip((9, 8, 7, 1), [*silent, other], strict=True):
        due = timezone.now() - timedelta(minutes=minutes)
        PaymentAttempt.objects.filter(pk=attempt.pk).update(next_check_at=due)
    providers.pay(other)
    silence(providers)
    due_attempts.reconcile_due(limit=FEW)
    other.refresh_from_db()
    assert other.status == "paid"


def test_webhooks(providers: World) -> None:
    silent, other = purchases(providers)
    for attempt in [*silent, other]:
        providers.pay(attempt)
    for letter in providers.letters():
        post(letter)
    long_ago = timezone.now() - timedelta(minutes=9)
    WebhookEvent.objects.update(next_try_at=timezone.now())
    WebhookEvent.objects.filter(provider="stripe").update(next_try_at=long_ago)
    silence(providers)
    processing.retry_due(limit=FEW)
    other.refresh_from_db()
    assert other.status == "paid"


def paid(providers: World) -> tuple[list[Payment], Payment]:
    silent, other = purchases(providers)
    for attempt in [*silent, other]:
        providers.pay(attempt)
        settle.settle(attempt_id=attempt.pk, actor="test")
    return [Payment.objects.get(attempt=one) for one in silent], Payment.objects.get(attempt=other)


def test_refunds_to_be_sent(providers: World) -> None:
    silent, other = paid(providers)
    for number, payment in enumerate([*silent, other]):
        ask(payment, "10", f"k{number}")
    silence(providers)
    due_refunds.send_due(limit=FEW)
    assert other.refunds.get().status == "succeeded"


def test_refunds_on_their_way(providers: World) -> None:
    silent, other = paid(providers)
    providers.fault("refund_in_process", count=FEW + 2)
    for number, payment in enumerate([*silent, other]):
        assert sending.send(ask(payment, "10", f"k{number}").pk).status == "pending"
    long_ago = timezone.now() - timedelta(minutes=9)
    Refund.objects.update(next_try_at=timezone.now())
    Refund.objects.filter(payment__gateway="stripe").update(next_try_at=long_ago)
    providers.settle_refund("mercadopago", other.refunds.get().external_id)
    silence(providers)
    due_refunds.send_due(limit=FEW)
    assert other.refunds.get().status == "succeeded"


def test_disputes(providers: World) -> None:
    silent, other = purchases(providers)
    for attempt in [*silent, other]:
        record = providers.pay(attempt)
        providers.dispute(attempt, record)
        settle.settle(attempt_id=attempt.pk, actor="test")
        if attempt == other:
            providers.decide_dispute(attempt, record, "win")
    long_ago = timezone.now() - timedelta(minutes=9)
    Dispute.objects.update(next_fetch_at=timezone.now())
    Dispute.objects.filter(gateway="stripe").update(next_fetch_at=long_ago)
    silence(providers)
    due_disputes.run_due(limit=FEW)
    assert Dispute.objects.get(gateway="mercadopago").status == "won"


def waiting(minutes: list[int]) -> list[datetime]:
    return [timezone.now() - timedelta(minutes=number) for number in minutes]


@pytest.mark.parametrize("job", ["refunds", "webhooks", "attempts"])
def test_whoever_has_waited_longest_comes_first(monkeypatch: pytest.MonkeyPatch, job: str) -> None:
    made: list[Any] = []
    seen: list[Any] = []
    for number, due in enumerate(waiting([1, 9, 5])):
        payment = sold(f"p{number}", gateway="stripe")
        if job == "attempts":
            made.append(payment.attempt)
            PaymentAttempt.objects.filter(pk=payment.attempt_id).update(next_check_at=due)
        elif job == "refunds":
            made.append(
                Refund.objects.create(
                    payment=payment, amount=1, currency="ARS", dedupe_key=f"k{number}", next_try_at=due
                )
            )
        else:
            made.append(
                WebhookEvent.objects.create(
                    provider="stripe", event_id=f"e{number}", topic="t", next_try_at=due
                )
            )

    def note(key: Any, **_options: Any) -> Any:
        seen.append(key)
        return SimpleNamespace(status="processed")

    if job == "attempts":
        monkeypatch.setattr(due_attempts, "check", lambda key, actor: note(key).status)
        due_attempts.reconcile_due(limit=2)
    elif job == "refunds":
        monkeypatch.setattr(sending, "send", note)
        due_refunds.send_due(limit=2)
    else:
        monkeypatch.setattr(processing, "process", note)
        processing.retry_due(limit=2)
    assert seen == [made[1].pk, made[2].pk]


@pytest.mark.parametrize(("status", "asked"), [("requested", 3), ("succeeded", 5)])
def test_a_provider_that_fails_three_times_in_a_row_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, status: str, asked: int
) -> None:
    for number in range(5):
        Refund.objects.create(
            payment=sold(f"p{number}", gateway="stripe"),
            amount=1,
            currency="ARS",
            dedupe_key=f"k{number}",
            next_try_at=timezone.now(),
        )
    monkeypatch.setattr(sending, "send", lambda _key, actor: SimpleNamespace(status=status))
    word = "waiting" if status == "requested" else "sent"
    assert due_refunds.send_due()[word] == asked
