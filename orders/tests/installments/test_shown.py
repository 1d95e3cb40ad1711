"""What pages show of instalments: on cards, products, carts; the best of them; interest-free or not."""

from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse

from catalog.models import Product
from catalog.tests.factories import CollectionFactory, make_product, put_in, stock_all
from orders.cart import carts
from orders.checkout import way_prices
from orders.installments import offers, shown
from orders.tests.factories import make_cart
from orders.tests.installments.plans import make_checkout, make_goods, make_offer, make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def transfer(settings: Any) -> None:
    """A way to pay that costs less."""
    settings.PAYMENT_GATEWAYS, settings.PAYMENT_DISCOUNTS = ["mercadopago"], {"mercadopago": Decimal(10)}


def price_of(product: Product) -> Decimal:
    price: Decimal = product.variants.earliest("price").price
    return price


def test_the_best_has_the_lowest_rate_and_of_equal_rates_the_most_instalments():
    for count, factor in ((3, "0"), (6, "0"), (12, "0.12")):
        make_offer(count, factor)
    found = offers.offered_to(None).for_price(Decimal("168.00"), "ARS")
    best = shown.best(found)
    assert best
    assert (best.count, best.rate.percent) == (6, 0)
    assert shown.best([]) is None


def test_a_product_shows_number_amount_total_and_rate_of_every_offer():
    make_offer(3, "0.19")
    make_offer(12, "0.12")
    variant = make_goods("168.00")
    page = Client().get(variant.product.get_absolute_url()).text.replace("\xa0", " ")
    for words in ("3 × $ 58,66", "$ 175,98", "32,25 %", "12 × $ 15,68", "$ 188,16", "23,70 %", "CFTEA"):
        assert words in page, words


@pytest.mark.parametrize(("factor", "is_free"), [("0", True), ("0.01", False)])
def test_interest_free_is_what_costs_no_more_than_the_cheapest_way(factor: str, is_free: bool):
    make_offer(3, factor)
    page = Client().get(make_goods("168.00").product.get_absolute_url()).text
    assert ("sin interés" in page) is is_free
    assert ("installments-free" in page) is is_free


def test_a_discount_for_a_way_makes_interest_free_false_everywhere(transfer: None):
    make_offer(3, "0")
    variant = make_goods("168.00")
    cart = make_cart((variant, 2))
    session = make_checkout(variant=variant)
    client, guest = Client(), Client()
    assert session.user
    client.force_login(session.user)
    guest.cookies[carts.COOKIE] = cart.token
    pages = [
        client.get("/"),
        client.get(variant.product.get_absolute_url()),
        guest.get(reverse("orders:cart")),
        client.get(reverse("orders:checkout_payment", args=[session.token])),
        client.get(
            reverse("orders:checkout_installments", args=[session.token]),
            {"quote": str(session.quotes.get().pk)},
        ),
    ]
    for page in pages:
        assert "3 × $" in page.text.replace("\xa0", " "), page.request["PATH_INFO"]
        assert "installments-free" not in page.text, page.request["PATH_INFO"]


def test_the_cheapest_way_of_a_checkout_counts_goods_and_discount_alone(transfer: None):
    session = make_checkout()
    assert str(way_prices.cheapest(session)) == "151.20"


def test_the_price_by_the_cheapest_way_stands_on_card_product_and_cart(transfer: None):
    variant = make_goods("168.00")
    guest = Client()
    guest.cookies[carts.COOKIE] = make_cart((variant, 2)).token
    assert "$ 151,20 con Mercado Pago" in Client().get("/").text.replace("\xa0", " ")
    page = Client().get(variant.product.get_absolute_url()).text.replace("\xa0", " ")
    assert "$ 151,20 con Mercado Pago" in page
    assert "$ 302,40 con Mercado Pago" in guest.get(reverse("orders:cart")).text.replace("\xa0", " ")


def test_a_cart_shows_instalments_of_its_total_and_that_the_shipping_comes_later():
    make_offer()
    guest = Client()
    guest.cookies[carts.COOKIE] = make_cart((make_goods("84.00"), 2)).token
    page = guest.get(reverse("orders:cart")).text.replace("\xa0", " ")
    assert "3 × $ 58,66" in page
    assert "Sin el envío" in page


def test_an_offer_for_a_collection_is_on_the_cards_of_its_products_alone():
    collection = CollectionFactory.create()
    inside, outside = make_product(name="Campera"), make_product(name="Gorra")
    for product in (inside, outside):
        stock_all(product, 3)
    put_in(collection, inside)
    make_offer(3, "0.19").collections.add(collection)
    page = shown.of_visitor(None)
    page.expect([inside.pk, outside.pk])
    assert page.for_price(price_of(inside), "ARS", [inside.pk])
    assert not page.for_price(price_of(outside), "ARS", [outside.pk])
    cart = page.for_price(Decimal(1000), "ARS", [inside.pk, outside.pk])
    assert not cart  # All of the goods must be within its scope.
    price = price_of(inside)
    assert price == price_of(outside)
    assert page.best_for(price, "ARS", inside.pk)
    assert page.best_for(price, "ARS", outside.pk) is None


def test_cards_of_the_same_price_ask_once(monkeypatch: pytest.MonkeyPatch):
    goods = [make_product(name=name).pk for name in ("Campera", "Gorra")]
    nothing = shown.of_visitor(None)
    make_offer(3, "0.19")
    page = shown.of_visitor(None)
    found = page.best_for(Decimal(1000), "ARS", goods[0])
    assert found == shown.best(page.for_price(Decimal(1000), "ARS", goods))
    assert page.best_for(Decimal(2000), "ARS", goods[0]) != found
    monkeypatch.setattr(shown, "best", mock.Mock(side_effect=AssertionError))
    assert page.best_for(Decimal(1000), "ARS", goods[1]) is found
    assert nothing.best_for(Decimal(1000), "ARS", goods[1]) is None


def test_the_terms_of_a_plan_are_shown_as_they_were_accepted():
    plan = make_plan()
    request = RequestFactory().get("/")
    template = Template("{% load installments %}{% installments_of_plan plan %}")
    words = template.render(Context({"plan": plan, "request": request})).replace("\xa0", " ")
    for part in ("3 × $ 58,66", "$ 175,98", "CFTEA 32,25 %"):
        assert part in words
