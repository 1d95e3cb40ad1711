"""Lists and carts of the API cost the same number of statements however many rows they have."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Exchange, Order
from orders.tests.exchanges.exchanges import ask, order_with_sizes, size_of
from orders.tests.factories import make_cart, make_order, make_user, make_variant
from orders.tests.installments.plans import make_plan
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db


def cost(client: ApiClient, path: str, rows: int, key: str = "items") -> int:
    """Return how many statements an answer with so many rows costs."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer: Any = client.get(path)
    body = answer.json()
    assert len(body[key]) == rows
    return len(captured)


def test_more_orders_plans_and_lines_cost_no_more_statements():
    user = make_user()
    client = ApiClient(user)
    costs = []
    for rows in (1, 3):
        while user.orders.count() < rows:
            make_plan(user)
        costs.append([cost(client, path, rows) for path in ("/api/v1/orders", "/api/v1/plans")])
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 6
    make_order(user=user)

    counted = []
    for rows in (1, 3):
        cart = make_cart(*[(make_variant(5), 1) for _row in range(2 if rows == 3 else 1)], user=user)
        counted.append(cost(client, "/api/v1/cart", cart.lines.count()))
    assert counted[0] == counted[1] <= 8


def test_more_exchanges_and_lines_cost_no_more_statements():
    user = make_user()
    client = ApiClient(user)
    costs: list[list[int]] = []
    for rows in (1, 3):
        while Exchange.objects.filter(order__user=user).count() < rows:
            order, line, other = order_with_sizes()
            Order.objects.filter(pk=order.pk).update(user=user)
            ask(order, line, other)
        costs.append([cost(client, "/api/v1/exchanges", rows)])
        small = order.lines.get(quantity=1).variant
        assert small
        for _more in range(rows):
            size_of(small)
        with CaptureQueriesContext(connection) as captured:
            offered: Any = client.get(f"/api/v1/exchanges/by-order/{order.secret}/offers").json()
        assert sorted(len(one["variants"]) for one in offered) == [1, rows]
        costs[-1].append(len(captured))
    assert costs[0] == costs[1]
