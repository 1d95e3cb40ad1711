"""Numbers of documents, checked by each kind's own rules: python-stdnum, or a pattern where there is no check digit."""

import importlib
import re
from collections.abc import Callable
from functools import cache
from typing import Final

from stdnum.exceptions import InvalidChecksum, InvalidFormat
from stdnum.exceptions import ValidationError as NumberError

from shop.core.countries.base import Document

_SEPARATORS: Final = re.compile(r"[\s.\-/–]")


def clean_number(document: Document, text: str) -> str:
    """Return a document's number in its compact form: digits and capitals only.

    Raises:
        ValueError: no document of this kind can have it.
    """
    compact = _SEPARATORS.sub("", text).upper()
    if not compact.isascii() or not compact.isalnum():
        raise ValueError(text)
    # 111.111.111-11 passes its check digits and is nobody's; shorter numbers of one digit may be somebody's.
    if len(compact) >= 10 and len(set(compact)) == 1:
        raise ValueError(text)
    if document.pattern and re.fullmatch(document.pattern, compact, re.ASCII):
        return compact
    if not any(_accepts(name, compact) for name in document.check):
        raise ValueError(text)
    return compact


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
