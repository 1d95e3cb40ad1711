"""Postal codes and ranges as people write them, and which places a zone of them has. Pure.

Postal codes are texts. A range compares the digits of codes with equally many digits, so `0622-0699` never takes
06220170 for a number; a code with letters belongs to ranges by its digits where the country writes four digits
within it (C1414ABC), and otherwise by its beginning (`C14`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PART = re.compile(r"^(?P<first>[0-9A-Z]+)(?:\s*-\s*(?P<last>[0-9A-Z]+))?$")
MOST_PARTS = 500


class BadRanges(ValueError):
    """A text that is no list of postal codes and ranges; `part` is what cannot be read."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


@dataclass(frozen=True, slots=True)
class PostalRange:
    """From `first` to `last`, both included; `last` empty: all codes that begin with `first`."""

    first: str
    last: str = ""

    def contains(self, code: str) -> bool:
        plain = plain_code(code)
        if not self.last:
            return plain.startswith(self.first) or digits_of(plain) == self.first
        digits = digits_of(plain)
        return len(digits) == len(self.first) and self.first <= digits <= self.last


def plain_code(code: str) -> str:
    """Return a postal code in capitals, without spaces and dashes: 06220-170 and 06220170 are one."""
    return re.sub(r"[\s-]", "", code).upper()


def digits_of(code: str) -> str:
    """Return the digits of a code: 1414 of C1414ABC."""
    return re.sub(r"\D", "", code)


def parse_ranges(written: str) -> tuple[PostalRange, ...]:
    """Read `1000-1499, 5000, C14` as people write it: separated by commas, semicolons or lines.

    Raises:
        BadRanges: a part is neither a code nor a range of two numbers of equal length in rising order.
    """
    found: list[PostalRange] = []
    for part in filter(None, (piece.strip().upper() for piece in re.split(r"[,;\n]", written))):
        matched = _PART.match(part)
        if matched is None or len(found) >= MOST_PARTS:
            raise BadRanges(part)
        first, last = matched["first"], matched["last"] or ""
        if last and not (first.isdigit() and last.isdigit() and len(first) == len(last) and first <= last):
            raise BadRanges(part)
        found.append(PostalRange(first, last))
    return tuple(found)


def covers(
    *, states: Sequence[str], ranges: Iterable[PostalRange], state: str | None, postal_code: str
) -> bool:
    """Say whether a zone of these states and ranges has the place; a zone of neither has every place.

    With states and ranges, either is enough: `Córdoba, and of Santa Fe the 2000 to 2099`. Where the place is not
    known yet (`state` None) every zone may have it.
    """
    known = tuple(ranges)
    if (not states and not known) or state is None:
        return True
    return state in states or bool(postal_code and any(one.contains(postal_code) for one in known))
