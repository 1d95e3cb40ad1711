"""Rows 1–4, 7, 9, 10, 16, 18, 19: however notifications arrive, or do not, one payment has its effects once."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from orders.tests.factories import make_session
from payments import gateways, tasks
from payments.checkout import opening
from payments.models import Payment, PaymentAttempt, WebhookEvent
from payments.tests.conftest import an_older_key
from payments.tests.edge_cases.stack import Shop, at_once, effects, roles
from payments.tests.world import FOR_EVER, FORGED, GATEWAYS, Letter, World
from shop.core.models import Counter, Event

every = pytest.mark.parametrize("gateway", GATEWAYS)
PAID = (1, 1, 1)


def is_order(page: Any) -> bool:
    """Say whether a page leads to the order."""
    return (
        page.status_code == 302
        and page.url.startswith("/")
        and Order.objects.get().get_absolute_url() in page.url
    )


@every
def test_row_01_webhook_before_the_redirect(shop: Shop, providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    shop.deliver()
    assert effects(session) == PAID
    assert is_order(shop.come_back(attempt))
    assert effects(session) == PAID
    assert set(WebhookEvent.objects.values_list("status", flat=True)) == {"processed"}


@every
def test_row_02_redirect_before_the_webhook(shop: Shop, providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    assert is_order(shop.come_back(attempt))
    assert effects(session) == PAID
    shop.deliver()
    assert effects(session) == PAID


@every
def test_row_02_a_provider_that_is_silent_at_the_return_shows_confirming(
    shop: Shop, providers: World, gateway: str
):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    providers.fault("http_500", gateway, count=None)
    page = shop.come_back(attempt)
    assert page.status_code == 200
    assert effects(session) == (0, 0, 0)
    providers.handle.sandbox.faults.clear()
    shop.deliver()
    # The page's own question finds the order in our rows.
    answer = shop.page(reverse("payments:status_fragment", args=[attempt.token]))
    assert answer["HX-Redirect"] == Order.objects.get().get_absolute_url()
    assert effects(session) == PAID


@every
def test_row_03_the_row_is_committed_before_the_provider_is_called(
    shop: Shop, providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    """A concurrent reader finds the row: seen with another connection, during the call."""
    seen: list[int] = []
    hosted = opening._hosted

    def watched(attempt: PaymentAttempt, *bill: Any) -> Any:
        assert not connection.in_atomic_block
        (count,) = at_once(PaymentAttempt.objects.filter(pk=attempt.pk, status="created").count)
        seen.append(count)
        return hosted(attempt, *bill)

    monkeypatch.setattr(opening, "_hosted", watched)
    assert providers.begin(gateway).status == "redirected"
    assert seen == [1]


@every
def test_row_03_webhook_before_the_provider_number_is_known(
    shop: Shop, providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    """Paid while the shop still waits for the answer to its call: found by our reference, not by their number."""
    session, redirect = make_session(), opening._redirect

    def paid_meanwhile(attempt: PaymentAttempt, hosted: Any, *, actor: str) -> PaymentAttempt:
        there = PaymentAttempt.objects.get(pk=attempt.pk)
        assert (there.status, there.external_id) == ("created", "")
        there.external_id = hosted.external_id  # For the sandbox's shopper only; nothing is saved.
        providers.pay(there)
        shop.deliver()
        return redirect(attempt, hosted, actor=actor)

    monkeypatch.setattr(opening, "_redirect", paid_meanwhile)
    attempt = providers.begin(gateway, session)
    assert attempt.status == "paid"
    assert effects(session) == PAID
    assert roles() == ["order"]


@every
def test_row_03_webhook_before_the_row_is_committed(shop: Shop, providers: World, gateway: str):
    """No attempt of ours has the reference yet: the event is stored and answered 200, waits, and is tried again."""
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()
    assert set(shop.bring()) == {200}
    shop.quiet()
    event = WebhookEvent.objects.earliest("received_at")
    assert (event.status, event.attempts) == ("received", 1)
    assert event.next_try_at is not None
    assert effects(session) == (0, 0, 0)
    attempt.save(force_insert=True)
    shop.keep_at(tasks.retry_webhooks)
    assert effects(session) == PAID
    assert set(WebhookEvent.objects.values_list("status", flat=True)) == {"processed"}


@every
def test_row_04_handler_and_return_page_at_once(shop: Shop, providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    letters = providers.letters()
    knocks = [partial(shop.post, letter) for letter in letters * 3]
    returns = [partial(shop.come_back, attempt) for _turn in range(3)]
    answers = at_once(*knocks, *returns, *[partial(shop.job, tasks.settle_attempt, attempt.pk)] * 2)
    shop.quiet()
    assert set(answers[: len(knocks)]) == {200}
    assert effects(session) == PAID
    assert roles() == ["order"]
    assert {event.deliveries for event in WebhookEvent.objects.all()} == {3}


@every
def test_row_07_a_notification_hours_later_moves_nothing_back(shop: Shop, providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    letters = providers.letters()
    shop.bring(letters)
    shop.quiet()
    order = Order.objects.get()
    snapshot = set(Event.objects.values_list("pk", flat=True))
    long_ago = timezone.now() - timedelta(hours=30)
    WebhookEvent.objects.update(received_at=long_ago, processed_at=long_ago)
    # The same again, and the provider's own repetition, which Mercado Pago signs again.
    name = "mp.notify" if gateway == "mercadopago" else f"{gateway}.notify"
    subject = Payment.objects.get().external_id if gateway == "mercadopago" else attempt.external_id
    providers.do(name, subject)
    shop.bring(letters)
    shop.deliver()
    order.refresh_from_db()
    attempt.refresh_from_db()
    assert (Order.objects.get().pk, attempt.status) == (order.pk, "paid")
    assert effects(session) == PAID
    assert not Event.objects.exclude(pk__in=snapshot).exclude(subject_type="payments.webhookevent").exists()


@every
def test_row_09_payment_of_another_seller_or_mode(shop: Shop, providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.fault("other_account", gateway)
    providers.pay(attempt)
    shop.bring()
    shop.quiet()
    assert effects(session) == (0, 0, 0)
    assert not Payment.objects.exists()


@every
def test_row_10_payment_that_is_not_readable_yet(shop: Shop, providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    letter = providers.letters()[0]
    providers.fault("not_found", gateway)
    assert shop.post(letter) == 200
    shop.quiet()
    event = WebhookEvent.objects.get()
    assert (event.status, event.attempts, effects(session)) == ("failed", 1, (0, 0, 0))
    assert event.next_try_at is not None
    assert event.next_try_at - timezone.now() < timedelta(seconds=60)
    shop.keep_at(tasks.retry_webhooks)
    event.refresh_from_db()
    assert (event.status, effects(session)) == ("processed", PAID)


@every
def test_row_10_and_reconciliation_finds_it_when_the_tries_are_over(
    shop: Shop, providers: World, gateway: str
):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    providers.fault("not_found", gateway)
    shop.post(providers.letters()[0])
    shop.quiet()
    WebhookEvent.objects.update(next_try_at=None)  # Nobody tries it again.
    shop.keep_at(tasks.reconcile)
    assert effects(session) == PAID


@every
def test_row_16_test_webhook_hits_production_and_the_reverse(
    shop: Shop, providers: World, settings: Any, gateway: str
):
    """The other mode's notification is answered and kept, with why nothing is done; other endpoints refuse it."""
    session = make_session()
    attempt = providers.begin(gateway, session)
    payment = providers.pay(attempt)
    letter = providers.letters()[0]
    settings.STRIPE_LIVEMODE = settings.CONEKTA_LIVEMODE = settings.MERCADOPAGO_LIVEMODE = True
    gateways.forget()
    if gateway == "mercadopago":
        # Its sandbox tells every payment as a live one, as the real API does of test users.
        payment.body["live_mode"] = False
        providers.handle.sandbox.store.save(payment)
        letter = replace(letter, body=letter.body.replace(b'"live_mode": true', b'"live_mode": false'))
    for other in set(GATEWAYS) - {gateway}:
        assert shop.post(letter, path=f"/payments/webhook/{other}/") == FORGED[other]
    assert not WebhookEvent.objects.exists()
    assert shop.post(letter) == 200
    shop.quiet()
    event = WebhookEvent.objects.get()
    assert (event.status, event.attempts, event.next_try_at) == ("ignored", 0, None)
    assert "test mode" in event.error
    shop.come_back(attempt)  # And whoever asks the provider hears of no payment of ours.
    assert effects(session) == (0, 0, 0)
    assert not Payment.objects.exists()


