"""Starting to pay: one live checkout at a time, re-used, replaced only once the old one is closed; crash-safe."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from orders import payables
from orders.checkout import sessions
from orders.checkout.issues import NotReady
from orders.models import CheckoutSession, Order
from orders.tests.factories import active, make_session
from payments import gateways, provider_requests
from payments.checkout import attempts, opening
from payments.checkout.refusals import PaymentUnavailable
from payments.gateways.base import CheckoutState, GatewayError, HostedCheckout
from payments.models import PaymentAttempt
from payments.tests.world import BROKEN_LINE, CREATE, GATEWAYS, World, another
from payments.tests.world import CHECKOUT_KINDS as KINDS

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)


@both
def test_the_second_click_gets_the_same_address(providers: World, gateway: str):
    session = make_session()
    first, second = providers.begin(gateway, session), providers.begin(gateway, session)
    assert first.pk == second.pk
    assert first.redirect_url == second.redirect_url
    assert first.redirect_url.startswith(providers.handle.base_url)
    assert len(providers.records(KINDS[gateway])) == 1


@both
def test_what_is_offered_is_the_frozen_purchase(providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    session.refresh_from_db()
    assert session.status == "awaiting_payment"
    assert session.expires_at > attempt.expires_at
    assert (attempt.amount, attempt.currency) == (session.total, session.currency)
    body = providers.records(KINDS[gateway])[0].body
    if gateway == "mercadopago":
        assert body["external_reference"] == attempt.reference
        assert len(body["statement_descriptor"]) <= 13
        assert body["shipments"]["cost"] == float(session.shipping_total)
    elif gateway == "conekta":
        assert body["metadata"] == {"attempt": attempt.reference}
        assert body["amount"] == int(session.total * 100)
    else:
        assert body["client_reference_id"] == attempt.reference
        assert body["amount_total"] == int(session.total * 100)
        assert body["adaptive_pricing"] == {"enabled": False}


@both
def test_another_provider_first_ends_the_old_checkout(providers: World, gateway: str):
    other = another(gateway)
    session = make_session()
    old = providers.begin(gateway, session)
    new = providers.begin(other, session)
    old.refresh_from_db()
    assert (old.status, new.status, new.gateway) == ("cancelled", "redirected", other)
    assert old.closed_at is not None
    snapshot = gateways.get(gateway).fetch("", reference=old.reference, checkout_id=old.external_id)
    assert snapshot.state == "expired"
    assert active(checkout_id=session.pk) == 1


@both
def test_an_old_checkout_that_is_already_complete_is_settled_instead(providers: World, gateway: str):
    other = another(gateway)
    session = make_session()
    old = providers.begin(gateway, session)
    providers.pay(old)
    again = providers.begin(other, session)
    assert again.pk == old.pk
    assert again.status == "paid"
    assert Order.objects.get(checkout=session).transaction_id.startswith(f"{gateway}:")
    assert PaymentAttempt.objects.count() == 1


@both
def test_a_changed_purchase_is_not_paid_with_the_old_offer(providers: World, gateway: str):
    session = make_session()
    old = providers.begin(gateway, session)
    PaymentAttempt.objects.filter(pk=old.pk).update(fingerprint="of something else")
    new = providers.begin(gateway, session)
    old.refresh_from_db()
    assert (old.status, new.status) == ("cancelled", "redirected")
    assert new.fingerprint == provider_requests.fingerprint(payables.bill_of(session))


@both
def test_a_refusal_ends_the_attempt_and_keeps_the_purchase(providers: World, gateway: str):
    session = make_session()
    providers.fault("http_500", gateway, request=CREATE[gateway])
    with pytest.raises(PaymentUnavailable):
        providers.begin(gateway, session)
    failed = PaymentAttempt.objects.get()
    session.refresh_from_db()
    assert (failed.status, session.status) == ("failed", "open")
    assert "500" in failed.last_error
    assert active(checkout_id=session.pk) == 1
    again = providers.begin(gateway, session)
    assert again.pk != failed.pk
    assert again.status == "redirected"


@both
def test_after_a_time_out_the_second_try_finds_what_the_first_one_left(providers: World, gateway: str):
    session = make_session()
    providers.fault("timeout_after", gateway, request=CREATE[gateway], params=BROKEN_LINE)
    with pytest.raises(PaymentUnavailable):
        providers.begin(gateway, session)
    waiting = PaymentAttempt.objects.get()
    assert waiting.status == "created"
    again = providers.begin(gateway, session)
    assert (again.pk, again.status) == (waiting.pk, "redirected")
    assert len(providers.records(KINDS[gateway])) == 1
    assert providers.records(KINDS[gateway])[0].id == again.external_id


@both
def test_a_provider_that_is_down_keeps_the_attempt_and_the_reservations(
    providers: World, settings, gateway: str
):
    nowhere = "http://127.0.0.1:9"
    settings.MERCADOPAGO_API_BASE = settings.STRIPE_API_BASE = settings.CONEKTA_API_BASE = nowhere
    gateways.forget()
    session = make_session()
    with pytest.raises(PaymentUnavailable):
        providers.begin(gateway, session)
    attempt = PaymentAttempt.objects.get()
    assert attempt.status == "created"
    assert attempt.last_error
    assert active(checkout_id=session.pk) == 1
    # The shopper may choose the other provider: nobody was given the address of the first.
    settings.MERCADOPAGO_API_BASE = f"{providers.handle.base_url}/mp"
    settings.STRIPE_API_BASE = f"{providers.handle.base_url}/stripe"
    gateways.forget()
    other = another(gateway)
    assert providers.begin(other, session).status == "redirected"
    attempt.refresh_from_db()
    assert attempt.status == "cancelled"


@both
def test_a_crash_between_the_row_and_the_call_is_repaired_by_the_next_click(providers: World, gateway: str):
    session = make_session()
    crashed = attempts.create(payables.of_purchase(session), gateway, actor="shopper")
    assert providers.begin(gateway, session).pk == crashed.pk
    old = attempts.create(payables.of_purchase(make_session()), gateway, actor="shopper")
    PaymentAttempt.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    new = providers.begin(gateway, old.purchase)
    old.refresh_from_db()
    assert (old.status, new.status) == ("cancelled", "redirected")


@both
def test_when_the_old_one_cannot_be_ended_no_new_one_begins(providers: World, gateway: str):
    other = another(gateway)
    session = make_session()
    old = providers.begin(gateway, session)
    providers.fault("http_500", gateway, count=None)
    with pytest.raises(PaymentUnavailable) as caught:
        providers.begin(other, session)
    assert caught.value.gateway == gateway
    old.refresh_from_db()
    assert old.status == "redirected"
    assert PaymentAttempt.objects.count() == 1


def test_a_voucher_of_the_old_one_is_cancelled_before_the_new_one(providers: World):
    session = make_session()
    old = providers.begin("mercadopago", session)
    voucher = providers.pay(old, "voucher")
    new = providers.begin("stripe", session)
    old.refresh_from_db()
    assert (old.status, new.status) == ("cancelled", "redirected")
    assert providers.handle.sandbox.store.get("mp_payment", voucher.id).status == "cancelled"


def test_the_shopper_may_cancel_and_change(providers: World):
    session = make_session()
    attempt = providers.begin("stripe", session)
    ended = attempts.cancel(payable=payables.of_purchase(session), actor="shopper")
    assert ended is not None
    assert (ended.pk, ended.status) == (attempt.pk, "cancelled")
    session.refresh_from_db()
    assert session.status == "open"
    assert attempts.cancel(payable=payables.of_purchase(session), actor="shopper") is None


def test_a_purchase_that_is_not_ready_is_not_paid(providers: World):
    session = make_session()
    CheckoutSession.objects.filter(pk=session.pk).update(accepted_terms_at=None)
    with pytest.raises(NotReady):
        providers.begin("stripe", session)
    assert not PaymentAttempt.objects.exists()


def test_an_ended_purchase_is_not_paid(providers: World):
    session = make_session()
    sessions.cancel(session, "shopper")
    with pytest.raises(NotReady):
        providers.begin("stripe", session)


def test_an_unknown_provider_is_refused():
    with pytest.raises(gateways.UnknownGateway):
        attempts.start(payable=payables.of_purchase(make_session()), gateway="paypal", actor="shopper")


def test_each_purchase_is_paid_by_an_attempt_of_its_own(providers: World):
    first, second = make_session(), make_session()
    assert providers.begin("stripe", second).purchase_id == second.pk
    assert providers.begin("stripe", first).purchase_id == first.pk


@pytest.mark.parametrize(
    ("life", "left", "is_worth_it"),
    [(35, 10, True), (35, 2.1, True), (35, 1.9, False), (35, 0.1, False), (1, 0.9, True)],
)
def test_a_checkout_with_too_little_time_left_is_not_offered_again(life: int, left: float, is_worth_it: bool):
    """Minutes. The very short clocks of a demo shorten this limit, or every click would begin again."""
    session, now = make_session(), timezone.now()
    attempt = PaymentAttempt(
        purchase=session,
        gateway="stripe",
        status="redirected",
        fingerprint=provider_requests.fingerprint(payables.bill_of(session)),
        created_at=now - timedelta(minutes=life - left),
        expires_at=now + timedelta(minutes=left),
    )
    assert attempts._fits(attempt, payables.bill_of(session), "stripe", "hosted") is is_worth_it
    assert not attempts._fits(attempt, payables.bill_of(session), "mercadopago", "hosted")


@pytest.mark.parametrize(
    ("openings", "state", "url", "is_found"),
    [
        (2, "open", "https://there", True),
        (2, "open", "", False),
        (2, "expired", "https://there", False),
        (2, "complete", "https://there", False),
        (1, "open", "https://there", False),
    ],
)
def test_only_an_open_checkout_of_a_former_try_is_used(
    monkeypatch: pytest.MonkeyPatch, openings: int, state: str, url: str, is_found: bool
):
    since = timezone.now()
    found = SimpleNamespace(external_id="found", state=CheckoutState(state), redirect_url=url)
    gateway = SimpleNamespace(
        find=lambda _reference, since: found,
        create_checkout=lambda _request: HostedCheckout("new", "https://new", since),
    )
    monkeypatch.setattr(gateways, "get", lambda *_arguments: gateway)
    monkeypatch.setattr(provider_requests, "request_for", lambda *_arguments: None)
    attempt = PaymentAttempt(gateway="stripe", openings=openings, created_at=since, expires_at=since)
    assert opening._hosted(attempt).external_id == ("found" if is_found else "new")


def test_a_checkout_that_cannot_be_ended_because_the_provider_is_silent_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def silent(*_arguments: Any, **_options: Any) -> None:
        raise GatewayError("no answer", permanent=False)

    monkeypatch.setattr(gateways, "get", lambda *_arguments: SimpleNamespace(close_checkout=silent))
    opening._end_quietly("stripe", "cs_1", "reference")
    assert "cs_1 could not be closed" in caplog.text
