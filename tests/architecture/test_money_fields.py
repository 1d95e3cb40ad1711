"""Every amount is a money field, so that input is parsed, shown back and validated by one rule."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import RequestFactory

from shop.accounts.models import User
from shop.core.user_input.fields import ModelMoneyField, MoneyField, WholeField
from shop.core.user_input.payable_amounts import entered_fields
from shop.core.user_input.rates import ModelRateField, RateField
from tests.architecture.test_house_rules import ROOT, name, sources

OURS = ("shop", "catalog", "inventory", "orders", "payments")
HOME = "shop/core/user_input/fields.py"
PLAIN = {"DecimalField", "FloatField"}
WHOLE = {"IntegerField"}


def plain_fields(path: Path) -> Iterator[str]:
    """Yield where a file makes a decimal field of a model or form, or a whole number of a form, by Django's own class."""
    tree = ast.parse(path.read_text())
    computed = {
        id(word.value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for word in call.keywords
        if word.arg == "output_field"
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or id(call) in computed:
            continue
        kind = getattr(call.func, "attr", getattr(call.func, "id", ""))
        room = getattr(getattr(call.func, "value", None), "id", "")
        if kind in PLAIN or (kind in WHOLE and room == "forms"):
            yield f"{name(path)}:{call.lineno} {room}.{kind}"


def test_no_file_makes_an_amount_or_a_typed_number_by_djangos_own_field():
    found = [one for path in sources(tests=False) if name(path) != HOME for one in plain_fields(path)]
    assert not found, (
        "Use shop.core.user_input.fields (ModelMoneyField, MoneyField, WholeField): " + ", ".join(found)
    )


def test_a_plain_decimal_field_would_be_found(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.architecture.test_house_rules.ROOT", tmp_path)
    file = tmp_path / "forms.py"
    file.write_text("price = forms.DecimalField()\ncost = Sum(F('a'), output_field=DecimalField())\n")
    assert list(plain_fields(file)) == ["forms.py:1 forms.DecimalField"]


def test_every_decimal_column_of_ours_is_an_amount_or_a_rate():
    columns = [
        field
        for model in apps.get_models()
        if model.__module__.split(".")[0] in OURS
        for field in model._meta.concrete_fields
        if isinstance(field, models.DecimalField)
    ]
    assert len(columns) > 20
    assert [str(field) for field in columns if not isinstance(field, ModelMoneyField | ModelRateField)] == []


def test_what_people_enter_is_checked_and_what_is_recorded_is_not():
    assert {f"{model._meta.label}.{field.name}" for model, field in entered_fields()} == {
        "catalog.Variant.price",
        "catalog.Variant.compare_at_price",
        "orders.ShippingRate.price",
        "orders.ShippingRate.free_from",
        "inventory.PurchaseOrderLine.unit_cost",
        "orders.InstallmentOffer.min_amount",
        "orders.ReturnPolicy.label_fee",
        "orders.ReturnPolicy.approved_up_to",
        "orders.InstallmentOffer.max_amount",
    }


@pytest.mark.django_db
def test_every_number_in_the_back_offices_forms_is_typed_as_people_write_it():
    request = RequestFactory().get("/")
    request.user = User(is_staff=True, is_superuser=True, is_active=True)
    wrong: list[str] = []
    count = 0
    for model, model_admin in admin.site._registry.items():
        kinds = [model_admin.get_form(request, None)] if model_admin.has_change_permission(request) else []
        kinds += [
            inline.get_formset(request, None).form for inline in model_admin.get_inline_instances(request)
        ]
        for form in kinds:
            for label, field in form.base_fields.items():
                if isinstance(field, forms.IntegerField):
                    count += 1
                    fits = (
                        isinstance(field, MoneyField | RateField | WholeField)
                        and field.widget.input_type != "number"
                    )
                    wrong += [] if fits else [f"{model._meta.label}.{label}"]
    assert count > 20
    assert wrong == []


def test_no_page_asks_for_a_number_with_a_field_that_drops_the_comma():
    """Chromium makes 15 of "1,5" in a field of type number, before the shop sees it."""
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if 'type="number"' in path.read_text()
    ]
    assert found == []
