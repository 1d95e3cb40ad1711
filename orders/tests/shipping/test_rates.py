"""Rates: by state, weight and sum; free shipping is given by the cheapest home delivery."""

from decimal import Decimal
from typing import Any

import pytest

from orders.shipping import rates
from orders.tests.factories import ShippingMethodFactory, ShippingRateFactory

pytestmark = pytest.mark.django_db


def quotes(**changes: Any) -> list[rates.Quote]:
    asked: dict[str, Any] = {
        "country": "AR",
        "state": "Córdoba",
        "weight_grams": 500,
        "subtotal": Decimal("1000.00"),
    } | changes
    return rates.quotes(**asked)


def test_the_cheapest_rate_that_fits_of_each_method():
    method = ShippingMethodFactory.create()
    ShippingRateFactory.create(method=method, price="900.00", max_weight_grams=400)
    fits = ShippingRateFactory.create(method=method, price="1500.00", max_weight_grams=500)
    ShippingRateFactory.create(method=method, price="2500.00")
    ShippingRateFactory.create(method=method, price="10.00", states=["Salta"])
    ShippingRateFactory.create(method=method, price="10.00", country="UY")
    ShippingRateFactory.create(method=method, price="10.00", is_active=False)
    ShippingRateFactory.create(method=ShippingMethodFactory.create(is_active=False), price="10.00")
    assert [(quote.rate, quote.price) for quote in quotes()] == [(fits, Decimal("1500.00"))]


def test_a_rate_is_free_from_its_own_sum():
    ShippingRateFactory.create(price="1500.00", free_from="1000.00")
    (quote,) = quotes()
    assert (quote.is_free, quote.list_price) == (True, Decimal("1500.00"))
    (quote,) = quotes(subtotal=Decimal("999.99"))
    assert not quote.is_free


def test_the_shops_promise_is_kept_by_the_cheapest_home_delivery(settings):
    settings.FREE_SHIPPING_FROM = Decimal("1000.00")
    express = ShippingRateFactory.create(price="9000.00")
    plain = ShippingRateFactory.create(price="4000.00")
    branch = ShippingRateFactory.create(method=ShippingMethodFactory.create(kind="branch"), price="2000.00")
    prices = {quote.rate: quote.price for quote in quotes()}
    assert prices == {express: Decimal("9000.00"), plain: 0, branch: Decimal("2000.00")}
    assert all(quote.price for quote in quotes(subtotal=Decimal("999.99")))
    assert rates.missing_for_free(Decimal("400.00")) == Decimal("600.00")
    assert rates.missing_for_free(Decimal("4000.00")) == 0


def test_without_an_address_only_the_store_is_offered():
    ShippingRateFactory.create()
    store = ShippingRateFactory.create(method=ShippingMethodFactory.create(kind="pickup"), price=0)
    assert [quote.rate for quote in quotes(state=None)] == [store]
