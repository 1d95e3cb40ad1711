"""A session that cannot be ended, because its level is inconsistent, does not keep those after it from ending."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import StockLevel
from orders.checkout import sessions
from orders.models import CheckoutSession
from orders.tests.factories import make_awaiting, make_cart, make_variant

pytestmark = pytest.mark.django_db


def test_the_others_expire_and_the_one_is_tried_again_when_it_is_repaired(caplog):
    liar, other = make_variant(), make_variant()
    stuck, free = make_awaiting(make_cart((liar, 1))), make_awaiting(make_cart((other, 1)))
    for minutes, session in ((9, stuck), (3, free)):
        CheckoutSession.objects.filter(pk=session.pk).update(
            expires_at=timezone.now() - timedelta(minutes=minutes)
        )
    StockLevel.objects.filter(variant=liar).update(reserved=0)

    assert sessions.expire_due() == 1

    assert str(stuck.pk) in caplog.text
    assert CheckoutSession.objects.get(pk=free.pk).status == "expired"
    assert CheckoutSession.objects.get(pk=stuck.pk).status == "awaiting_payment"
    assert StockLevel.objects.get(variant=other).reserved == 0
    StockLevel.objects.filter(variant=liar).update(reserved=1)
    assert sessions.expire_due() == 1
