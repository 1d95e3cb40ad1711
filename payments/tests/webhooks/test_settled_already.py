"""A notification whose payment was fetched since it arrived asks the provider nothing; every other one does."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from orders.models import Order
from payments import gateways
from payments.gateways.mercadopago.gateway import MercadoPago
from payments.models import Payment, PaymentAttempt, WebhookEvent
from payments.settlement import settle
from payments.tests.world import World
from payments.webhooks import processing
from shop.sandbox.store import Record

pytestmark = pytest.mark.django_db


def paid(providers: World) -> tuple[PaymentAttempt, Record]:
    attempt = providers.begin("mercadopago")
    return attempt, providers.pay(attempt)


def came_back(attempt: PaymentAttempt) -> None:
    assert settle.settle(attempt_id=attempt.pk, actor="shopper").order is not None


def processed() -> WebhookEvent:
    event = processing.process(WebhookEvent.objects.get().pk)
    assert event.status == WebhookEvent.Status.PROCESSED, event.error
    return event


@contextmanager
def asked() -> Iterator[list[str]]:
    """Yield what the provider is asked about meanwhile."""
    subjects: list[str] = []
    fetch = MercadoPago.fetch

    def watched(self: MercadoPago, subject: str, **options: str) -> object:
        subjects.append(subject)
        return fetch(self, subject, **options)

    with mock.patch.object(MercadoPago, "fetch", watched):
        yield subjects


def test_a_shopper_who_came_back_first_has_settled_it(providers: World) -> None:
    attempt, _payment = paid(providers)
    providers.deliver(work=False)
    came_back(attempt)
    with mock.patch.object(gateways, "get", side_effect=AssertionError):
        event = processed()
    event.refresh_from_db()
    assert event.trail == attempt.trail
    assert Order.objects.count() == 1


def test_what_arrives_after_the_payment_was_fetched_is_asked_about(providers: World) -> None:
    attempt, payment = paid(providers)
    came_back(attempt)
    providers.deliver(work=False)
    with asked() as subjects:
        processed()
    assert subjects == [payment.id]


def test_a_payment_that_goes_back_is_asked_about(providers: World) -> None:
    attempt, payment = paid(providers)
    providers.deliver(work=False)
    came_back(attempt)
    providers.refund_in_panel(attempt, payment, "10")
    came_back(attempt)
    with asked() as subjects:
        processed()
    assert subjects == [payment.id]
    assert Payment.objects.get().refunded_amount == 10


def test_staff_who_put_it_back_want_it_asked_about(providers: World) -> None:
    attempt, payment = paid(providers)
    providers.deliver(work=False)
    came_back(attempt)
    assert processing.replay(processed(), actor="staff")
    with asked() as subjects:
        processed()
    assert subjects == [payment.id]
