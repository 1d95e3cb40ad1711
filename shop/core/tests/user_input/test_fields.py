"""Fields of money and numbers: what people type, what they see again, and decimals which the currency lacks."""

from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from shop.core import money
from shop.core.user_input import fields


class Form(forms.Form):
    """An amount and a count."""

    price = fields.MoneyField(min_value=Decimal("0.01"))
    units = fields.WholeField(min_value=0, required=False)


@pytest.mark.parametrize(
    ("currency", "fitting", "refused"),
    [
        ("CLP", ["9990", "9990.00"], ["9990.50", "0.01"]),
        ("COP", ["49900"], ["49900.5"]),
        ("PYG", ["1000"], ["1000.5"]),
        ("ARS", ["10.55"], ["1000.555"]),
        ("MXN", ["0.01"], ["0.001"]),
    ],
)
def test_an_amount_has_the_decimals_its_currency_takes_and_no_more(currency, fitting, refused, settings):
    settings.SHOP_CURRENCY = currency
    with translation.override("en"):
        for text in fitting:
            assert fields.MoneyField().clean(text) == Decimal(text)
        for text in refused:
            assert not money.fits(Decimal(text))
            with pytest.raises(ValidationError) as error:
                fields.MoneyField().clean(text)
            assert error.value.code == "decimals" or error.value.error_list[0].code == "decimals"


@pytest.mark.parametrize("text", ["5 USD", "U$S 5", "us$5", "R$ 5", "5 ₲", "-UYU 5"])
def test_an_amount_in_another_currency_is_not_taken_for_one_in_ours(text, settings):
    settings.SHOP_CURRENCY = "ARS"
    with pytest.raises(ValidationError, match="ARS"):
        fields.MoneyField().clean(text)
    for ours in ("5 ARS", "AR$ 5", "$ 5", "5"):
        assert fields.MoneyField().clean(ours) == 5
    assert fields.MoneyField(currency="USD").clean("5 USD") == 5


def test_a_form_says_what_it_cannot_read_and_keeps_what_was_typed():
    with translation.override("es"):
        form = Form({"price": "1,234", "units": "1,5"})

        assert form.errors == {
            "price": ["1,234 se puede leer de dos maneras: escribí 1234, o 1,23."],
            "units": ["Tiene que ser un número entero."],
        }
        assert 'value="1,234"' in str(form["price"])


@pytest.mark.parametrize(
    ("language", "price", "units"), [("es", "38.900,00", "1.000"), ("en", "38,900.00", "1,000")]
)
def test_inputs_show_numbers_as_the_reader_writes_them_and_read_them_back(language, price, units, settings):
    settings.SHOP_CURRENCY = "ARS"
    with translation.override(language):
        form = Form(initial={"price": Decimal("38900.00"), "units": 1000})
        assert f'value="{price}"' in str(form["price"])
        assert f'value="{units}"' in str(form["units"])
        assert 'type="text"' in str(form["price"])
        assert 'inputmode="decimal"' in str(form["price"])

        sent = Form({"price": price, "units": units}, initial=form.initial)
        assert sent.is_valid()
        assert not sent.changed_data


def test_a_price_that_has_decimals_already_is_shown_with_them_and_refused(settings):
    settings.SHOP_CURRENCY = "CLP"
    with translation.override("es"):
        assert 'value="9.990,5"' in str(Form(initial={"price": Decimal("9990.50")})["price"])


def test_a_float_is_no_amount():
    with pytest.raises(money.FloatMoneyError):
        fields.typed(0.5)


def test_a_model_refuses_decimals_too_and_migrations_see_a_plain_column(settings):
    settings.SHOP_CURRENCY = "CLP"
    field: Any = fields.ModelMoneyField("price")
    with pytest.raises(ValidationError):
        field.run_validators(Decimal("9990.50"))
    fields.ModelMoneyField("paid", is_recorded=True).run_validators(Decimal("9990.50"))
    assert field.deconstruct()[1] == "django.db.models.DecimalField"


def test_a_refusal_names_its_limit_as_the_reader_writes_it():
    class Limits(forms.Form):
        price = fields.MoneyField(min_value=Decimal("0.01"))
        units = fields.WholeField(max_value=12_000)

    with translation.override("es"):
        errors = Limits({"price": "0", "units": "12001"}).errors
        said = (errors["price"][0], errors["units"][0])
    assert "0,01" in said[0]
    assert "12.000" in said[1]
