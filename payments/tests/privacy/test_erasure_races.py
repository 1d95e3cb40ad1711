"""Two workers process one erasure: it is done, and confirmed by mail, once."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from orders.models import Order
from orders.tests.factories import make_order
from payments.tests.settlement.test_races import at_once
from shop.accounts import erasure
from shop.core.models import EmailLog, Event


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_two_workers_at_once_erase_once():
    guest = make_order()
    Order.objects.update(placed_at=timezone.now() - timedelta(days=100))
    request = erasure.order(guest.email, actor="staff", language="es")

    results = at_once(*[partial(erasure.carry_out, request.pk)] * 4)

    assert not [result for result in results if isinstance(result, Exception)]
    request.refresh_from_db()
    assert request.status == "telling"
    assert EmailLog.objects.filter(kind="erasure_done").count() == 1
    assert Event.objects.filter(subject_id=request.pk, to_state="erasing").count() == 1
    guest.refresh_from_db()
    assert (guest.email, guest.last_name) == ("", "Gómez")
