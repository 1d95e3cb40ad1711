"""Events of payments that other products make on the same account: answered, looked up, left; no dead letters."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.utils import timezone

from payments.models import Payment, WebhookEvent
from payments.tests.unmatched.test_unmatched import elsewhere
from payments.tests.world import GATEWAYS, World, post
from payments.webhooks import processing

pytestmark = pytest.mark.django_db


def worked_through(providers: World) -> None:
    """Bring every notification, and let the job come by as often as it tries."""
    for letter in providers.letters():
        assert post(letter).status_code == 200
    for _turn in range(5):
        WebhookEvent.objects.exclude(next_try_at=None).update(
            next_try_at=timezone.now() - timedelta(seconds=1)
        )
        processing.retry_due()


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_another_products_payment_is_left_after_a_while(providers: World, gateway: str) -> None:
    elsewhere(providers, gateway)
    worked_through(providers)
    assert not WebhookEvent.objects.exclude(status="ignored").exists()
    assert WebhookEvent.objects.exists()
    assert not Payment.objects.exists()


def test_a_payment_of_stripes_without_any_session_is_left_too(providers: World, settings: Any) -> None:
    """Made by a payment link, an invoice or in the panel: no checkout of anybody's leads to it."""
    client = stripe.StripeClient("sk_test_percha", base_addresses={"api": settings.STRIPE_API_BASE})
    made = client.v1.payment_intents.create({"amount": 5000, "currency": "ars"})
    providers.do("stripe.confirm", made.id)
    worked_through(providers)
    assert set(WebhookEvent.objects.values_list("status", flat=True)) == {"ignored"}
