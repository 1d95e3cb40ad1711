"""Consistency of countries: the places that docs/adding-a-country.md marks agree about all of them."""

import re
from decimal import Decimal

import pytest
from django.apps import apps
from django.conf import settings

from shop.core.configuration.countries import CURRENCIES, HOMES
from shop.core.countries import COUNTRIES
from shop.core.spreadsheets import cells
from shop.core.user_input import numerals


def test_a_shop_may_be_at_home_wherever_rules_are_known_and_nowhere_else():
    assert set(HOMES) == set(COUNTRIES)
    assert {code: home.currency for code, home in HOMES.items()} == {
        code: country.currency for code, country in COUNTRIES.items()
    }
    assert {country.currency for country in COUNTRIES.values()} < set(CURRENCIES)


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_a_countrys_examples_pass_its_own_rules(code: str):
    country = COUNTRIES[code]
    assert country.code == code
    assert country.clean_postal_code(country.postal_example)
    assert country.documents
    assert country.source
    assert all(country.document(document.code) is document for document in country.documents)
    assert len(set(country.states)) == len(country.states) > 1


def test_no_model_takes_one_country_for_granted():
    written = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name == "country" and isinstance(field.default, str) and field.default
    }
    assert not written, "the default is the shop's own country (shop.core.countries.shop_country)"


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_prices_can_be_typed_and_imported_with_the_currencys_code(currency: str):
    assert numerals.read(f"{currency} 1.234,50", language="es") == Decimal("1234.50")
    assert cells.number(f"{currency} 1.234,50", comma=True) == Decimal("1234.50")


def test_the_example_of_the_settings_lists_them():
    text = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    (countries,) = re.findall(r"rules apply: ([A-Z, ]+ or [A-Z]{2})\.", text)
    (currencies,) = re.findall(r"of all prices: ([A-Z, ]+ or [A-Z]{3})\.", text)
    assert set(re.findall(r"[A-Z]{2}", countries)) == set(COUNTRIES)
    assert set(re.findall(r"[A-Z]{3}", currencies)) == set(CURRENCIES)
