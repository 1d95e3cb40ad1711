"""Numbers of documents, checked by their kind's rules: python-stdnum, or a pattern where there is no check digit."""

import importlib
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final

from stdnum.exceptions import InvalidChecksum, InvalidFormat
from stdnum.exceptions import ValidationError as NumberError

from shop.core.countries.base import Document

# What people put between the parts of a number, and invisible characters that copying from a page leaves in it.
_SEPARATORS: Final = re.compile(r"[\s.,\-/\u00ad\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]")
_CHECK_DIGIT_APART: Final = re.compile(r"[-\u2010-\u2015\u2212]\s*\w\s*$")
# Typed to get past the field: one digit throughout, or a run upwards or downwards.
_PLACEHOLDER: Final = re.compile(r"(\w)\1+|0?123456(?:7(?:8(?:90?)?)?)?|9?87654321?0?", re.ASCII)


def clean_number(document: Document, text: str) -> str:
    """Return a document's number in its compact form: digits, capitals and the document's own signs.

    Raises:
        ValueError: no document of this kind can have it.
    """
    text = unicodedata.normalize("NFKC", text)
    if not document.has_check_digit and _CHECK_DIGIT_APART.search(text):
        raise ValueError(text)
    compact = _SEPARATORS.sub("", text).upper()
    if not all((char.isascii() and char.isalnum()) or char in document.signs for char in compact):
        raise ValueError(text)
    if document.anonymous and re.fullmatch(document.anonymous, compact):
        return compact
    # 111.111.111-11 passes its check digits but is never issued; shorter numbers of one digit may be.
    if not compact or (len(compact) >= 10 and len(set(compact)) == 1):
        raise ValueError(text)
    if document.pattern and re.fullmatch(document.pattern, compact, re.ASCII):
        return compact
    if not any(_accepts(name, compact) for name in document.check):
        raise ValueError(text)
    return compact


def is_identifying(document: Document | None, number: str) -> bool:
    """Return whether a compact number tells one person from another.

    False for none, for the tax office's number of a buyer without one (Mexico's XAXX010101000), and for what is typed
    to get past the field (11111111, 12345678).
    """
    if not number or _PLACEHOLDER.fullmatch(number):
        return False
    return not (document and document.anonymous and re.fullmatch(document.anonymous, number))


def _accepts(name: str, compact: str) -> bool:
    try:
        _checker(name)(compact)
    except NumberError:
        return False
    return True


@cache
def _checker(name: str) -> Callable[[str], object]:
    if name == "uy.ci":
        return _uruguayan_ci
    checker: Callable[[str], object] = importlib.import_module(f"stdnum.{name}").validate
    return checker


def _uruguayan_ci(number: str) -> str:
    """Check an Uruguayan cédula: seven digits weighted 2, 9, 8, 7, 6, 3, 4 and a check digit (DNIC)."""
    if not number.isdigit() or not 7 <= len(number) <= 8:
        raise InvalidFormat
    digits = [int(digit) for digit in number.zfill(8)]
    total = sum(weight * digit for weight, digit in zip((2, 9, 8, 7, 6, 3, 4), digits, strict=False))
    if (10 - total % 10) % 10 != digits[7]:
        raise InvalidChecksum
    return number
