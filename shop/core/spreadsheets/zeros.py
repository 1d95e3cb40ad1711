"""Codes and sizes that a spreadsheet has made numbers: `0017` became 17, `90.750` became 90.75, `12E3` 12000."""

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

# What a spreadsheet reads as a number.
_NUMBER: Final = re.compile(r"\d{1,40}(?:[.,]\d{1,20})?(?:[eE][+-]?\d{1,2})?")
NUMBER_IN_SQL: Final = r"^[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]{1,2})?$"


def as_number(code: str) -> Decimal | None:
    """Return the number that a spreadsheet would make of a code; None when it would not convert it."""
    return Decimal(code.replace(",", ".")) if _NUMBER.fullmatch(code) else None


class Alike:
    """Existing codes, by the number that a spreadsheet would make of them."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._codes: dict[Decimal, set[str]] = defaultdict(set)
        for code in codes:
            if (number := as_number(code)) is not None:
                self._codes[number].add(code)

    def other(self, text: str, *, is_number: bool) -> str:
        """Return the code that may be meant where a file has `text`, when that is another one; else an empty text.

        A number cell (`is_number`) may stand for any code of its number. A text means itself when such a code exists.
        """
        number = as_number(text)
        found = self._codes.get(number, set()) if number is not None else set()
        if text in found and not is_number:
            return ""
        return min(found - {text}, default="")
