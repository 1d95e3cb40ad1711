"""What a page of the purchase asks of the database does not grow with the purchase; each has its budget."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from catalog.models import Product
from orders import payables
from orders.cart import carts
from orders.models import CheckoutSession, InstallmentOffer, Order
from orders.tests.checkout.test_pages import CONTACT
from orders.tests.factories import ACTOR, make_awaiting, make_cart, make_order, make_session, make_variant
from orders.tests.installments.plans import make_offer, make_plan
from payments.checkout import attempts
from tests.support.kept_pages import another_release

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


def cancel_page(number: int) -> int:
    order: Order = make_order(make_cart(*lines(number)))
    return spent(lambda: Client().get(reverse("orders:order_cancel", args=[order.secret])))


def drawer(number: int) -> int:
    session = make_session(make_cart(*lines(number)))
    return spent(lambda: guest(session).get(reverse("orders:cart_drawer")))


def begin(number: int) -> int:
    cart = make_cart(*lines(number))
    client = Client()
    client.cookies[carts.COOKIE] = cart.token
    return spent(lambda: client.post(reverse("orders:checkout_start")))


def contact(number: int) -> int:
    session = make_session(make_cart(*lines(number)))
    client = guest(session)
    return spent(lambda: client.post(reverse("orders:checkout_contact", args=[session.token]), CONTACT))


def go_on(number: int) -> int:
    session = make_session(make_cart(*lines(number)))
    client = guest(session)
    form = {"rate": str(session.shipping_rate_id), "terms": "on"}
    return spent(lambda: client.post(reverse("orders:checkout_shipping", args=[session.token]), form))


def offered(visit: Callable[[int], int]) -> Callable[[int], int]:
    """Measure a page with three offers of instalments, one of them for some products alone, and a price by the way."""

    def measure(number: int) -> int:
        for count in (3, 6, 12):
            InstallmentOffer.objects.get_or_create(
                code=f"test-{count}", defaults={"name": f"{count} cuotas", "count": count, "factor": "0.1"}
            )
        one = InstallmentOffer.objects.get(code="test-6")
        one.products.set(Product.objects.all()[:5])
        with override_settings(PAYMENT_DISCOUNTS={settings.PAYMENT_GATEWAYS[0]: Decimal(10)}):
            return visit(number)

    return measure


def cards(path: str) -> Callable[[int], int]:
    """Measure a page of cards; the catalogue has grown by `number` products."""

    def measure(number: int) -> int:
        lines(number)
        Client().get(path)
        another_release()
        return spent(lambda: Client().get(path))

    return measure


def product_page(number: int) -> int:
    product = next(variant.product for variant, _quantity in lines(number))
    Client().get(product.get_absolute_url())
    another_release()
    return spent(lambda: Client().get(product.get_absolute_url()))


def cart_page(number: int) -> int:
    client = Client()
    client.cookies[carts.COOKIE] = make_cart(*lines(number)).token
    client.get(reverse("orders:cart"))
    return spent(lambda: client.get(reverse("orders:cart")))


def plans_page(number: int) -> int:
    """Measure the list of an account's plans; `number`: how many instalments its plan has."""
    InstallmentOffer.objects.update(is_active=False)
    make_offer(number)
    plan = make_plan()
    client = Client()
    assert plan.user
    client.force_login(plan.user)
    address = reverse("orders:installments_mine")
    client.get(address)
    return spent(lambda: client.get(address))


def plan_page(name: str) -> Callable[[int], int]:
    def measure(number: int) -> int:
        InstallmentOffer.objects.update(is_active=False)
        make_offer(number)
        address = reverse(f"orders:{name}", args=[make_plan().order.secret])
        return spent(lambda: Client().get(address))

    return measure


@pytest.mark.parametrize(
    ("measure", "budget"),
    [
        pytest.param(checkout_page("checkout_contact"), 1, id="contact"),
        pytest.param(checkout_page("checkout_shipping"), 1, id="shipping"),
        pytest.param(checkout_page("checkout_payment"), 1, id="payment"),
        pytest.param(paying, 16, id="payment under way"),
        pytest.param(status("payments:status"), 12, id="status"),
        pytest.param(status("payments:status_fragment"), 8, id="status fragment"),
        pytest.param(order_page, 3, id="order"),
        pytest.param(cancel_page, 16, id="cancel"),
        pytest.param(drawer, 2, id="drawer"),
        pytest.param(begin, 7, id="begin"),
        pytest.param(contact, 4, id="contact sent"),
        pytest.param(go_on, 3, id="go on"),
        pytest.param(offered(cards("/")), 8, id="cards with instalments"),
        pytest.param(offered(cards("/buscar/")), 8, id="found, with instalments"),
        pytest.param(cards("/buscar/?disponible=1&talle=m&marca=maal"), 7, id="narrowed list"),
        pytest.param(cards("/buscar/sugerencias/?q=bu"), 8, id="suggestions"),
        pytest.param(offered(product_page), 12, id="product with instalments"),
        pytest.param(offered(cart_page), 2, id="cart with instalments"),
        pytest.param(offered(checkout_page("checkout_payment")), 21, id="payment with instalments"),
        pytest.param(plans_page, 12, id="plans"),
        pytest.param(plan_page("installments"), 8, id="plan"),
        pytest.param(plan_page("installments_receipt"), 8, id="receipt"),
        pytest.param(plan_page("order_secret"), 8, id="order in instalments"),
    ],
)
def test_a_page_of_the_purchase_keeps_its_budget(measure: Callable[[int], int], budget: int):
    measure(2)
    few, many = measure(FEW), measure(MANY)
    assert many <= few + 1, f"it grows with the purchase: {few} statements for {FEW} lines, {many} for {MANY}"
    assert many <= budget, f"{many} statements"
