"""A provider that hangs: slots, messages, reservations kept, one checkout in the end; other providers and jobs."""

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory.models import Reservation
from orders.models import Order
from orders.tests.factories import active, make_session
from payments import gateways
from payments.checkout.waiting_page import Ticket
from payments.gateways.base import GatewayError, NotAsked, Patience, RawWebhook
from payments.models import PaymentAttempt
from payments.settlement import settle
from payments.tests.settlement.test_races import at_once
from payments.tests.world import BROKEN_LINE, CHECKOUT_KINDS, CREATE, FOR_EVER, GATEWAYS, World, another
from shop.core.protection import bulkhead, circuits, deadline, guard
from shop.core.protection.circuit import Circuit
from shop.core.protection.deadline import seconds_left, sharing, within
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)


@pytest.fixture
def shopper() -> Client:
    return PageClient("en")


def silence(gateway: str) -> None:
    """Let the circuit be open, as if the provider had not been answering for a while."""
    now = circuits.clock()
    circuits.change(gateway, lambda circuit, _now: Circuit(opened_at=now, tried_at=now, pause=600))


def hear(gateway: str) -> None:
    circuits.forget(gateway)


def press(shopper: Client, session: Any, gateway: str) -> Any:
    return shopper.post(reverse("payments:start", args=[session.token]), {"gateway": gateway})


@both
def test_who_presses_pay_is_told_keeps_the_reservation_and_pays_the_same_attempt_later(
    providers: World, shopper: Client, gateway: str
):
    session = make_session()
    providers.fault("timeout_before", gateway, count=1, request=CREATE[gateway], params=FOR_EVER)
    with providers.impatient():
        words = press(shopper, session, gateway).content.decode()
    providers.struck()
    assert "is not answering" in words
    assert "Nothing was charged" in words
    assert "stay reserved for you until" in words
    attempt = PaymentAttempt.objects.get()
    assert (attempt.status, active(checkout_id=session.pk)) == ("created", 1)
    assert providers.records(CHECKOUT_KINDS[gateway]) == []
    again = press(shopper, session, gateway)
    attempt.refresh_from_db()
    assert (again.status_code, again["Location"]) == (303, attempt.redirect_url)
    assert PaymentAttempt.objects.count() == len(providers.records(CHECKOUT_KINDS[gateway])) == 1


@both
def test_after_a_time_out_that_had_its_effect_there_is_one_checkout_still(
    providers: World, shopper: Client, gateway: str
):
    session = make_session()
    providers.fault("timeout_after", gateway, count=1, request=CREATE[gateway], params=FOR_EVER)
    with providers.impatient():
        assert "is not answering" in press(shopper, session, gateway).content.decode()
    providers.struck()
    assert press(shopper, session, gateway).status_code == 303
    assert len(providers.records(CHECKOUT_KINDS[gateway])) == 1


@both
def test_an_open_circuit_asks_nobody_keeps_the_reservation_and_offers_the_other(
    providers: World, shopper: Client, gateway: str
):
    session, other = make_session(), another(gateway)
    silence(gateway)
    words = press(shopper, session, gateway).content.decode()
    assert "is not answering" in words
    assert f'name="gateway" value="{other}"' in words
    assert f'name="gateway" value="{gateway}"' in words
    assert "stay reserved for you until" in words
    session.refresh_from_db()
    assert (session.status, active(cart_id=session.cart_id)) == ("open", 1)
    assert not PaymentAttempt.objects.exists()
    assert press(shopper, session, other).status_code == 303
    assert providers.records(CHECKOUT_KINDS[gateway]) == []


@both
def test_pressing_again_makes_the_reservation_last_but_not_for_ever(
    providers: World, shopper: Client, settings: Any, gateway: str
):
    session = make_session()
    silence(gateway)
    ends = Reservation.objects.filter(cart_id=session.cart_id).update(
        expires_at=timezone.now() + timedelta(minutes=1)
    )
    assert ends == 1
    press(shopper, session, gateway)
    reservation = Reservation.objects.get(cart_id=session.cart_id)
    assert reservation.expires_at > timezone.now() + settings.RESERVATION_TTL / 2
    Reservation.objects.update(first_reserved_at=timezone.now() - settings.RESERVATION_MAX_AGE)
    press(shopper, session, gateway)
    assert Reservation.objects.get(cart_id=session.cart_id).expires_at == reservation.expires_at


def test_an_attempt_that_had_no_answer_says_so_on_its_page(providers: World, shopper: Client):
    session = make_session()
    providers.fault("timeout_before", "stripe", count=1, request=CREATE["stripe"], params=BROKEN_LINE)
    press(shopper, session, "stripe")
    silence("stripe")
    attempt = PaymentAttempt.objects.get()
    status = reverse("payments:status", args=[attempt.token])
    words = shopper.get(status).content.decode()
    assert "is not answering" in words
    assert 'http-equiv="refresh"' not in words
    press(shopper, session, "stripe")
    assert PaymentAttempt.objects.get().openings == 1
    assert press(shopper, session, "mercadopago").status_code == 303
    attempt.refresh_from_db()
    assert attempt.status == "cancelled"


