"""How often paying asks the database: the press of Pay, the notification, the order that is placed."""

import pytest

from orders import payables
from orders.models import Order
from orders.tests.factories import ACTOR, make_session
from payments.checkout import attempts
from payments.models import PaymentAttempt, WebhookEvent
from payments.tests.world import World
from payments.webhooks import processing
from shop.core import states
from tests.support.round_trips import counted

pytestmark = pytest.mark.django_db


def test_a_press_of_pay_keeps_its_budget(providers: World):
    for _turn in range(2):  # The first time statements are prepared.
        session = make_session()
        with counted() as sent:
            payable = payables.KINDS["checkout"].by_token(session.token)
            assert payable
            attempt = attempts.start(payable=payable, gateway="mercadopago", actor=ACTOR)
    assert attempt.status == "redirected"
    assert len(sent) <= 18, "\n".join(sent)


def test_an_attempt_that_was_just_opened_is_as_it_is_read(providers: World):
    attempt = providers.begin("mercadopago")
    found = PaymentAttempt.objects.get(pk=attempt.pk)
    for name in (
        "status",
        "openings",
        "opening_until",
        "offer",
        "external_id",
        "last_error",
        "next_check_at",
    ):
        assert getattr(found, name) == getattr(attempt, name), name
    assert found.openings == 1


def test_a_notification_that_places_an_order_keeps_its_budget(providers: World):
    for turn in range(2):
        attempt = providers.begin("mercadopago")
        payment = providers.pay(attempt)
        event = WebhookEvent.objects.create(
            provider="mercadopago", event_id=str(turn), topic="payment", subject=payment.id
        )
        with counted() as sent:
            assert processing.process(event.pk).status == "processed"
    assert Order.objects.count() == 2
    assert len(sent) <= 23, "\n".join(sent)


def test_who_takes_the_types_made_of_one_event_is_asked_once(providers: World):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt)
    providers.deliver()
    order = Order.objects.get()
    with counted() as sent:
        states.record(order, "placed", actor=ACTOR)
    asked = [text for text in sent if "order.placed" in text or "order.paid" in text]
    assert len(asked) == 1, "\n".join(sent)
