"""The variant grid: ticked cells are made once, existing ones are shown, errors are reported."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from catalog.models import PriceChange, Product, Variant
from catalog.tests.factories import (
    ProductFactory,
    colour_option,
    colour_value,
    make_variant,
    size_option,
    size_value,
)
from catalog.variants import grid
from shop.accounts.tests.staff_clients import boss, clerk, queries, token
from shop.core.models import Event

pytestmark = pytest.mark.django_db
FACTS = {
    "pattern": "{product}-{option1}-{option2}",
    "price": "84900",
    "compare_at_price": "",
    "weight_grams": "420",
    "state": "active",
}


@pytest.fixture
def product() -> Product:
    """Return a product without variants, beside three colours and two sizes."""
    for name in ("Negro", "Crudo", "Oliva"):
        colour_value(name)
    for name in ("S", "M"):
        size_value(name)
    return ProductFactory.create(slug="buzo-anden")


def address(product: Product) -> str:
    return reverse("admin:catalog_product_changelist") + f"{product.pk}/grid/?option=color&option=talle"


def cell(colour: str, size: str) -> str:
    return f"{colour_value(colour).pk}_{size_value(size).pk}"


def send(client: Any, product: Product, *cells: str, **changes: str) -> Any:
    return client.post(address(product), {**FACTS, "token": "t1", "cell": cells, **changes})


def test_the_ticked_cells_become_variants_with_values_prices_and_history(product):
    answer = send(
        clerk("catalogue"), product, cell("Negro", "S"), cell("Crudo", "M"), compare_at_price="99000"
    )

    assert answer.status_code == 302
    made = {variant.sku: variant for variant in product.variants.all()}
    assert set(made) == {"BUZO-ANDEN-NEGRO-S", "BUZO-ANDEN-CRUDO-M"}
    black = made["BUZO-ANDEN-NEGRO-S"]
    assert (black.name, black.price, black.compare_at_price) == ("Negro / S", Decimal(84900), Decimal(99000))
    assert (black.weight_grams, black.is_active) == (420, True)
    assert set(black.values.all()) == {colour_value("Negro"), size_value("S")}
    assert set(product.options.all()) == {colour_option(), size_option()}
    assert PriceChange.objects.filter(variant__product=product).count() == 2
    assert Event.objects.get(subject_id=product.pk).data["skus"] == list(made)


def test_what_is_there_is_shown_and_left_alone(product):
    there = make_variant(product, colour_value("Negro"), size_value("S"), sku="OLD")
    client = boss()

    page = client.get(address(product))
    rows = page.context["grid"]
    assert {entry["variant"].sku for line in rows for entry in line["cells"] if entry["variant"]} == {"OLD"}
    assert sum(entry["variant"] is None for line in rows for entry in line["cells"]) == 5

    send(client, product, cell("Negro", "S"), cell("Negro", "M"))

    there.refresh_from_db()
    assert there.sku == "OLD"
    assert product.variants.count() == 2


def test_the_same_form_sent_again_makes_nothing_more(product):
    client = boss()
    key = token(client, address(product))

    answers = [send(client, product, cell("Negro", "S"), token=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert product.variants.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pattern": "{product}-{option1}"}, "pattern"),
        ({"pattern": "{product}-{option1}-{option2}-{season}"}, "pattern"),
        ({"pattern": "{option1.pk}{option2}"}, "pattern"),
        ({"price": "0"}, "price"),
        ({"price": "abc"}, "price"),
        ({"compare_at_price": "100"}, "compare_at_price"),
        ({"state": "sold"}, "state"),
        ({"weight_grams": "-1"}, "weight_grams"),
    ],
)
def test_a_wrong_fact_is_told_beside_its_field_and_makes_nothing(product, changes, field):
    answer = send(boss(), product, cell("Negro", "S"), **changes)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not product.variants.exists()
    ticked = [entry["is_ticked"] for line in answer.context["grid"] for entry in line["cells"]]
    assert ticked.count(True) == 1, "what was ticked stays ticked"


def test_a_sku_that_is_taken_is_named_and_nothing_is_made(product):
    make_variant(ProductFactory.create(), sku="BUZO-ANDEN-NEGRO-S")

    answer = send(boss(), product, cell("Negro", "S"), cell("Negro", "M"))

    assert answer.status_code == 422
    assert "BUZO-ANDEN-NEGRO-S" in str(answer.context["form"].errors["pattern"])
    assert not product.variants.exists()


@pytest.mark.parametrize("cells", [[], ["x"], ["01a1fc8b-0000-7000-8000-000000000000_x"]])
def test_cells_that_are_none_are_passed_over(product, cells):
    answer = send(boss(), product, *cells)

    assert answer.status_code == 422
    assert not Variant.objects.exists()


def test_one_option_makes_a_row(product):
    address_of_one = address(product).replace("&option=talle", "")
    data = {**FACTS, "token": "t", "pattern": "{product}-{option1}", "cell": [str(colour_value("Oliva").pk)]}

    assert boss().post(address_of_one, data).status_code == 302

    assert product.variants.get().sku == "BUZO-ANDEN-OLIVA"


def test_the_grid_is_closed_to_those_who_may_not_make_variants(product):
    assert clerk("support").get(address(product)).status_code == 403
    assert send(clerk("warehouse"), product, cell("Negro", "S")).status_code == 403
    assert not product.variants.exists()


def test_the_verb_itself_makes_each_cell_once(product):
    options = [colour_option(), size_option()]
    cells = [(colour_value("Negro").pk, size_value("S").pk)]
    facts: dict[str, Any] = {
        "options": options,
        "cells": cells,
        "pattern": FACTS["pattern"],
        "price": Decimal(10),
    }

    assert len(grid.create_missing(product, **facts, actor="staff:a@b.co")) == 1
    assert grid.create_missing(product, **facts, actor="staff:a@b.co") == []


def test_the_grid_costs_the_same_for_few_and_many_variants(product):
    client = boss()
    make_variant(product, colour_value("Negro"), size_value("S"))
    few = queries(client, address(product))
    for colour in ("Negro", "Crudo", "Oliva"):
        make_variant(product, colour_value(colour), size_value("M"))

    assert queries(client, address(product)) == few
