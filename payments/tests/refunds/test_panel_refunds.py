"""A refund made in the provider's panel while one of ours is being sent: once ours has failed, it is written too."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from payments.models import Payment, Refund
from payments.reconciliation import provider_list
from payments.refunds import refund_requests, sending
from payments.settlement import settle
from payments.tests.world import World
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
MAIN = pytest.mark.parametrize("gateway", ["mercadopago", "stripe"])
STAFF = "staff:a@example.com"
PART = Decimal("100.00")


def crossed(providers: World, gateway: str) -> Refund:
    """Ask for all of a payment, refund a part in the panel while a worker is at ours, and settle: no room for both."""
    attempt = providers.begin(gateway)
    record = providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    payment = Payment.objects.get()
    ours = refund_requests.request(payment, payment.amount, Refund.Origin.STAFF, "because", "k", actor=STAFF)
    Refund.objects.filter(pk=ours.pk).update(attempts=1)
    providers.refund_in_panel(attempt, record, str(PART))
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert not Refund.objects.filter(origin="provider").exists()
    assert EmailLog.objects.filter(dedupe_key__startswith="payment-attention:refund-mismatch:").count() == 1
    Refund.objects.filter(pk=ours.pk).update(next_try_at=timezone.now())
    return ours


def mirrored() -> list[tuple[str, str, Decimal]]:
    return sorted(Refund.objects.values_list("origin", "status", "amount"))


@MAIN
def test_the_failure_of_ours_wakes_whoever_writes_it(
    providers: World, gateway: str, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = crossed(providers, gateway)
    woken: list[str] = []
    monkeypatch.setattr("payments.refunds.sending.dispatch", lambda name, key: woken.append(f"{name} {key}"))
    with django_capture_on_commit_callbacks(execute=True):
        assert sending.send(ours.pk).status == "failed"
    assert woken == [f"payments.tasks.settle_attempt {ours.payment.attempt_id}"]
    settle.settle(attempt_id=ours.payment.attempt_id, actor="test")
    assert mirrored() == [("provider", "succeeded", PART), ("staff", "failed", ours.amount)]
    assert refund_requests.refundable(ours.payment) == ours.amount - PART


@MAIN
def test_a_lost_waking_is_made_good_by_the_list_reading(providers: World, gateway: str) -> None:
    ours = crossed(providers, gateway)
    assert sending.send(ours.pk).status == "failed"
    assert Payment.objects.get().refunded_amount == PART
    assert provider_list.read_list(gateway, is_wanted=True)["settled"] == 1
    assert mirrored() == [("provider", "succeeded", PART), ("staff", "failed", ours.amount)]
    assert "settled" not in provider_list.read_list(gateway, is_wanted=True)
