"""Purchases that cost nothing: an order at once, without a provider."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from catalog.models import Variant
from inventory.models import StockMovement
from orders import payables
from orders.checkout import free
from orders.checkout.issues import NotReady
from orders.models import CheckoutSession, Order, ShippingRate
from orders.tests.factories import level_of, make_cart, make_session, make_variant
from payments.checkout import attempts
from payments.models import PaymentAttempt
from payments.tests.settlement.test_races import at_once
from shop.core.models import EmailLog

CONSTRAINT = 'ALTER TABLE catalog_variant {} CONSTRAINT "variant_price_positive"'


@pytest.fixture
def gifts(transactional_db: None) -> Iterator[None]:
    """Set a product's price to zero, which today only a discount of the whole price could do."""
    with connection.cursor() as cursor:
        cursor.execute(CONSTRAINT.format("DROP"))
    yield
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_variant SET price = 1 WHERE price <= 0")
        cursor.execute(CONSTRAINT.format("ADD") + " CHECK (price > 0)")


@pytest.fixture
def gift(gifts: None) -> CheckoutSession:
    """A purchase of two free products, picked up at the shop."""
    variant = make_variant(units=5)
    Variant.objects.filter(pk=variant.pk).update(price=0)
    cart = make_cart((variant, 2))
    make_session(make_cart())  # Whose rate is then free of charge.
    ShippingRate.objects.update(price=0, free_from=None)
    session = make_session(cart)
    assert session.total == 0
    return session


def press(session: CheckoutSession) -> Any:
    return Client().post(reverse("payments:start", args=[session.token]))


def test_it_is_an_order_at_once(gift: CheckoutSession):
    page = Client().get(reverse("orders:checkout_payment", args=[gift.token])).content.decode()
    assert 'name="gateway"' not in page
    answer = press(gift)
    order = Order.objects.get(checkout=gift)
    assert (answer.status_code, answer.url) == (302, order.get_absolute_url())
    assert (order.total, order.transaction_id) == (Decimal(0), f"free:{gift.pk}")
    gift.refresh_from_db()
    assert gift.status == "completed"
    level = level_of(order.lines.get().variant_id)
    assert (level.on_hand, level.reserved) == (3, 0)
    assert not PaymentAttempt.objects.exists()
    assert EmailLog.objects.filter(kind="order_confirmation").count() == 1


def test_pressed_by_eight_at_once_it_is_one_order(gift: CheckoutSession):
    results = at_once(*[lambda: free.confirm(checkout_id=gift.pk, actor="shopper").pk] * 8)
    assert set(results) == {Order.objects.get().pk}
    assert StockMovement.objects.filter(kind="sale").count() == 1


def test_no_provider_is_asked_for_nothing(gift: CheckoutSession):
    with pytest.raises(NotReady) as caught:
        attempts.start(payable=payables.of_purchase(gift), gateway="stripe", actor="shopper")
    assert [issue.kind for issue in caught.value.issues] == ["free"]
    assert not PaymentAttempt.objects.exists()


def test_a_price_that_came_back_is_told_and_paid(gift: CheckoutSession):
    Variant.objects.update(price=100)
    answer = press(gift)
    assert answer.url == reverse("orders:checkout_payment", args=[gift.token])
    assert not Order.objects.exists()
    with pytest.raises((NotReady, free.NotFree)):
        free.confirm(checkout_id=gift.pk, actor="shopper")
