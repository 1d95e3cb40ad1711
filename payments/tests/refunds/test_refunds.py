"""Refunds: the row first, one key for every try, never too much, and every end notified."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.models import Payment, PaymentAttempt, Refund
from payments.reconciliation import due_refunds
from payments.refunds import refund_requests, sending
from payments.settlement import settle
from payments.tests.world import BROKEN_LINE, GATEWAYS, REFUND_KINDS, World
from shop.core.models import EmailLog, Event

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)
STAFF = "staff:a@example.com"


def paid(providers: World, gateway: str) -> Payment:
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    return Payment.objects.get(attempt=attempt)


def ask(payment: Payment, amount: str | Decimal, key: str = "k1") -> Refund:
    return refund_requests.request(payment, Decimal(amount), Refund.Origin.STAFF, "because", key, actor=STAFF)


def due() -> None:
    Refund.objects.update(next_try_at=timezone.now())


@both
def test_parts_and_the_rest(providers: World, gateway: str):
    payment = paid(providers, gateway)
    first = sending.send(ask(payment, "1000.50").pk)
    assert (first.status, first.external_id != "") == ("succeeded", True)
    rest = sending.send(ask(payment, refund_requests.refundable(payment), "k2").pk)
    assert rest.status == "succeeded"
    assert refund_requests.refundable(payment) == 0
    settle.settle(attempt_id=payment.attempt_id, actor="test")
    payment.refresh_from_db()
    assert (payment.status, payment.refunded_amount) == ("refunded", payment.amount)
    assert payment.refunds.count() == 2
    assert not EmailLog.objects.filter(kind__contains="returned").exists()


@both
def test_never_more_than_was_paid(providers: World, gateway: str):
    payment = paid(providers, gateway)
    ask(payment, payment.amount - 1)
    for wanted in ("1.01", "0", "-5"):
        with pytest.raises(refund_requests.OverRefund) as caught:
            ask(payment, wanted, f"k{wanted}")
        assert caught.value.remaining == 1
    with pytest.raises(IntegrityError, match="would exceed the payment"), transaction.atomic():
        Refund.objects.create(payment=payment, amount=2, currency="ARS", dedupe_key="by hand")


def test_the_same_request_is_one_refund(providers: World):
    payment = paid(providers, "stripe")
    assert ask(payment, "10").pk == ask(payment, "10").pk
    assert Refund.objects.count() == 1


def test_money_that_never_came_cannot_go_back(providers: World):
    attempt = providers.begin("stripe")
    providers.pay(attempt, "rejected")
    settle.settle(attempt_id=attempt.pk, actor="test")
    with pytest.raises(refund_requests.NoMoney):
        ask(Payment.objects.get(), "1")


@both
@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_a_time_out_is_repeated_with_the_same_key_and_refunds_once(
    providers: World, gateway: str, fault: str
):
    payment = paid(providers, gateway)
    refund = ask(payment, "500")
    # Stripe's SDK repeats a POST with the same key by itself.
    tries = 3 if gateway == "stripe" else 1
    providers.fault(fault, gateway, request="refunds", params=BROKEN_LINE, count=tries)
    refund = sending.send(refund.pk)
    assert (refund.status, refund.attempts, refund.key_try) == ("requested", 1, 0)
    assert refund.last_error
    providers.handle.sandbox.faults.clear()
    due()
    refund = sending.send(refund.pk)
    assert (refund.status, refund.key_try) == ("succeeded", 0)
    there = providers.records(REFUND_KINDS[gateway])
    assert [record.id for record in there] == [refund.external_id]


@both
def test_a_crash_after_the_call_is_found_again(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    payment = paid(providers, gateway)
    refund = ask(payment, "500")
    with monkeypatch.context() as patch:
        patch.setattr(
            sending, "_note_answer", lambda *_arguments, **_options: (_ for _ in ()).throw(SystemExit)
        )
        with pytest.raises(SystemExit):
            sending.send(refund.pk)
    refund.refresh_from_db()
    assert (refund.status, refund.external_id) == ("requested", "")
    due()
    refund = sending.send(refund.pk)
    assert refund.status == "succeeded"
    assert len(providers.records(REFUND_KINDS[gateway])) == 1


@both
@pytest.mark.parametrize("has_effect", [False, True])
def test_a_failure_of_the_provider_is_read_before_it_is_repeated(
    providers: World, gateway: str, has_effect: bool
):
    payment = paid(providers, gateway)
    refund = ask(payment, "500")
    post = "POST /stripe/v1/refunds" if gateway == "stripe" else "refunds"
    providers.fault(
        "http_500",
        gateway,
        request=post,
        params={"effect": has_effect},
        count=3 if gateway == "stripe" else 1,
    )
    sending.send(refund.pk)
    providers.handle.sandbox.faults.clear()
    due()
    refund = sending.send(refund.pk)
    due()
    refund = sending.send(refund.pk)
    assert refund.status == "succeeded"
    assert len(providers.records(REFUND_KINDS[gateway])) == 1


@both
def test_a_refund_on_its_way_is_followed_to_its_end(providers: World, gateway: str):
    payment = paid(providers, gateway)
    providers.fault("refund_in_process", gateway)
    refund = sending.send(ask(payment, "500").pk)
    assert refund.status == "pending"
    providers.settle_refund(gateway, refund.external_id)
    due()
    assert due_refunds.send_due() == {"sent": 0, "waiting": 0, "looked": 1}
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert refund.succeeded_at is not None


def test_a_refund_that_fails_days_later_is_synced_and_told(providers: World):
    payment = paid(providers, "stripe")
    refund = sending.send(ask(payment, payment.amount).pk)
    assert refund.status == "succeeded"
    providers.do("stripe.refund_fail", refund.external_id)
    providers.deliver()
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.refunded_amount, payment.status) == ("failed", 0, "approved")
    assert Event.objects.filter(kind="attention.refund-failed").count() == 1
    assert refund_requests.retry(refund, actor=STAFF)
    again = sending.send(refund.pk)
    assert (again.status, again.key_try) == ("succeeded", 1)


def test_a_refused_refund_is_told(providers: World):
    payment = paid(providers, "mercadopago")
    providers.fault("refund_failed", "mercadopago")
    refund = sending.send(ask(payment, "500").pk)
    assert refund.status == "failed"
    assert refund_requests.refundable(payment) == payment.amount
    assert EmailLog.objects.filter(kind="payment_attention").count() == 1


def test_a_voucher_goes_back_by_hand(providers: World, settings):
    settings.SHOP_CURRENCY = "MXN"
    attempt = providers.begin("stripe")
    voucher = providers.pay(attempt, "voucher")
    providers.pay_voucher(attempt, voucher)
    settle.settle(attempt_id=attempt.pk, actor="test")
    refund = sending.send(ask(Payment.objects.get(), "500").pk)
    assert refund.status == "manual"
    assert "oxxo" in refund.last_error
    assert Event.objects.filter(kind="attention.refund-manual").count() == 1
    assert refund_requests.settle_by_hand(refund, actor=STAFF, note="transfer 1234")
    refund.refresh_from_db()
    assert refund.status == "succeeded"


def test_one_made_in_the_panel_takes_the_place_of_one_never_sent(providers: World):
    payment = paid(providers, "mercadopago")
    ours = ask(payment, payment.amount)
    providers.do("mp.refund", payment.external_id)
    settle.settle(attempt_id=payment.attempt_id, actor="test")
    ours.refresh_from_db()
    assert ours.status == "failed"
    panel = Refund.objects.get(origin="provider")
    assert (panel.status, panel.amount) == ("succeeded", payment.amount)
    assert PaymentAttempt.objects.get().status == "paid"


@both
def test_due_refunds_are_sent_by_the_job(providers: World, gateway: str):
    payment = paid(providers, gateway)
    ask(payment, "5")
    ask(payment, "5", "k2")
    assert due_refunds.send_due() == {"sent": 2, "waiting": 0, "looked": 0}
    assert len(providers.records(REFUND_KINDS[gateway])) == 2
    settle.settle(attempt_id=payment.attempt_id, actor="test")
    assert {refund.status for refund in Refund.objects.all()} == {"succeeded"}
    assert Refund.objects.count() == 2
