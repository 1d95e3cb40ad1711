"""Documents and postal codes, by each country's own rules."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.checkout.documents import InvalidDocument, clean_document, display_document
from shop.core import countries
from shop.core.countries.numbers import is_identifying

GOOD = [
    ("AR", "DNI", "30.123.456", "30123456"),
    ("AR", "CUIT", "20-05536168-2", "20055361682"),
    ("BR", "CPF", "390.533.447-05", "39053344705"),
    ("BR", "CNPJ", "16.727.230/0001-97", "16727230000197"),
    ("CL", "RUT", "12.531.909-2", "125319092"),
    ("CO", "CC", "1.020.345.678", "1020345678"),
    ("CO", "NIT", "213.123.432-1", "2131234321"),
    ("MX", "RFC", "GODE 561231 GR8", "GODE561231GR8"),
    ("MX", "CURP", "boxw310820hnerxn09", "BOXW310820HNERXN09"),
    ("PE", "DNI", "10117410", "10117410"),
    ("PE", "RUC", "20512333797", "20512333797"),
    ("UY", "CI", "1.234.567-2", "12345672"),
    ("UY", "RUT", "21-100342-001-7", "211003420017"),
    ("AR", "DNI", "３０１２３４５６", "30123456"),
    ("AR", "DNI", "30\u00a0123\u200b456", "30123456"),
    ("AR", "CUIT", "20–05536168–2", "20055361682"),
    ("MX", "RFC", "T&L150312QX4", "T&L150312QX4"),
    ("MX", "RFC", "ñan-180704-hj2", "ÑAN180704HJ2"),
    ("MX", "RFC", "N\u0303AN180704HJ2", "ÑAN180704HJ2"),
    ("MX", "RFC", "XAXX010101000", "XAXX010101000"),
    ("CO", "CC", "222222222222", "222222222222"),
    ("CL", "RUT", "66.666.666-6", "666666666"),
    ("BR", "FOREIGN", "FT482136", "FT482136"),
    ("AR", "FOREIGN", "12.531.909-2", "125319092"),
]
BAD = [
    ("AR", "DNI", "123"),
    ("AR", "CUIT", "20-05536168-3"),
    ("BR", "CPF", "390.533.447-06"),
    ("BR", "CPF", "111.111.111-11"),
    ("CL", "RUT", "12.531.909-3"),
    ("CO", "CC", "012345"),
    ("MX", "RFC", "GODE561331GR8"),
    ("PE", "RUC", "20512333798"),
    ("UY", "CI", "1.234.567-3"),
    ("UY", "CI", "x"),
    ("AR", "RG", "30123456"),
    ("AR", "DNI", ""),
    ("AR", "DNI", "9.876.543-3"),  # A Chilean RUT.
    ("CO", "CC", "1.020.345.678-1"),
    ("CL", "RUT", "22.222.222-3"),
    ("MX", "RFC", "T&L150312Q&4"),
    ("AR", "DNI", "T&L"),
    ("BR", "FOREIGN", "PASAPORTE"),
    ("BR", "FOREIGN", "F1"),
    ("BR", "FOREIGN", "<script>1"),
]


@pytest.mark.parametrize(("country", "kind", "typed", "kept"), GOOD)
def test_a_good_number_is_kept_compact(country, kind, typed, kept):
    assert clean_document(countries.get(country), kind, typed) == kept


@pytest.mark.parametrize(("country", "kind", "typed"), BAD)
def test_a_bad_number_is_refused_with_words(country, kind, typed):
    with pytest.raises(InvalidDocument) as refused:
        clean_document(countries.get(country), kind, typed)
    assert str(refused.value.message)


@settings(deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(countries.COUNTRIES)), st.text(max_size=30))
def test_any_text_is_a_number_or_refused(code, text):
    country = countries.get(code)
    for document in country.accepted_documents:
        try:
            kept = clean_document(country, document.code, text)
        except InvalidDocument:
            continue
        assert set(kept) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + document.signs)


@pytest.mark.parametrize("code", sorted(countries.COUNTRIES))
def test_every_countrys_own_examples_are_good(code):
    country = countries.get(code)
    assert country.clean_postal_code(country.postal_example)
    assert len(set(country.states)) == len(country.states)
    for example in country.postal_examples.split(","):
        assert country.clean_postal_code(example or country.postal_example)
    for document in country.accepted_documents:
        kept = clean_document(country, document.code, document.example)
        assert is_identifying(document, kept)


@pytest.mark.parametrize(
    ("code", "typed", "kept"),
    [
        ("AR", " c1414abc ", "C1414ABC"),
        ("AR", "1043", "1043"),
        ("AR", "X 5000 HJK", "X5000HJK"),
        ("AR", "x 5000", "X5000"),
        ("AR", "CP 1414", "1414"),
        ("AR", "C1414", "C1414"),
        ("BR", "01310100", "01310-100"),
        ("BR", "CEP 01.310-100", "01310-100"),
        ("CL", "757-0000", "7570000"),
        ("CL", "757 0000", "7570000"),
        ("CL", "", ""),
        ("CO", "110 111", "110111"),
        ("MX", "06700", "06700"),
        ("MX", "C.P. 06700", "06700"),
    ],
)
def test_postal_codes_are_kept_in_the_countrys_way(code, typed, kept):
    assert countries.get(code).clean_postal_code(typed) == kept


@pytest.mark.parametrize(
    ("code", "typed"), [("AR", "104"), ("AR", "I1414ABC"), ("BR", "0131010"), ("MX", "x"), ("PE", "")]
)
def test_bad_postal_codes_are_refused(code, typed):
    with pytest.raises(ValueError, match=typed or "^$"):
        countries.get(code).clean_postal_code(typed)


@pytest.mark.parametrize(
    ("code", "kind", "number"),
    [
        ("MX", "RFC", "XAXX010101000"),
        ("MX", "RFC", "XEXX010101000"),
        ("CO", "CC", "222222222222"),
        ("CL", "RUT", "666666666"),
        ("AR", "DNI", "11111111"),
        ("AR", "DNI", "12345678"),
        ("AR", "DNI", ""),
    ],
)
def test_numbers_that_stand_for_anybody_identify_nobody(code, kind, number):
    assert not is_identifying(countries.get(code).document(kind), number)


def test_documents_on_screens():
    assert display_document(countries.get("AR"), "DNI", "30123456") == "DNI 30123456"
    assert display_document(countries.get("AR"), "DNI", "") == ""
