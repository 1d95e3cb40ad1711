"""Unmatched payments: shown, notified once, decided by people, and closed when their own row arrives."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import gateways
from payments.models import Payment, PaymentAttempt, StrayPayment
from payments.reconciliation import provider_list
from payments.settlement import settle
from payments.tests.reconciliation.test_provider_list import each, everything
from payments.tests.world import World
from payments.unmatched import unmatched_payments
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db


def elsewhere(providers: World, gateway: str) -> str:
    """Pay something at the provider whose row is then gone: another shop on the same account. Return its number."""
    attempt = providers.begin(gateway)
    record = providers.pay(attempt)
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()
    return record.id


@each
def test_a_payment_that_nobody_here_knows_is_shown_and_told_once(providers: World, gateway: str):
    elsewhere(providers, gateway)

    assert provider_list.read_list(gateway)["new strays"] == 1
    unmatched_payment = StrayPayment.objects.get()
    assert (unmatched_payment.gateway, unmatched_payment.status, unmatched_payment.decision) == (
        gateway,
        "approved",
        "open",
    )
    assert unmatched_payment.amount > 0
    assert len(unmatched_payment.reference) == 32
    mail = EmailLog.objects.get(kind="payment_stray")
    assert unmatched_payment.external_id in mail.subject
    assert str(unmatched_payment.pk) in mail.text

    before = everything()
    assert provider_list.read_list(gateway, is_wanted=True)["strays"] == 1
    assert everything() == before


@each
def test_another_accounts_payment_is_none_of_our_business(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    providers.fault("other_account", gateway)
    providers.pay(attempt)

    counts = provider_list.read_list(gateway)

    assert counts["another account's"] == 1
    assert not StrayPayment.objects.exists()
    assert not Payment.objects.exists()


def test_declined_cards_of_another_shop_are_no_news(providers: World):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt, "rejected")
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()

    assert provider_list.read_list("mercadopago")["listed"] == 1
    assert not StrayPayment.objects.exists()


def test_an_unmatched_payment_that_was_refunded_since_says_so_and_a_pending_one_is_told_when_it_is_paid(
    providers: World,
):
    attempt = providers.begin("mercadopago")
    record = providers.pay(attempt, "voucher")
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()
    provider_list.read_list("mercadopago")
    assert StrayPayment.objects.get().status == "pending"
    assert not EmailLog.objects.filter(kind="payment_stray").exists()

    providers.do("mp.approve", record.id)
    provider_list.read_list("mercadopago", is_wanted=True)
    assert EmailLog.objects.filter(kind="payment_stray").count() == 1

    providers.do("mp.refund", record.id)
    provider_list.read_list("mercadopago", is_wanted=True)
    unmatched_payment = StrayPayment.objects.get()
    assert (unmatched_payment.status, unmatched_payment.has_money) == ("refunded", False)
    assert EmailLog.objects.filter(kind="payment_stray").count() == 1


@each
def test_an_unmatched_payment_closes_itself_when_its_row_arrives(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    listed = gateways.get(gateway).list_payments(
        since=timezone.now() - timedelta(hours=1), until=timezone.now() + timedelta(minutes=1)
    )
    unmatched_payments.note(gateway, listed.payments, actor="test")
    assert StrayPayment.objects.get().decision == "open"

    settle.settle(attempt_id=attempt.pk, actor="test")

    unmatched_payment = StrayPayment.objects.get()
    assert (unmatched_payment.decision, unmatched_payment.decided_by) == ("known", "test")
