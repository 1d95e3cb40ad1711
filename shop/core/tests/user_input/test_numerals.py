"""Numbers as people type them: read in any notation, refused where a guess could be wrong by a factor of a thousand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core import money
from shop.core.user_input import numerals

LANGUAGES = ["es", "pt-br", "en"]
CURRENCIES = ["ARS", "BRL", "CLP", "COP", "MXN", "PEN", "PYG", "UYU", "USD"]
amounts = st.decimals(min_value=Decimal("-999999999.99"), max_value=Decimal("999999999.99"), places=2)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1234,5", "1234.5"),
        ("1234.5", "1234.5"),
        ("$ 38 900", "38900"),
        ("38\u00a0900", "38900"),
        ("38\u202f900,5", "38900.5"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1.234.567,89", "1234567.89"),
        ("1'234.50", "1234.50"),
        ("0,5", "0.5"),
        ("0.125", "0.125"),
        (",50", "0.50"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("-$ 1.234,5", "-1234.5"),
        ("+7", "7"),
        ("R$ 12,00", "12"),
        ("US$12.00", "12"),
        ("S/ 12", "12"),
        ("12 ARS", "12"),
        ("１２３,５", "123.5"),
        ("٣٨٩٠٠", "38900"),
        ("  7  ", "7"),
        ("00012", "12"),
        ("12345.678", "12345.678"),
        ("$\u200b12", "12"),
    ],
)
def test_what_is_certain_is_read_in_every_language(text, value, language):
    assert numerals.read(text, language=language) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [("1.234", "es", 1234), ("38.900", "pt-br", 38900), ("$ 38.900", "es", 38900), ("1,234", "en", 1234)],
)
def test_the_mark_that_parts_thousands_in_the_readers_language_parts_them(text, language, value):
    assert numerals.read(text, language=language) == value


@pytest.mark.parametrize(("text", "language"), [("1,234", "es"), ("1,234", "pt-br"), ("1.234", "en")])
def test_three_digits_after_the_decimal_mark_are_no_guess_but_count_as_thousands_of_units(text, language):
    with pytest.raises(numerals.TwoReadings) as refused:
        numerals.read(text, language=language)

    assert (refused.value.whole, refused.value.cents) == ("1234", text[:-1])
    assert numerals.read(text, language=language, is_whole=True) == 1234


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "1e5",
        "NaN",
        "Infinity",
        "1.234.56",
        "12.34.567",
        "1,2,3",
        "1 23",
        "38 90",
        "5.",
        "5,",
        "--5",
        "1-2",
        "1.234,567,8",
        "1.234 567",
        "1,234.5.6",
        "$",
        "12 34 567",
        "0x10",
        "½",
        "1_000",
        "1" * 41,
        "٣.٤.٥",
    ],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(numerals.NotANumber):
        numerals.read(text)


def test_nothing_is_no_number_and_no_fault():
    assert numerals.read("") is None
    assert numerals.read(" \u00a0") is None


def test_beyond_a_billion_thousands_is_refused():
    with pytest.raises(numerals.TooLarge):
        numerals.read("1000000000000")


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("language", LANGUAGES)
@given(amount=amounts)
def test_what_the_shop_writes_it_reads_back(amount, language, currency):
    exact = money.quantize(amount, currency)
    places = money.precision(currency)

    assert (
        numerals.read(numerals.write(exact, decimals=places, language=language), language=language) == exact
    )
    assert numerals.read(money.display(exact, currency, language), language=language) == exact


@pytest.mark.parametrize("language", LANGUAGES)
@given(number=st.integers(min_value=-(10**11), max_value=10**11))
def test_counts_are_read_back_too(number, language):
    assert (
        numerals.read(numerals.write(number, language=language), language=language, is_whole=True) == number
    )


@given(st.text(max_size=45))
def test_any_text_is_a_number_or_refused(text):
    try:
        found = numerals.read(text)
    except numerals.NotANumber:
        return
    assert found is None or found.is_finite()
