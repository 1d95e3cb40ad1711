"""Sessions end when their time is over; one that cannot be ended keeps none of those after it from ending."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import StockLevel
from orders.checkout import sessions
from orders.models import CheckoutSession
from orders.tests.factories import make_awaiting, make_cart, make_session, make_variant

pytestmark = pytest.mark.django_db


def test_what_is_due_is_looked_for_once():
    made = [make_session() for _number in range(3)]
    CheckoutSession.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    with CaptureQueriesContext(connection) as captured:
        assert sessions.expire_due() == len(made)
    asked = [query["sql"] for query in captured.captured_queries if '"expires_at" <= ' in query["sql"]]
    looks = [sql for sql in asked if '"orders_checkoutsession"."id" = ' not in sql]
    assert len(looks) == 1, looks
    assert len(asked) == 1 + len(made)


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
