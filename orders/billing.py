"""Billing data: identity and tax documents, checked by each country's own rules (python-stdnum)."""

import importlib
import re
from collections.abc import Callable
from functools import cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as NumberError

from shop.core.countries import Country, Document

_SEPARATORS: Final = re.compile(r"[\s.\-/–]")


class InvalidDocument(ValueError):
    """The number is not one of its kind; `message` says so to the shopper. Trying again does not help."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = message


def clean_document(country: Country, code: str, number: str) -> str:
    """Return a document's number in its compact form (digits and capitals only), checked with its check digit.

    Rules: `shop.core.countries`, whose documents name the python-stdnum modules or a pattern.

    Raises:
        InvalidDocument: unknown kind, or a number which that kind cannot have.
    """
    document = country.document(code)
    if document is None:
        raise InvalidDocument(_("Choose a kind of document from the list."))
    compact = _SEPARATORS.sub("", number).upper()
    if not compact.isascii() or not compact.isalnum() or not _is_valid(document, compact):
        words = _("That is no valid %(kind)s. Example: %(example)s.")
        raise InvalidDocument(words % {"kind": document.label, "example": document.example})
    return compact


def display_document(country: Country, code: str, number: str) -> str:
    """Return `DNI 30123456` for screens and mails; nothing for no document."""
    document = country.document(code)
    return f"{document.label if document else code} {number}".strip() if number else ""


def _is_valid(document: Document, compact: str) -> bool:
    if document.pattern and re.fullmatch(document.pattern, compact, re.ASCII):
        return True
    return any(_accepts(name, compact) for name in document.check)


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
    from stdnum.exceptions import InvalidChecksum, InvalidFormat

    if not number.isdigit() or not 7 <= len(number) <= 8:
        raise InvalidFormat
    digits = [int(digit) for digit in number.zfill(8)]
    total = sum(weight * digit for weight, digit in zip((2, 9, 8, 7, 6, 3, 4), digits, strict=False))
    if (10 - total % 10) % 10 != digits[7]:
        raise InvalidChecksum
    return number