def test_a_silent_provider_is_not_offered_as_the_other(providers: World, shopper: Client):
    session = make_session()
    silence("stripe")
    silence("mercadopago")
    words = press(shopper, session, "stripe").content.decode()
    assert 'name="gateway" value="stripe"' in words
    assert 'name="gateway" value="mercadopago"' not in words


def test_an_old_payment_that_cannot_be_closed_is_told_as_it_is(providers: World, shopper: Client):
    session = make_session()
    old = providers.begin("stripe", session)
    silence("stripe")
    words = press(shopper, session, "mercadopago").content.decode()
    assert "we cannot close that payment" in words
    assert old.redirect_url.replace("&", "&amp;") in words
    assert 'name="gateway" value="mercadopago"' in words
    assert PaymentAttempt.objects.count() == 1


def test_a_ticket_is_good_for_its_purchase_only(providers: World, shopper: Client):
    session, other = make_session(), make_session()
    ticket = Ticket(session.token, "stripe", 1.0).signed()
    onward, wrong = (
        f"{reverse('payments:start', args=[one.token])}?ticket={ticket}" for one in (session, other)
    )
    for address in (wrong, onward + "x", onward.partition("?")[0]):
        assert shopper.get(address).status_code == 405
    gone = shopper.get(onward)
    assert (gone.status_code, gone["Location"]) == (303, PaymentAttempt.objects.get().redirect_url)


def test_the_rooms_of_one_leave_some_for_the_others(settings: Any):
    settings.PAYMENT_CALLS_PER_PROVIDER, settings.PAYMENT_CALLS_IN_ALL = 2, 3
    inside, leave = threading.Barrier(4), threading.Event()
    refused: list[str] = []

    def reservation(code: str) -> None:
        with bulkhead.slot(code), bulkhead.slot(code):
            inside.wait(60)
            leave.wait(60)

    def ask() -> None:
        inside.wait(60)
        for code in ("a", "b", "c"):
            try:
                with bulkhead.slot(code):
                    refused.append("")
            except NotAsked as error:
                refused.append(error.code)
        leave.set()

    results = at_once(lambda: reservation("a"), lambda: reservation("a"), lambda: reservation("b"), ask)
    assert results == [None] * 4
    assert refused == ["busy", "busy", "busy"]
    assert bulkhead.taken() == {}
    with bulkhead.slot("a"):
        assert bulkhead.taken() == {"a": 1}


@both
def test_the_return_page_does_not_wait_longer_than_its_clock(
    providers: World, shopper: Client, settings: Any, gateway: str
):
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    providers.fault("timeout_before", gateway, count=None, params=FOR_EVER)
    with providers.impatient():
        words = shopper.get(reverse("payments:return", args=[attempt.token])).content.decode()
    assert "Confirming your payment" in words
    silence(gateway)
    words = shopper.get(reverse("payments:return", args=[attempt.token])).content.decode()
    assert "Confirming your payment" in words
    hear(gateway)
    providers.handle.sandbox.faults.clear()
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert Order.objects.count() == 1


def test_many_requests_of_one_call_share_one_clock(monkeypatch: pytest.MonkeyPatch):
    now = [1000.0]
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with within(10):
        now[0] += 1
        assert seconds_left(20) == 9
        assert seconds_left(1) == 1
        with within(0), pytest.raises(GatewayError) as caught:
            seconds_left(20)
        with within(100):
            assert seconds_left(20) == 9
    with sharing(5):
        with within(10):
            assert seconds_left(20) == 5
            now[0] += 3
            assert seconds_left(20) == 2
        now[0] += 7  # Our own work in between is free.
        with within(10):
            assert seconds_left(20) == 2
            now[0] += 5
        # Though the time budget is empty, each call gets a second.
        with within(10):
            assert seconds_left(20) == 1
    assert (caught.value.code, caught.value.maybe_done) == ("timeout", True)
    assert seconds_left(20) == 20


@both
def test_the_sdks_keep_to_the_clock(providers: World, gateway: str):
    """Nothing is sent when the time is over: the sandbox would have recorded the call."""
    attempt = providers.begin(gateway)
    asked = gateways.get(gateway, Patience(timeout=1.0, retries=0, total=0.0))
    with pytest.raises(GatewayError) as caught:
        asked.fetch("", reference=attempt.reference, checkout_id=attempt.external_id)
    assert caught.value.code == "timeout"


def test_every_method_of_a_gateway_is_guarded_but_the_one_that_asks_nobody():
    class Shape:
        code, label = "shape", "Shape"

        def one_day(self, *, number: int) -> int:
            return number

        def pages(self) -> Any:
            yield 1
            yield 2

        def parse_webhook(self, raw: RawWebhook) -> str:
            return "parsed"

    shape: Any = guard.Guarded(Shape(), Patience(1.0, 0))
    try:
        assert (shape.label, shape.one_day(number=3), list(shape.pages())) == ("Shape", 3, [1, 2])
        half_read = shape.pages()
        assert next(half_read) == 1
        silence("shape")
        for refused in (
            lambda: shape.one_day(number=3),
            lambda: list(shape.pages()),
            lambda: next(half_read),
        ):
            with pytest.raises(NotAsked):
                refused()
        assert shape.parse_webhook(None) == "parsed"
        with pytest.raises(AttributeError):
            shape.nothing_like_it()
    finally:
        hear("shape")
