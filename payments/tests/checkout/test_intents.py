"""Payments that an app confirms itself: an intent instead of a hosted page, by the rules of every other payment."""

import pytest
from django.test import Client
from django.urls import reverse

from orders import payables
from orders.models import Order
from orders.tests.factories import make_session
from orders.tests.installments.plans import ask, make_plan, rows_of
from payments.checkout import attempts
from payments.checkout.attempts import NoIntents
from payments.models import PaymentAttempt
from payments.reconciliation import due_attempts
from payments.settlement import settle
from payments.tests.world import World

pytestmark = pytest.mark.django_db
ACTOR = "app"


def confirm(providers: World, attempt: PaymentAttempt, *, declined: bool = False) -> None:
    """Confirm an intent as the provider's SDK in an app does."""
    providers.do("stripe.confirm_declined" if declined else "stripe.confirm", attempt.external_id)


def test_an_instalment_is_paid_by_an_intent(providers: World):
    plan = make_plan()
    bill = ask(plan, 1)
    attempt, secret = attempts.start_intent(payable=bill.payable, gateway="stripe", actor=ACTOR)
    assert secret.startswith(f"{attempt.external_id}_secret_")
    assert attempt.external_id.startswith("pi_")
    assert (attempt.flow, attempt.redirect_url, attempt.amount) == ("intent", "", bill.amount)
    assert secret not in str(PaymentAttempt.objects.values().get(pk=attempt.pk))

    confirm(providers, attempt)
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    payment = attempt.payments.get()
    assert (payment.role, payment.external_id) == ("order", attempt.external_id)
    assert rows_of(plan)[0].open_amount == 0


def test_a_purchase_is_paid_by_an_intent_and_its_notification(providers: World):
    session = make_session()
    attempt, _secret = attempts.start_intent(
        payable=payables.of_purchase(session), gateway="stripe", actor=ACTOR
    )
    confirm(providers, attempt)
    providers.deliver()
    assert Order.objects.get(checkout=session).payments.get().external_id == attempt.external_id


def test_asked_again_it_is_the_same_intent(providers: World):
    payable = payables.of_purchase(make_session())
    first, secret = attempts.start_intent(payable=payable, gateway="stripe", actor=ACTOR)
    assert attempts.start_intent(payable=payable, gateway="stripe", actor=ACTOR) == (first, secret)
    assert PaymentAttempt.objects.count() == 1


def test_page_and_app_close_one_another(providers: World):
    payable = payables.of_purchase(make_session())
    page = attempts.start(payable=payable, gateway="stripe", actor=ACTOR)
    intent, _secret = attempts.start_intent(payable=payable, gateway="stripe", actor=ACTOR)
    again = attempts.start(payable=payable, gateway="stripe", actor=ACTOR)
    for attempt in (page, intent):
        attempt.refresh_from_db()
    assert [one.status for one in (page, intent, again)] == ["cancelled", "cancelled", "redirected"]


def test_an_intent_that_was_paid_is_settled_before_another_page_is_opened(providers: World):
    payable = payables.of_purchase(make_session())
    intent, _secret = attempts.start_intent(payable=payable, gateway="stripe", actor=ACTOR)
    confirm(providers, intent)
    assert attempts.start(payable=payable, gateway="stripe", actor=ACTOR) == intent
    assert Order.objects.count() == 1


def test_a_declined_card_may_be_tried_again(providers: World):
    payable = payables.of_purchase(make_session())
    intent, secret = attempts.start_intent(payable=payable, gateway="stripe", actor=ACTOR)
    confirm(providers, intent, declined=True)
    settle.settle(attempt_id=intent.pk, actor=ACTOR)
    assert attempts.start_intent(payable=payable, gateway="stripe", actor=ACTOR) == (intent, secret)
    confirm(providers, intent)
    settle.settle(attempt_id=intent.pk, actor=ACTOR)
    assert Order.objects.count() == 1


def test_an_intent_whose_time_is_over_is_cancelled(providers: World):
    payable = payables.of_purchase(make_session())
    intent, _secret = attempts.start_intent(payable=payable, gateway="stripe", actor=ACTOR)
    PaymentAttempt.objects.update(expires_at="2026-01-01T00:00:00Z", next_check_at="2026-01-01T00:00:00Z")
    due_attempts.reconcile_due()
    intent.refresh_from_db()
    assert intent.status == "expired"


def test_a_provider_without_intents_says_so(providers: World):
    with pytest.raises(NoIntents):
        attempts.start_intent(
            payable=payables.of_purchase(make_session()), gateway="mercadopago", actor=ACTOR
        )


def test_the_page_of_an_attempt_in_an_app_leads_to_no_empty_address(providers: World):
    payable = payables.of_purchase(make_session())
    intent, _secret = attempts.start_intent(payable=payable, gateway="stripe", actor=ACTOR)
    answer = Client().get(reverse("payments:status", args=[intent.token]))
    assert answer.status_code == 200
    assert 'href=""' not in answer.text
