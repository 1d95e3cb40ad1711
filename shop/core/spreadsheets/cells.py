"""Parse what people write into cells, or refuse it with a sentence.

Widgets of django-import-export: `clean` raises ValueError with a sentence for the clerk, `render` gives what an
export writes. A number that can be read in two ways is refused, never guessed: a price a thousand times too high or
too low is worse than a question.
"""

import re
import unicodedata
from collections.abc import Container
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _
from import_export.widgets import Widget

from shop.core import codes, money
from shop.core.spreadsheets.reading.values import Fault, Formula, Merged
from shop.core.user_input.fields import decimals_refusal, size_refusal

# Spreadsheet programs run a cell that begins so as a formula (OWASP, "CSV injection").
_FORMULA: Final = "=+-@\t\r\n＝＋－＠"
_GUARDED: Final = re.compile(rf"'+[{re.escape(_FORMULA)}]")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
# What Excel makes of a long number (`7,79E+12`). `407E12`, without a sign, may be a code.
_SHORTENED: Final = re.compile(r"\d(?:[.,]\d{1,15})?[eE][+-]\d{1,3}")
# Spreadsheets keep fifteen digits of a number.
_MOST_EXACT: Final = 10**15
# Invisible characters, which would make equal names different; joiners stay, since scripts and emoji need them.
_UNSEEN: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS: Final = re.compile(r"(?:\$|ARS|BRL|R\$|CLP|COP|MXN|PEN|S/|UYU|USD|US\$)", re.IGNORECASE)
_YES: Final = frozenset({"si", "sí", "s", "yes", "y", "true", "verdadero", "1", "x", "sim"})
_NO: Final = frozenset({"no", "n", "false", "falso", "0", "não", "nao"})


def guard(text: str) -> str:
    """Return `text` with an apostrophe before whatever looks like a formula, so that no spreadsheet runs it.

    Plain numbers stay as they are. `unguard` removes exactly this apostrophe.
    """
    if _NUMBER.fullmatch(text):
        return text
    if text[:1] and (text[0] in _FORMULA or _GUARDED.match(text)):
        return f"'{text}"
    return text


def unguard(text: str) -> str:
    """Return what `guard` was given."""
    return text[1:] if _GUARDED.match(text) else text


def as_text(value: object) -> str:
    """Return a cell as people read it, for showing: whole numbers without their `.0`, without spaces around."""
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case float() if value.is_integer() and abs(value) < _MOST_EXACT:
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat()
        case Formula():
            return _("(a formula)")
        case Merged():
            return _("(merged with %s)") % value.of
        case Fault():
            return value.name
    text = _UNSEEN.sub("", unguard(str(value).replace("\r\n", "\n")))
    return unicodedata.normalize("NFC", text).replace("\xa0", " ").strip()


def is_shortened(text: str) -> bool:
    """Return whether a text is what Excel makes of a long number: `7,79E+12`."""
    return _SHORTENED.fullmatch(text.strip()) is not None


def unknown(value: object) -> str:
    """Return why a cell's value is unknown: a formula without a result, an error, a merged cell; else ""."""
    match value:
        case Formula():
            return _(
                "This cell holds a formula that no program has calculated: open the file in a spreadsheet and save it."
            )
        case Merged():
            return _("This cell is merged with %s: undo that, and write the value into each row.") % value.of
        case Fault():
            return _("This cell holds an error of the spreadsheet: %s.") % value.name
    return ""


def words(value: object, *, is_code: bool = False) -> str:
    """Return the text of a cell in a column of words: names, codes, sizes.

    Raises: ValueError with a sentence when the spreadsheet has converted it, so that the original text is lost: a date,
    a truth value, a rounded number. Also for whatever is `unknown`.
    """
    if why := unknown(value):
        raise ValueError(why)
    if isinstance(value, datetime | date | time):
        raise ValueError(
            _(
                "The spreadsheet has turned this into a date: give the column the format “text” and type it again."
            )
        )
    if isinstance(value, bool):
        raise ValueError(
            _(
                "The spreadsheet has turned this into yes or no: give the column the format “text” and type it again."
            )
        )
    text = as_text(value)
    is_rounded = isinstance(value, int | float) and abs(value) >= _MOST_EXACT
    if is_rounded or (is_code and is_shortened(text)):
        raise ValueError(
            _(
                "The spreadsheet has shortened this number: give the column the format “text” and type it again."
            )
        )
    return text


def number(value: Any, *, comma: bool | None) -> Decimal | None:
    """Return the number in a cell, None for an empty one.

    `comma` says whether the file writes decimals with a comma (its cells are separated by semicolons); None: unknown.

    Raises: ValueError with words, also for what can be read in two ways (`12.900` where nothing decides).
    """
    if why := unknown(value):
        raise ValueError(why)
    if isinstance(value, datetime | date | time):
        raise ValueError(
            _("The spreadsheet has turned this into a date: give the column the format “number”.")
        )
    if isinstance(value, bool):
        raise ValueError(_("This is not a number."))
    if isinstance(value, int | float | Decimal):
        return _decimal(repr(value) if isinstance(value, float) else str(value))
    text = _MARKS.sub("", as_text(value)).replace(" ", "").replace("\u202f", "")
    if not text:
        return None
    if not re.fullmatch(r"[+-]?\d[\d.,]*", text):
        raise ValueError(_("This is not a number."))
    point = _decimal_mark(text, comma)
    plain = text.replace("," if point != "," else ".", "").replace(",", ".")
    return _decimal(plain)


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise ValueError(_("This is not a number.")) from None
    if not found.is_finite() or abs(found) >= Decimal(10) ** 12:
        raise ValueError(_("This number is too large."))
    return found


