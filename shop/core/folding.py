"""Text as searches compare it: without case, accents, compatibility forms and apostrophes, in Python and in PostgreSQL.

Every search of the shop and of its back office folds here, so that `nunez` finds Núñez, `sao joao` finds São João
however its accents are encoded, and `oneil` finds O'Neil. Stored text is not folded but compared with a regular
expression that takes every way of writing each letter: as fast as a plain comparison without case (200,000 rows in a
third of a second), where folding the rows themselves (`normalize()`, `translate()`) takes seconds, and the embedded
PostgreSQL has no `unaccent` extension. The syntax is that of PostgreSQL's regular expressions:
https://www.postgresql.org/docs/current/functions-matching.html#POSIX-SYNTAX-DETAILS
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Final

# Letters that Unicode normalisation does not decompose, and what people type for them.
_LETTERS: Final = dict(zip("øØłŁđĐıœŒæÆ", "oollddiooaa", strict=True))
_COMBINING: Final = [chr(code) for code in range(0x0300, 0x0370)]
_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_APOSTROPHES: Final = "'\u2018\u2019\u201b\u02bc\u02b9\u2032`\u00b4"
_DROPPED: Final = [*_COMBINING, *_INVISIBLE, *_APOSTROPHES]
# What people write inside one code, number or name, or leave out.
_SEPARATORS: Final = " \t\n\r\u00a0.,;:-_/\\()+#\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
# Separates the fields of one row that are compared together; no match spans it.
BETWEEN: Final = "|"
_PLAIN: Final[dict[int, str | None]] = {ord(char): None for char in _DROPPED} | {
    ord(char): plain for char, plain in _LETTERS.items()
}
_SQUEEZED: Final[dict[int, str | None]] = {ord(char): None for char in _SEPARATORS + BETWEEN}
# Latin, Greek and Cyrillic letters with their marks, and the wide forms of East Asian keyboards.
_KNOWN: Final = (*range(0x21, 0x2000), *range(0xFF00, 0xFFF0))


def fold(text: str) -> str:
    """Return lower-case text without accents and apostrophes, with single spaces."""
    # The apostrophes go first: normalisation turns some into spaces.
    bare = text.translate({ord(char): None for char in _APOSTROPHES})
    plain = unicodedata.normalize("NFKD", bare).lower().translate(_PLAIN)
    return " ".join("".join(char if char.isprintable() else " " for char in plain).split())


def squeeze(text: str) -> str:
    """Return folded text without separators either: `28.111.222` as 28111222, `BCA02-CRU` as bca02cru."""
    return fold(text).translate(_SQUEEZED).replace(" ", "")


@cache
def _writings() -> dict[str, str]:
    """Return for each folded character the bracket expression of all characters that fold to it."""
    found: dict[str, list[int]] = {}
    for code in _KNOWN:
        folded = fold(chr(code))
        if len(folded) == 1:
            found.setdefault(folded, []).append(code)
    return {char: _bracket(codes) for char, codes in found.items()}


def _bracket(codes: Iterable[int]) -> str:
    """Return a bracket expression of code points; neighbours are written as ranges."""
    ranges: list[list[int]] = []
    for code in sorted(set(codes)):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]"


_MAYBE_DROPPED: Final = _bracket(map(ord, _DROPPED)) + "*"
_MAYBE_SEPARATED: Final = _bracket(map(ord, [*_DROPPED, *_SEPARATORS])) + "*"


def pattern(folded: str, *, is_squeezed: bool = False) -> str:
    """Return the regular expression of stored text that folds to `folded` (from `fold`, or from `squeeze`).

    With `is_squeezed` separators may stand anywhere in the stored text.
    """
    between = _MAYBE_SEPARATED if is_squeezed else _MAYBE_DROPPED
    writings = _writings()
    return between.join(writings.get(char) or _bracket([ord(char)]) for char in folded)
