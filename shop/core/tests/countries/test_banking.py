"""Bank accounts by country: wrong check digits are refused with a sentence, valid numbers are stored compact."""

import pytest

from shop.core import countries
from shop.core.countries import banking

CPF, CNPJ = "111.444.777-35", "11.444.777/0001-61"


def check(country: str, name: str, text: str, *, way: str = "") -> str:
    chosen = banking.way(country, way) if way else banking.ways(country)[0]
    assert chosen is not None
    field = next(field for field in chosen.fields if field.name == name)
    return banking.clean(countries.COUNTRIES[country], field, text)


@pytest.mark.parametrize(
    ("country", "name", "text", "kept"),
    [
        ("AR", "account", "28505909 40090418135201", "2850590940090418135201"),
        ("AR", "account", "Percha.Azul.Mar", "percha.azul.mar"),
        ("AR", "tax_id", "20-30123456-3", "20301234563"),
        ("AR", "holder", "  Ana   Gómez ", "Ana Gómez"),
        ("MX", "account", "032 180 000118359719", "032180000118359719"),
        ("BR", "account", CPF, "11144477735"),
        ("BR", "account", CNPJ, "11444777000161"),
        ("BR", "account", "+55 (11) 91234-5678", "+5511912345678"),
        ("BR", "account", "Ana@Example.com", "ana@example.com"),
        ("BR", "account", "123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-42d3-a456-426614174000"),
        ("CL", "account", "00-123-45678-9", "00-123-45678-9"),
        ("CL", "tax_id", "12.531.909-2", "125319092"),
        ("CL", "bank", "Banco de Chile", "Banco de Chile"),
    ],
)
def test_what_can_be_is_kept(country, name, text, kept):
    assert check(country, name, text) == kept


@pytest.mark.parametrize(
    ("country", "name", "text", "words"),
    [
        ("AR", "account", "2850590940090418135202", "check digit"),
        ("AR", "account", "2810590940090418135201", "check digit"),
        ("AR", "account", "285059094009041813520", "22 digits; this one has 21"),
        ("AR", "account", "añil", "6 to 20 letters"),
        ("AR", "account", "short", "6 to 20 letters"),
        ("AR", "tax_id", "20-30123456-4", "CUIT"),
        ("AR", "holder", "12", "as the bank knows it"),
        ("MX", "account", "032180000118359718", "check digit"),
        ("MX", "account", "03218000011835971", "18 digits"),
        ("MX", "account", "٠٣٢١٨٠٠٠٠١١٨٣٥٩٧١٩x", "18 digits"),
        ("BR", "account", "111.444.777-36", "no Pix key"),
        ("BR", "account", "11912345678", "no Pix key"),
        ("BR", "account", "+54 11 5555 1234", "+55"),
        ("BR", "account", "ana@@example", "not a Pix key"),
        ("CL", "account", "ana; drop table", "digits, letters"),
        ("CL", "tax_id", "12.531.909-3", "RUT"),
        ("CL", "holder", "Ana\u202eGómez", "no bank can write"),
    ],
)
def test_what_cannot_be_is_told_in_words(country, name, text, words, settings):
    from django.utils import translation

    with translation.override("en"), pytest.raises(banking.BadAccount, match=words.replace("+", r"\+")):
        check(country, name, text)


def test_a_brazilian_account_has_an_agency_and_a_document():
    assert check("BR", "agency", "1234-x", way="account") == "1234-X"
    assert check("BR", "tax_id", CPF, way="account") == "11144477735"
    with pytest.raises(banking.BadAccount):
        check("BR", "agency", "12", way="account")


def test_every_country_has_a_way_whose_checks_exist_and_whose_account_is_secret():
    for code in (*countries.COUNTRIES, "ZZ"):
        for way in banking.ways(code):
            assert {field.check for field in way.fields} <= banking.CHECKS.keys()
            assert any(field.is_secret for field in way.fields)
            assert all(field.max_length <= 120 for field in way.fields)
