"""Rates: typed in percent, kept as fractions."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from shop.core.user_input.rates import RateField, RateInput, RateRange


@pytest.mark.parametrize(
    ("text", "fraction"), [("19", "0.19"), ("19,5", "0.195"), ("0", "0"), ("1.200", "12")]
)
def test_a_rate_is_typed_in_percent(text, fraction):
    with translation.override("es"):
        assert RateField(max_digits=6, decimal_places=4).clean(text) == Decimal(fraction)


def test_it_is_shown_as_it_is_typed():
    with translation.override("es"):
        assert RateInput().format_value(Decimal("0.1950")) == "19,50"
        assert RateInput().format_value("19,5 %") == "19,5 %"


@pytest.mark.parametrize("value", ["-0.01", "1.01"])
def test_a_rate_beyond_the_range_is_refused_in_percent(value):
    with translation.override("es"), pytest.raises(ValidationError, match="Entre 0 % y 100 %"):
        RateRange("1")(Decimal(value))
