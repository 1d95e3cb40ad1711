"""Forms, lookups and the database use the same rule; existing violations are repaired, each reported."""

from importlib import import_module
from typing import Any

import pytest
from django import forms
from django.db import IntegrityError, transaction
from django.forms import modelform_factory
from django.utils import translation

from catalog.models import AccessCode, Variant
from catalog.models.access import normalise
from catalog.tests.factories import make_product, make_variant
from catalog.variants import grid
from shop.core import codes

repair = import_module("catalog.migrations.0006_one_rule_for_codes").mend


def form(**typed: Any) -> forms.ModelForm[Variant]:
    product = make_product()
    kind = modelform_factory(
        Variant, fields=["product", "sku", "barcode", "price", "weight_grams", "sort_order"]
    )
    return kind({"product": product.pk, "price": "10", "weight_grams": 0, "sort_order": 0, **typed})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"sku": "bca02-cru"}, "sku"),
        ({"sku": "BCA02-CRU\u200b"}, "sku"),
        ({"sku": "BCA02\u200b-X"}, "sku"),
        ({"sku": "BC\u0410"}, "sku"),
        ({"sku": "NEW", "barcode": "735145200461"}, "barcode"),
        ({"sku": "NEW", "barcode": "77\u00ad91"}, "barcode"),
    ],
)
def test_a_form_refuses_a_second_code_of_the_same_look(typed, field):
    make_variant(make_product(), sku="BCA02-CRU", barcode="0735145200461")
    with translation.override("en"):
        asked = form(**typed)
        assert not asked.is_valid()
        words = str(asked.errors)
    assert field in asked.errors or "SKU exists" in words or "has this barcode" in words


@pytest.mark.django_db
def test_a_form_keeps_a_code_without_what_nobody_sees():
    asked = form(sku=" ＡB-1\u200b", barcode="")
    assert asked.is_valid(), asked.errors
    assert asked.save().sku == "AB-1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"sku": "bca02-cru"},
        {"sku": "BCA02-CRU\u200b"},
        {"sku": "BC\u0410"},
        {"sku": "A B"},
        {"sku": ""},
        {"sku": "N", "barcode": "00735145200461"},
        {"sku": "N", "barcode": "7\u20607"},
    ],
)
def test_the_database_refuses_it_whoever_writes(wrong):
    variant = make_variant(make_product(), sku="BCA02-CRU", barcode="0735145200461")
    with pytest.raises(IntegrityError), transaction.atomic():
        Variant.objects.create(product=variant.product, price=10, **wrong)


@pytest.mark.django_db
def test_the_grid_finds_a_sku_in_other_letters():
    make_variant(make_product(), sku="remera-s")
    with pytest.raises(grid.SkuTaken):
        grid._refuse_taken(["REMERA-S"])


def test_an_access_code_is_known_with_what_pasting_adds():
    assert normalise(" ab-\u200b12 \ufeff") == "AB-12"
    assert AccessCode._meta.get_field("code").max_length >= len("AB-12")


@pytest.mark.parametrize(
    ("there", "changed"),
    [
        (["A-1", "B-1"], {}),
        (["a-1", "A-1"], {1: "A-1-2"}),
        (["A-1\u200b", "A-1"], {0: "A-1-2"}),
        (["A-1\u200b"], {0: "A-1"}),
        (["BC\u0410", "BCA", "BCA-2"], {0: "BCA-3"}),
        (["A 1", "\u200b", "商"], {0: "A-1", 1: "SKU", 2: "u5546"}),
        (["a" * 60, "A" * 60], {1: "A" * 58 + "-2"}),
    ],
)
def test_codes_that_broke_the_rule_are_repaired_and_the_right_or_older_one_stays(there, changed):
    found = repair(list(enumerate(there)), 60, codes.fold, "SKU")
    assert {row: after for row, (_before, after) in found.items()} == changed
    after = [found.get(row, ("", code))[1] for row, code in enumerate(there)]
    assert len({codes.fold(code) for code in after}) == len(there)
    assert all(codes.require(code) == code for code in after)


def test_a_barcode_with_and_without_its_zero_is_repaired_too():
    found = repair([(1, "0735145200461"), (2, "735145200461")], 32, codes.fold_barcode, "barcode")
    assert found == {2: ("735145200461", "735145200461-2")}
