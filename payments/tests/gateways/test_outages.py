"""An outage of a provider: jobs wait without using up tries, the staff is notified once, it ends by itself."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from orders import payables
from orders.tests.factories import active, make_session
from payments import outages, tasks
from payments.checkout import attempts
from payments.checkout.refusals import PaymentUnavailable
from payments.models import PaymentAttempt, Refund, WebhookEvent
from payments.reconciliation import due_attempts, due_refunds
from payments.refunds import refund_requests, sending
from payments.settlement import settle
from payments.tests.gateways.test_hanging import hear, silence
from payments.tests.world import CHECKOUT_KINDS, GATEWAYS, World
from payments.webhooks import processing
from shop.accounts.tests.staff_clients import boss
from shop.core.models import EmailLog
from shop.core.protection import circuits, guard
from shop.core.protection.circuit import Circuit, Phase

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)


@both
def test_jobs_burn_no_tries_while_the_circuit_is_open(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    record = providers.pay(attempt)
    letters = providers.letters()
    settle.settle(attempt_id=attempt.pk, actor="test")
    # What arrives after the payment was fetched is asked about.
    providers.deliver(letters, work=False)
    payment = attempt.payments.get()
    refund = refund_requests.request(payment, payment.amount, "staff", "test", "test", actor="test")
    waiting = providers.begin(gateway)
    PaymentAttempt.objects.filter(pk=waiting.pk).update(next_check_at=timezone.now())
    asked = len(providers.records(CHECKOUT_KINDS[gateway]))
    silence(gateway)
    for _turn in range(12):
        WebhookEvent.objects.update(next_try_at=timezone.now())
        Refund.objects.update(next_try_at=timezone.now())
        PaymentAttempt.objects.filter(pk=waiting.pk).update(next_check_at=timezone.now())
        event = WebhookEvent.objects.filter(status="received").first()
        assert event is not None
        processing.process(event.pk)
        processing.retry_due()
        sending.send(refund.pk)
        due_refunds.send_due()
        assert due_attempts.check(waiting.pk, actor="test") == "left for later"
        due_attempts.reconcile_due()
    event.refresh_from_db()
    refund.refresh_from_db()
    waiting.refresh_from_db()
    assert (event.status, event.attempts, event.error) == ("received", 0, "")
    assert (refund.status, refund.attempts) == ("requested", 0)
    assert (waiting.status, waiting.checks) == ("redirected", 0)
    assert len(providers.records(CHECKOUT_KINDS[gateway])) == asked
    hear(gateway)
    Refund.objects.update(next_try_at=timezone.now())
    WebhookEvent.objects.update(next_try_at=timezone.now())
    assert processing.retry_due()["processed"] >= 1
    assert sending.send(refund.pk).status in {"succeeded", "pending"}
    assert record is not None


def test_an_attempt_that_was_never_opened_is_ended_though_its_provider_is_silent(providers: World):
    session = make_session()
    attempts.create(payables.of_purchase(session), "stripe", actor="shopper")
    silence("stripe")
    PaymentAttempt.objects.update(
        next_check_at=timezone.now(), created_at=timezone.now() - 5 * attempts.MAY_OPEN
    )
    assert due_attempts.reconcile_due() == {"expired": 1}
    session.refresh_from_db()
    assert (session.status, active(checkout_id=session.pk)) == ("open", 1)


def test_an_outage_is_told_once_and_ends_by_itself(providers: World, settings: Any):
    settings.PAYMENT_BREAKER_FAILURES = 2
    providers.fault("http_500", "stripe", count=None)
    for _turn in range(4):
        with pytest.raises(PaymentUnavailable):
            providers.begin("stripe")
    mail = EmailLog.objects.get(kind="provider_silent")
    assert "Stripe" in mail.subject
    assert mail.to == settings.SHOP_EMAIL
    snapshot = boss().get("/healthz/detalle/")
    assert (snapshot.status_code, snapshot.json()["status"]) == (200, "degraded")
    assert (
        snapshot.json()["provider_calls"]["stripe"],
        snapshot.json()["provider_calls"]["mercadopago"],
    ) == (
        "open",
        "closed",
    )
    assert "Stripe" in boss().get(reverse("admin:index")).content.decode()
    assert tasks.probe_providers()["stripe"] == "open"
    circuits.change("stripe", lambda circuit, now: Circuit(opened_at=now - 60, tried_at=now - 60, pause=1))
    assert tasks.probe_providers()["stripe"] == "open"
    providers.handle.sandbox.faults.clear()
    circuits.change("stripe", lambda circuit, now: Circuit(opened_at=now - 60, tried_at=now - 60, pause=1))
    assert tasks.probe_providers()["stripe"] == "closed"
    assert guard.phase("stripe")[0] == Phase.CLOSED
    assert providers.begin("stripe").status == "redirected"
    assert EmailLog.objects.filter(kind="provider_silent").count() == 1
    assert not outages.health()["is_degraded"]
