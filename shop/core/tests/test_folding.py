"""One folding for every search: pure rules, and PostgreSQL's result of the same expressions."""

import unicodedata

import pytest
from django.db import connection

from shop.core.folding import fold, pattern, squeeze

WRITTEN = {
    "nunez": ["Núñez", "NÚÑEZ", unicodedata.normalize("NFD", "Núñez"), "Nunez"],
    "sao joao": ["São João", "SÃO JOÃO", unicodedata.normalize("NFD", "são joão")],
    "ibanez": ["Ibáñez", "Ibañez"],
    "oneil": ["O'Neil", "O’Neil", "O´Neil"],
    "kobenhavn": ["København"],
    "10001": ["10001", "１０００１"],
}


@pytest.mark.parametrize("folded", WRITTEN)
def test_every_way_of_writing_folds_to_the_same(folded):
    assert {fold(text) for text in WRITTEN[folded]} == {folded}


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [
        ("28.111.222", "28111222"),
        ("#10.001", "10001"),
        ("+54 9 11 5555-0187", "5491155550187"),
        ("30-71234567-1", "30712345671"),
        ("BCA02-CRU", "bca02cru"),
        ("'.-", ""),
        ("a|b", "ab"),
    ],
)
def test_separators_do_not_count_in_codes_and_numbers(text, squeezed):
    assert squeeze(text) == squeezed


@pytest.mark.django_db
def test_postgresql_finds_each_way_of_writing_by_each_other():
    with connection.cursor() as cursor:
        for texts in WRITTEN.values():
            for stored in texts:
                for typed in texts:
                    cursor.execute("SELECT %s ~ %s", [f"- {stored} -", pattern(fold(typed))])
                    assert cursor.fetchone() == (True,), (stored, typed)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["a.c", "%", "_", "\\", "[x]", "(", "a*", "^a", "🧦", "ab"])
def test_no_sign_means_more_than_itself(typed):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s ~ %s", ["xyz", pattern(fold(typed))])
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT %s ~ %s", [f"x{typed}y", pattern(fold(typed))])
        assert cursor.fetchone() == (True,)
