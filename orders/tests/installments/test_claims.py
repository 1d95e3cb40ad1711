"""Texts that promise instalments without interest: found by their words, true only by what is offered now."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Category
from catalog.tests.factories import CollectionFactory, make_product
from orders.installments import claims
from orders.installments.claims import Offered
from orders.tests.installments.plans import make_offer


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Llevala en 6 cuotas sin interés", 6),
        ("HASTA 12 CUOTAS SIN INTERE\u0301S con todas las tarjetas", 12),
        ("3 cuotas fijas y sin ningún interés.", 3),
        ("Cuotas sin&nbsp;interés".replace("&nbsp;", "\u00a0"), None),
        ("cuotas <b>sin</b> <i>interés</i>", None),
        ("sin\u200b interés", None),
        ("interés cero", None),
        ("0% interés", None),
        ("0,00 % de interés", None),
        ("CFTEA: 0 %", None),
        ("0% TNA", None),
        ("3 cuotas al 0 %", 3),
        ("12 MSI con tarjetas participantes", 12),
        ("meses sin intereses", None),
        ("em até 10x sem juros", 10),
        ("6 parcelas sem acréscimo", None),
        ("juros zero", None),
        ("3 interest-free payments", None),
        ("6 instalments without interest", 6),
        ("no interest", None),
        ("mismo precio en 3 cuotas", None),
        ("precio de contado en 3 cuotas", None),
    ],
)
def test_a_promise_is_found_however_it_is_written(text: str, count: int | None):
    found = claims.find(text)
    assert len(found) == 1, found
    assert found[0].count == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "100 % algodón, 0 % poliéster",
        "Cambios sin recargo dentro de los 30 días",
        "Una campera sin mangas que no interesa a todos",
        "Placa MSI para gamers".replace("MSI", "msi"),
        "6 cuotas con tarjeta: el costo lo define tu banco",
        "Un 10,0 % de interés en el detalle",
        "Interesa: 3 cuotas",
        "sin interés por mora",
    ],
)
def test_other_words_promise_nothing(text: str):
    assert claims.find(text) == []


@pytest.mark.parametrize(
    ("text", "free", "ways", "is_true"),
    [
        ("6 cuotas sin interés", {6}, [], True),
        ("6 cuotas sin interés", {3}, [], False),
        ("cuotas sin interés", {3}, [], True),
        ("cuotas sin interés", set(), [], False),
        ("3 cuotas sin interés", {3}, ["transferencia"], False),
    ],
)
def test_a_promise_is_true_by_the_offers_and_by_no_cheaper_way(
    text: str, free: set[int], ways: list[str], is_true: bool
):
    (claim,) = claims.find(text)
    assert Offered(free, ways).is_true(claim) is is_true


@pytest.mark.django_db
def test_staff_are_warned_beside_the_form_and_not_where_it_is_true(admin_client: Client, settings: Any):
    settings.PAYMENT_GATEWAYS, settings.PAYMENT_DISCOUNTS = ["mercadopago"], {}
    product = make_product(description="En 3 cuotas sin interés.")
    page = reverse("admin:catalog_product_change", args=[product.pk])
    assert "3 cuotas sin interes" in admin_client.get(page).text
    make_offer(3, "0")
    assert "3 cuotas sin interes" not in admin_client.get(page).text
    settings.PAYMENT_DISCOUNTS = {"mercadopago": Decimal(5)}
    warned = admin_client.get(page).text
    assert "3 cuotas sin interes" in warned
    assert "Mercado Pago" in warned


@pytest.mark.django_db
def test_categories_and_collections_warn_too(admin_client: Client):
    words = "Todo en cuotas sin interés"
    category = make_product().category
    Category.objects.filter(pk=category.pk).update(description=words)
    for name, row in (("category", category), ("collection", CollectionFactory.create(description=words))):
        page = reverse(f"admin:catalog_{name}_change", args=[row.pk])
        assert "dice “sin interes”" in admin_client.get(page).text
