"""What a page of the purchase asks of the database does not grow with the purchase; each has its budget."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders import payables
from orders.cart import carts
from orders.models import CheckoutSession, Order
from orders.tests.factories import ACTOR, make_awaiting, make_cart, make_order, make_session, make_variant
from payments.checkout import attempts

pytestmark = pytest.mark.django_db
FEW, MANY = 2, 14
# Few travel free of charge already, and many are not yet more than a provider takes at once.
PRICE = Decimal(65000)


def lines(number: int) -> list[tuple[Any, int]]:
    return [(make_variant(price=PRICE), 1) for _line in range(number)]


def guest(session: CheckoutSession) -> Client:
    client = Client()
    assert session.cart is not None
    client.cookies[carts.COOKIE] = session.cart.token
    return client


def spent(visit: Callable[[], Any]) -> int:
    """Return how many statements a visit takes, besides those that open a transaction; what is shared is cached."""
    Client().get(reverse("orders:cart"))
    with CaptureQueriesContext(connection) as captured:
        response = visit()
    assert response.status_code in {200, 302}
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def checkout_page(name: str) -> Callable[[int], int]:
    def measure(number: int) -> int:
        session = make_session(make_cart(*lines(number)))
        client = guest(session)
        address = reverse(f"orders:{name}", args=[session.token])
        client.get(address)
        return spent(lambda: client.get(address))

    return measure


def paying(number: int) -> int:
    session = make_awaiting(make_cart(*lines(number)))
    client = guest(session)
    return spent(lambda: client.get(reverse("orders:checkout_payment", args=[session.token])))


def status(name: str) -> Callable[[int], int]:
    def measure(number: int) -> int:
        attempt = attempts.create(
            payables.of_purchase(make_session(make_cart(*lines(number)))), "stripe", actor=ACTOR
        )
        client = guest(attempt.purchase)
        return spent(lambda: client.get(reverse(name, args=[attempt.token])))

    return measure


def order_page(number: int) -> int:
    order: Order = make_order(make_cart(*lines(number)))
    return spent(lambda: Client().get(order.get_absolute_url()))


def drawer(number: int) -> int:
    session = make_session(make_cart(*lines(number)))
    return spent(lambda: guest(session).get(reverse("orders:cart_drawer")))


def begin(number: int) -> int:
    cart = make_cart(*lines(number))
    client = Client()
    client.cookies[carts.COOKIE] = cart.token
    return spent(lambda: client.post(reverse("orders:checkout_start")))


def go_on(number: int) -> int:
    session = make_session(make_cart(*lines(number)))
    client = guest(session)
    form = {"rate": str(session.shipping_rate_id), "terms": "on"}
    return spent(lambda: client.post(reverse("orders:checkout_shipping", args=[session.token]), form))


@pytest.mark.parametrize(
    ("measure", "budget"),
    [
        pytest.param(checkout_page("checkout_contact"), 24, id="contact"),
        pytest.param(checkout_page("checkout_shipping"), 24, id="shipping"),
        pytest.param(checkout_page("checkout_payment"), 24, id="payment"),
        pytest.param(paying, 16, id="payment under way"),
        pytest.param(status("payments:status"), 12, id="status"),
        pytest.param(status("payments:status_fragment"), 8, id="status fragment"),
        pytest.param(order_page, 14, id="order"),
        pytest.param(drawer, 8, id="drawer"),
        pytest.param(begin, 36, id="begin"),
        pytest.param(go_on, 24, id="go on"),
    ],
)
def test_a_page_of_the_purchase_keeps_its_budget(measure: Callable[[int], int], budget: int):
    measure(1)
    few, many = measure(FEW), measure(MANY)
    assert many <= few + 1, f"it grows with the purchase: {few} statements for {FEW} lines, {many} for {MANY}"
    assert many <= budget, f"{many} statements"
