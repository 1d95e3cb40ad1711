"""One rule for when two codes are equal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core import codes


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" BCA-1\u200b", "BCA-1"),
        ("\ufeffBCA-1\r\n", "BCA-1"),
        ("ＢＣＡ－１", "BCA-1"),
        ("NIN\u0303O", "NIÑO"),
        ("\u202eA1\u202c", "A1"),
        ("", ""),
        ("a/b_c.d+1", "a/b_c.d+1"),
    ],
)
def test_a_code_is_kept_as_people_see_it(typed, kept):
    assert codes.require(typed) == kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("BCA\u200b1", r"invisible.*U\+200B.*BCA"),
        ("BCA\u00ad1", "invisible"),
        ("A\u20601", "invisible"),
        ("A\ufe0f1", "invisible"),
        ("A\x071", "invisible"),
        ("A\u202e1", "invisible"),
        ("B\u0410", "Latin alphabet"),
        ("\u0410\u0412\u0421", "Latin alphabet"),
        ("\u0391", "Latin alphabet"),
        ("A–1", "hyphens"),
        ("A 1", "spaces"),
        ("A\xa01", "spaces"),
        ("A×1", "hyphens"),
    ],
)
def test_what_nobody_could_type_again_is_refused_by_its_name(typed, words):
    from django.utils import translation

    with translation.override("en"), pytest.raises(ValueError, match=re.compile(words, re.DOTALL)):
        codes.require(typed)


@given(st.text(max_size=20))
def test_a_kept_code_stays_as_it_is(text):
    """Property: normalising an accepted code again changes nothing, nor how it is compared."""
    try:
        kept = codes.require(text)
    except ValueError:
        return
    assert codes.require(kept) == kept
    assert codes.fold(kept) == codes.fold(text) == codes.fold(codes.fold(kept))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("735145200461", "0735145200461", True),
        ("735145200461", "00735145200461", True),
        ("96385074", "00000096385074", False),
        ("ean-1", "EAN-1", True),
        ("12345678905", "012345678905", False),
        ("7351-4520-0461", "735145200461", False),
    ],
)
def test_a_gtin_is_one_number_however_many_zeros_stand_before_it(one, other, same):
    assert (codes.fold_barcode(one) == codes.fold_barcode(other)) is same