@every
def test_row_18_a_flood_while_the_provider_is_slow(shop: Shop, providers: World, gateway: str):
    """Every one of forty is stored and answered though its provider answers nothing meanwhile, and done later.

    (Mercado Pago gives up after 22 s: docs/providers/mercadopago.md#notifications.)
    """
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    letters = (providers.letters() * 40)[:40]
    providers.fault("timeout_before", gateway, count=None, params=FOR_EVER)
    took: list[float] = []

    def request_once(letter: Letter) -> int:
        begun = time.monotonic()
        answer = shop.post(letter)
        took.append(time.monotonic() - begun)
        return answer

    with ThreadPoolExecutor(8) as flood:  # As many as the test's server lets wait for a connection.
        assert set(flood.map(request_once, letters)) == {200}
    assert max(took) < 22
    assert sum(WebhookEvent.objects.values_list("deliveries", flat=True)) == 40
    assert effects(session) == (0, 0, 0)
    providers.handle.sandbox.faults.clear()
    providers.handle.stopping.set()  # The sandbox closes the connections of all that wait there.
    try:
        shop.quiet()
    finally:
        providers.handle.stopping.clear()
    shop.keep_at(tasks.retry_webhooks)
    assert effects(session) == PAID


@every
@pytest.mark.parametrize("order", ["newest first", "oldest first"])
def test_row_19_secret_rotation(shop: Shop, providers: World, settings: Any, gateway: str, order: str):
    """While two secrets are set, both are accepted; when the old one is removed, what it signed is refused."""
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    letters = providers.letters()
    name, other = {
        "mercadopago": ("MERCADOPAGO_WEBHOOK_SECRETS", "another-secret"),
        "stripe": ("STRIPE_WEBHOOK_SECRETS", "whsec_another"),
        "conekta": ("CONEKTA_WEBHOOK_KEYS", an_older_key()),
    }[gateway]
    signing = getattr(settings, name)[-1]
    setattr(settings, name, [other, signing] if order == "oldest first" else [signing, other])
    gateways.forget()
    assert shop.post(letters[0]) == 200
    setattr(settings, name, [other])
    gateways.forget()
    assert shop.post(letters[0]) == FORGED[gateway]
    assert Counter.objects.filter(name=f"webhooks_refused:{gateway}").exists()
    shop.quiet()
    assert effects(session) == PAID
    assert WebhookEvent.objects.get().deliveries == 1


def test_row_19_stripe_signs_with_several_while_it_rolls(shop: Shop, providers: World, settings: Any):
    """Stripe sends one `v1` for each secret that lives; any of them will do."""
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    letter = providers.letters()[0]
    time_part, signature = letter.headers["stripe-signature"].split(",")[:2]
    both = f"{time_part},v1={'0' * 64},{signature}"
    assert shop.post(Letter(letter.path, {**letter.headers, "stripe-signature": both}, letter.body)) == 200
    assert json.loads(letter.body)["id"] == WebhookEvent.objects.get().event_id
