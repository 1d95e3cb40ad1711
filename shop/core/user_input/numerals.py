"""Numbers as people type them, and as they are shown back: one reader and one writer for every field of the shop.

What is unambiguous is read in any notation: `1.234,50`, `1,234.50`, `1234,5`, `$ 38.900`, `38 900`. A single mark
before exactly three digits (`1.234`) has two readings. The reader's language decides, because that is how the shop
itself writes numbers on the same page: where the mark separates the thousands, it is one thousand two hundred and
thirty-four. Where it is the language's decimal mark (`1,234` in Spanish), an amount would have three decimals, which no
price has, so the amount is refused with both readings: a guess could be wrong by a factor of a thousand. Whole numbers
have one reading there, for they have no decimals.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.utils import translation

LONGEST: Final = 40
_DIGITS: Final = 13
_GREATEST: Final = Decimal(10) ** (_DIGITS - 1)
_CURRENCY: Final = r"(?:ARS|BRL|CLP|COP|MXN|PEN|PYG|UYU|USD|[A-Z]{2}\$|R\$|U\$S|\$U|S/\.?|₲|\$)"
_LEADING: Final = re.compile(rf"^([+-]?)\s*{_CURRENCY}\s*([+-]?)\s*", re.IGNORECASE)
_TRAILING: Final = re.compile(rf"\s*{_CURRENCY}$", re.IGNORECASE)
_MARK: Final = re.compile(rf"^[+-]?\s*({_CURRENCY})|({_CURRENCY})$", re.IGNORECASE)
# Signs that are of one currency alone.
_CODES: Final = {
    "U$S": "USD", "US$": "USD", "R$": "BRL", "BR$": "BRL", "AR$": "ARS", "CL$": "CLP", "CO$": "COP", "MX$": "MXN",
    "$U": "UYU", "UY$": "UYU", "S/": "PEN", "S/.": "PEN", "₲": "PYG",
}  # fmt: skip
_BODY: Final = re.compile(r"([+-]?)\s*(\d[\d., ]*|[.,]\d+)")
# The spaces and apostrophes by which people separate thousands; all become one plain space.
_SPACES: Final = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\u200a\u3000\t'’"), " ")
# Minus signs, full-width marks, and the decimal and thousands marks of Arabic.
_LOOK_ALIKES: Final = str.maketrans("\u2212\u2013\uff0d\uff0b\uff0c\uff0e\uff04\u066b\u066c", "---+,.$, ")
_UNSEEN: Final = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff\u00ad"))


class NotANumber(ValueError):
    """The text is not a number. Typing another helps."""


class TooLarge(NotANumber):
    """The number is greater than any amount or count of a shop."""


class TwoReadings(NotANumber):
    """The text can be read in two ways, a thousandfold apart: `whole`, or `cents` (as they would be typed)."""

    def __init__(self, text: str, whole: str, cents: str) -> None:
        super().__init__(text)
        self.text, self.whole, self.cents = text, whole, cents


@dataclass(frozen=True)
class Style:
    """How a language writes numbers: the mark before the decimals, and the mark between thousands."""

    point: str
    group: str


_ENGLISH: Final = Style(".", ",")
_LATIN: Final = Style(",", ".")


def style(language: str | None = None) -> Style:
    """Return how numbers are written in a language (the active one by default); `money.display` writes so too."""
    return _ENGLISH if (language or translation.get_language() or "es").lower().startswith("en") else _LATIN


def read(text: str, *, language: str | None = None, is_whole: bool = False) -> Decimal | None:
    """Return the number typed, None for nothing.

    `is_whole`: the field counts units, so that a mark before three digits can only separate thousands.

    Raises:
        NotANumber: the text is not a number. TwoReadings: it could be two numbers, and the language does not decide.
        TooLarge: beyond 10^12.
    """
    if len(text) < _DIGITS and text.isascii() and text.isdigit():
        return Decimal(text)  # As almost always: nothing to be read in it.
    plain = _plain(text)
    if not plain and not text.translate(_SPACES).strip():
        return None
    found = _BODY.fullmatch(plain)
    if len(text) > LONGEST or found is None:
        raise NotANumber(text)
    sign, body = found.groups()
    value = Decimal(sign + _canonical(body.strip(), style(language), is_whole=is_whole))
    if abs(value) >= _GREATEST:
        raise TooLarge(text)
    return value


def currency_of(text: str) -> str | None:
    """Return the code of the currency that was typed with an amount; None: none was, or a sign of several (`$`)."""
    found = _MARK.search(text.translate(_SPACES).translate(_UNSEEN).translate(_LOOK_ALIKES).strip())
    mark = (found[1] or found[2]).upper() if found else ""
    return mark if len(mark) == 3 and mark.isalpha() else _CODES.get(mark)


def _plain(text: str) -> str:
    """Return the text with plain digits, marks and spaces, without a currency's sign at its beginning or end."""
    shown = text.translate(_SPACES).translate(_UNSEEN).translate(_LOOK_ALIKES)
    shown = "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in shown).strip()
    without = _LEADING.sub(r"\1\2", shown, count=1)
    return _TRAILING.sub("", without, count=1).strip()


def _canonical(body: str, written: Style, *, is_whole: bool) -> str:
    """Return digits with at most one point. Raises: NotANumber, TwoReadings."""
    marks = [mark for mark in ".," if mark in body]
    point = max(marks, key=body.rindex) if marks else ""
    if len(marks) == 1 and (body.count(point) > 1 or _is_group(body, point, written, is_whole=is_whole)):
        point = ""
    head, _mark, tail = body.rpartition(point) if point else (body, "", "")
    if point and (not tail or not tail.isascii() or not tail.isdigit() or point in head):
        raise NotANumber(body)
    return f"{_ungrouped(head) if head else '0'}.{tail}" if tail else _ungrouped(head)


def _is_group(body: str, mark: str, written: Style, *, is_whole: bool) -> bool:
    """Return whether the one mark separates thousands. Raises: TwoReadings."""
    head, _mark, tail = body.partition(mark)
    if len(tail) != 3 or not tail.isdigit() or not re.fullmatch(r"[1-9]\d{0,2}", head):
        return False
    if mark == written.group or is_whole:
        return True
    raise TwoReadings(body, head + tail, f"{head}{mark}{tail[:2]}")


def _ungrouped(text: str) -> str:
    """Return the digits of a whole number whose thousands may be separated by one kind of mark. Raises: NotANumber."""
    if text.isdigit():
        return text
    marks = {one for one in text if not one.isdigit()}
    groups = re.split(r"[ .,]", text)
    if len(marks) != 1 or not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
        raise NotANumber(text)
    return "".join(groups)


def write(value: Decimal | int, *, decimals: int = 0, language: str | None = None) -> str:
    """Write a number as an input shows it in a language: `38.900,00`. `read` gives the same number back."""
    written = style(language)
    exact = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    plain = f"{exact:,.{decimals}f}"
    return plain.translate({ord(","): written.group, ord("."): written.point})
