"""After a restore: numbers are not given out twice, and payments since the backup are read from the providers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.checkout import placement
from orders.models import Order
from payments.models import PaymentAttempt, ProviderWatch, StrayPayment
from payments.reconciliation import recovery
from payments.tests.world import World
from shop.core.models import Counter

pytestmark = pytest.mark.django_db


def test_what_was_paid_since_the_backup_is_an_order_or_an_unmatched_payment_and_twice_is_harmless(
    providers: World,
):
    Counter.objects.create(name="transfer_number", value=5)
    known, unknown = providers.begin("stripe"), providers.begin("stripe")
    for attempt in (known, unknown):
        providers.pay(attempt)
    PaymentAttempt.objects.filter(pk=unknown.pk).delete()  # Its row was made after the backup.
    given = placement.skip_numbers(1)
    ProviderWatch.objects.create(
        gateway="stripe", high_water_mark=timezone.now(), lease_until=timezone.now() + timedelta(hours=1)
    )

    found = recovery.after_restore(taken_at=timezone.now() - timedelta(minutes=5), skipped=50)

    order = Order.objects.get()
    assert (found.is_good, found.orders, found.unmatched) == (True, [order.number], 1)
    assert order.number > given + 50
    assert StrayPayment.objects.get().decision == "open"
    assert Counter.objects.get(name="transfer_number").value == 105
    assert any(str(order.number) in line for line in found.lines())

    again = recovery.after_restore(taken_at=timezone.now() - timedelta(minutes=5), skipped=50)

    assert (again.is_good, again.orders, again.unmatched) == (True, [], 1)


def test_a_provider_that_does_not_answer_is_said_and_the_shop_stays_closed(providers: World):
    providers.fault("http_500", count=None)

    found = recovery.after_restore(taken_at=timezone.now())

    assert not found.is_good
    assert "stripe" in found.unread
    assert any("run this again" in line for line in found.lines())
