"""What is read ahead of a row is asked once, together, and only by those who were given that row."""

from typing import Final
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Order, OrderLine
from orders.tests.factories import make_cart, make_order, make_variant
from shop.core.database.kept_queries import KeptQuery
from shop.core.database.read_ahead import of, read_ahead

pytestmark = pytest.mark.django_db

LINES: Final = KeptQuery(lambda key: OrderLine.objects.filter(order_id=key).order_by("pk"), UUID)
ORDERS: Final = KeptQuery(lambda key: Order.objects.filter(pk=key).order_by(), UUID)


def test_what_was_read_ahead_is_asked_once_and_the_rest_when_it_is_needed():
    order = make_order(make_cart((make_variant(), 1), (make_variant(), 2)))
    with CaptureQueriesContext(connection) as asked:
        read_ahead(order, [(LINES, order.pk), (ORDERS, order.pk), (LINES, order.pk)])
        assert sorted(line.quantity for line in of(order, LINES, order.pk)) == [1, 2]
        assert of(order, ORDERS, order.pk) == [order]
    assert len(asked) == 1
    (again,) = of(order, ORDERS, order.pk)
    with CaptureQueriesContext(connection) as asked:
        assert len(of(again, LINES, order.pk)) == 2
    assert len(asked) == 1
