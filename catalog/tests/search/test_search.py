"""Search: accents, colours, SKUs, parts of words, suggestions."""

from uuid import UUID

import pytest
from django.test import Client

from catalog.models import Product
from catalog.search import products
from catalog.search.text import fold
from catalog.tests.factories import (
    BrandFactory,
    ProductFactory,
    colour_value,
    make_category,
    make_product,
    make_variant,
)

pytestmark = pytest.mark.django_db


def search(text: str) -> list[UUID]:
    return products.search(text)[0]


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    make_product(colours=("Oliva",), sizes=("M",), name="Buzo Andén", category=make_category("Buzos"))
    make_product(
        colours=("Negro",), sizes=("M",), name="Pantalón Cargo", category=make_category("Pantalones")
    )
    sur = BrandFactory.create(name="Taller Sur")
    make_product(
        colours=("Crudo",), sizes=("M",), name="Bomber Línea", category=make_category("Camperas"), brand=sur
    )


def _names(text: str) -> list[str]:
    names = dict(Product.objects.values_list("pk", "name"))
    return [names[key] for key in search(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("anden", "Buzo Andén"),
        ("ANDÉN", "Buzo Andén"),
        ("buzos", "Buzo Andén"),
        ("oliva", "Buzo Andén"),
        ("buzo oliva", "Buzo Andén"),
        ("pantalon", "Pantalón Cargo"),
        ("pantalones negros", "Pantalón Cargo"),
        ("taller sur", "Bomber Línea"),
        ("bomb", "Bomber Línea"),
        ("camperas", "Bomber Línea"),
    ],
)
def test_finds(text: str, name: str) -> None:
    assert name in _names(text)


def test_finds_by_sku() -> None:
    product = Product.objects.get(name="Buzo Andén")
    assert search(product.variants.get().sku) == [product.pk]


def test_a_variant_off_sale_is_not_found_by_its_words_but_its_product_by_its_name() -> None:
    product = make_product(
        colours=("Ladrillo", "Azul francia"),
        sizes=("M",),
        name="Remera Vías",
        category=make_category("Remeras"),
    )
    off = product.variants.get(variant_values__value__name="Ladrillo")
    assert _names("ladrillo") == ["Remera Vías"]
    assert search(off.sku) == [product.pk]
    off.is_active = False
    off.save()
    assert _names("ladrillo") == []
    assert search(off.sku) == []
    assert _names("vias") == ["Remera Vías"]
    assert _names("francia") == ["Remera Vías"]


def test_every_word_must_fit() -> None:
    assert _names("buzo negro") == []


@pytest.mark.parametrize("text", ["", "   ", "\u202e", "́"])
def test_nothing_finds_nothing(text: str) -> None:
    assert _names(text) == []


def test_hidden_products_are_not_found() -> None:
    product = Product.objects.get(name="Buzo Andén")
    product.is_active = False
    product.save()
    assert _names("anden") == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "a:*", "!!!", "(", "|"])
def test_signs_are_only_signs(text: str) -> None:
    assert _names(text) == []


def test_a_slip_of_the_finger_is_corrected_and_said(client: Client) -> None:
    assert products.search("bombre")[1] == "bomber"
    html = client.get("/buscar/", {"q": "bombre"}).content.decode()
    assert "Showing what there is for <strong>bomber</strong>" in html
    assert 'href="?q=bombre&amp;literal=1"' in html
    assert "Bomber Línea" in html
    literal = client.get("/buscar/", {"q": "bombre", "literal": "1"}).content.decode()
    assert "Nothing found" in literal
    assert "Buzo Andén" in literal


def test_without_words_everything_is_listed(client: Client) -> None:
    html = client.get("/buscar/").content.decode()
    assert "Buzo Andén" in html
    assert "Bomber Línea" in html


def test_fold_is_short_plain_and_lower() -> None:
    assert fold("  Ñandú\tÁÉ  ") == "nandu ae"
    assert len(fold("x" * 500)) == 100


def test_a_code_is_found_first_though_it_is_a_word_of_another_name() -> None:
    named = ProductFactory.create(name="Buzo RMA10")
    make_variant(named, colour_value("Negro"), sku="OTRO-1")
    coded = ProductFactory.create(name="Remera")
    make_variant(coded, colour_value("Negro"), sku="RMA10-NEG-M", barcode="7798264003709")
    assert search("rma10")[0] == coded.pk
    assert named.pk in search("rma10")
    assert search("7798264003709") == [coded.pk]
    assert search("779826400") == [coded.pk]
