"""The search boxes of the back office find what people mean, and all fold alike."""

import json
import unicodedata

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from catalog.models import Product, Supplier
from orders.models import Order
from orders.tests.factories import make_order, make_variant
from shop.accounts.models import User
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.backoffice import search

pytestmark = pytest.mark.django_db

SEARCHED = {model: one for model, one in admin.site._registry.items() if one.search_fields}


def found(model: type[models.Model], text: str) -> list[object]:
    """Return what a list shows for the words."""
    request = RequestFactory().get("/", {"q": text})
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    model_admin = admin.site._registry[model]
    rows, has_doubles = model_admin.get_search_results(request, model._default_manager.all(), text)
    assert not has_doubles
    return list(rows)


@pytest.fixture
def order() -> Order:
    """An order whose buyer, numbers and article are written in every difficult way."""
    order = make_order()
    Order.objects.filter(pk=order.pk).update(
        first_name="Tomás",
        last_name="O'Neil Núñez",
        phone="+54 9 11 5555-0187",
        document_number="28111222",
        email="tomas@percha.test",
    )
    order.lines.update(sku="CAM77-CRU-S", name="Camisón Luna · Crudo / S")
    order.refresh_from_db()
    return order


@pytest.mark.parametrize("model", SEARCHED, ids=lambda model: model._meta.label_lower)
def test_every_search_box_folds_and_takes_any_sign(model):
    assert isinstance(SEARCHED[model], search.FoldedSearch)
    for text in ("nuñez %_\\'[(", "28.111.222"):
        found(model, text)  # One statement that PostgreSQL understands, whatever the fields are.


@pytest.mark.parametrize(
    "text",
    [
        "nunez",
        "NÚÑEZ",
        unicodedata.normalize("NFD", "Núñez"),
        "tomas oneil",
        "oneil nunez",
        "O’Neil",
        "28.111.222",
        "28 111 222",
        "+54 9 11 5555 0187",
        "011 15 5555-0187",
        "1155550187",
        "(011) 5555.0187",
        "camison luna",
        "CAM77-CRU-S",
        "cam77crus",
        "tomas@percha.test",
    ],
)
def test_an_order_is_found_by_what_people_say(order, text):
    make_order()
    assert found(Order, text) == [order]


def test_an_order_is_found_by_its_number_in_any_writing(order):
    other = make_order()
    Order.objects.filter(pk=order.pk).update(number=71001)
    Order.objects.filter(pk=other.pk).update(number=71002, phone="+54 71001 555")

    for text in ("#71001", "# 71.001", "#71,001"):
        assert found(Order, text) == [order], text
    assert order in found(Order, "71.001")
    assert found(Order, "#7100") == []
    assert found(Order, "#99999999999999999999") == []


@pytest.mark.parametrize("text", ["Ibáñez", "xyz", "28.111.223", "o neal", "luna nunca", "0187 28111222"])
def test_what_is_not_there_is_not_found(order, text):
    assert found(Order, text) == []


def test_products_and_suppliers(order):
    product = make_variant().product
    Product.objects.filter(pk=product.pk).update(name=unicodedata.normalize("NFD", "Jaqueta São João"))
    supplier = Supplier.objects.create(name="Telas Ibáñez", tax_id="30712345671", phone="0341 555-0187")

    assert found(Product, "sao joao") == [product]
    assert found(Product, "JAQUETA são") == [product]
    for text in ("ibañez", "30-71234567-1", "341 5550187"):
        assert found(Supplier, text) == [supplier], text


def test_a_list_is_searched_in_one_statement_without_doubles(order):
    page = reverse("admin:orders_order_changelist")
    client = boss()
    one = queries(client, f"{page}?q=nunez")
    for _number in range(3):
        again = make_order()
        Order.objects.filter(pk=again.pk).update(last_name="Núñez")
    assert queries(client, f"{page}?q=nunez") == one


def hits(client: Client, text: str) -> str:
    cache.clear()
    asked: dict[str, str | int] = {"s": text, "extended": 1}
    return str(client.get(reverse("admin:search"), asked).content.decode())


def test_the_command_search_says_whose_order_it_is(order):
    page = hits(boss(), "nuñez")

    assert f"#{order.number} · Tomás O&#x27;Neil Núñez" in page
    assert "Orders - " not in page
    assert f"#{order.number} ·" in hits(boss(), f"#{order.number}")


def test_the_command_search_shows_nobody_what_their_lists_hide(order):
    assert f"#{order.number} ·" not in hits(clerk("catalogue"), "nunez")
    assert json.dumps(order.email) not in hits(clerk("catalogue"), "tomas")