def _decimal_mark(text: str, comma: bool | None) -> str:
    """Return the mark that stands before the decimals, or an empty text when there are none."""
    marks = [mark for mark in ",." if mark in text]
    if not marks:
        return ""
    last = max(marks, key=text.rindex)
    groups = text.lstrip("+-").split(last)
    in_thousands = len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    if len(marks) == 2:
        other = text[: text.rindex(last)].lstrip("+-").split("," if last == "." else ".")
        if len(groups) != 2 or len(other[0]) > 3 or any(len(group) != 3 for group in other[1:]):
            raise ValueError(_("This is not a number."))
        return last
    if len(groups) > 2:
        if not in_thousands:
            raise ValueError(_("This is not a number."))
        return "," if last == "." else "."
    if not in_thousands or groups[0] in {"", "0"}:
        return last
    if comma and last == ".":
        return ","
    if comma:
        return last
    raise ValueError(
        _("%(text)s can be read in two ways: write %(whole)s, or %(cents)s.")
        % {"text": text, "whole": "".join(groups), "cents": f"{groups[0]}{last}{groups[1][:2]}"}
    )


class Text(Widget):
    """Words of at most `most` characters."""

    def __init__(self, most: int, *, is_required: bool = False, is_code: bool = False) -> None:
        super().__init__(coerce_to_string=False)
        self.most, self.is_required, self.is_code = most, is_required, is_code

    def clean(self, value: object, row: object = None, known: Container[str] = (), **kwargs: object) -> str:
        """Return the words in a cell. `known`: codes that the shop has, which are accepted whatever their form."""
        if self.is_code and isinstance(value, str) and (text := codes.normalise(unguard(value))) in known:
            return text
        text = words(value, is_code=self.is_code)
        if not text and self.is_required:
            raise ValueError(_("This must not be empty."))
        if self.is_code:
            text = codes.require(unguard(value) if isinstance(value, str) else text)
        if len(text) > self.most:
            raise ValueError(
                _("At most %(most)s characters; these are %(count)s.")
                % {"most": self.most, "count": len(text)}
            )
        if _CONTROL.search(text):
            raise ValueError(_("There are characters in it which cannot be printed."))
        return text

    def render(self, value: object, obj: object = None, **kwargs: object) -> str:
        return "" if value is None else str(value)


class Money(Widget):
    """An amount in the shop's currency, with no more decimals than may be entered in it."""

    def __init__(self, *, is_required: bool = False, may_be_zero: bool = False) -> None:
        super().__init__(coerce_to_string=False)
        self.is_required, self.may_be_zero = is_required, may_be_zero

    def clean(
        self, value: object, row: object = None, comma: bool | None = None, **kwargs: object
    ) -> Decimal | None:
        amount = number(value, comma=comma)
        if amount is None:
            if self.is_required:
                raise ValueError(_("This must not be empty."))
            return None
        if amount < 0 or (not amount and not self.may_be_zero):
            raise ValueError(_("An amount must be above zero."))
        if not money.fits(amount):
            raise ValueError(decimals_refusal())
        if amount > money.MOST_ENTERED:
            raise ValueError(size_refusal())
        return amount.quantize(money.CENT)

    def render(self, value: object, obj: object = None, **kwargs: object) -> object:
        return "" if value is None else value


class Whole(Widget):
    """A whole number from `least` to `most`; when empty, `empty` (None by default)."""

    def __init__(self, *, least: int = 0, most: int = 1_000_000, empty: int | None = None) -> None:
        super().__init__(coerce_to_string=False)
        self.least, self.most, self.empty = least, most, empty

    def clean(
        self, value: object, row: object = None, comma: bool | None = None, **kwargs: object
    ) -> int | None:
        found = number(value, comma=comma)
        if found is None:
            return self.empty
        if found != found.to_integral_value() or not self.least <= found <= self.most:
            raise ValueError(
                _("A whole number from %(least)s to %(most)s is wanted.")
                % {"least": self.least, "most": self.most}
            )
        return int(found)

    def render(self, value: object, obj: object = None, **kwargs: object) -> object:
        return "" if value is None else value


class Flag(Widget):
    """Yes or no."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> bool:
        if isinstance(value, bool):
            return value
        if why := unknown(value):
            raise ValueError(why)
        text = as_text(value).casefold()
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise ValueError(_("Write yes or no."))

    def render(self, value: object, obj: object = None, **kwargs: object) -> str:
        return _("yes") if value else _("no")
