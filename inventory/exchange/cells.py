"""What people write into cells, understood or refused in words.

Widgets of django-import-export: `clean` raises ValueError with a sentence for the clerk, `render` gives what an
export writes. A number that can be read in two ways is refused, never guessed: a price a thousand times too high or
too low is worse than a question.
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _
from import_export.widgets import Widget

# A cell that begins so is run as a formula by spreadsheet programs (OWASP, "CSV injection").
_FORMULA: Final = "=+-@\t\r\n＝＋－＠"
_GUARDED: Final = re.compile(rf"'+[{re.escape(_FORMULA)}]")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_SHORTENED: Final = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS: Final = re.compile(r"(?:\$|ARS|BRL|R\$|CLP|COP|MXN|PEN|S/|UYU|USD|US\$)", re.IGNORECASE)
_YES: Final = frozenset({"si", "sí", "s", "yes", "y", "true", "verdadero", "1", "x", "sim"})
_NO: Final = frozenset({"no", "n", "false", "falso", "0", "não", "nao"})


def guard(text: str) -> str:
    """Return `text` so that no spreadsheet runs it: an apostrophe before whatever looks like a formula.

    Plain numbers stay as they are. `unguard` takes exactly this apostrophe away again.
    """
    if _NUMBER.fullmatch(text):
        return text
    if text[:1] and (text[0] in _FORMULA or _GUARDED.match(text)):
        return f"'{text}"
    return text


def unguard(text: str) -> str:
    """Return what `guard` was given."""
    return text[1:] if _GUARDED.match(text) else text


def as_text(value: Any) -> str:
    """Return a cell as text: whole numbers of a spreadsheet without their `.0`, without spaces around."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = unguard(str(value).replace("\r\n", "\n"))
    return text.replace("\xa0", " ").strip()


def number(value: Any, *, comma: bool | None) -> Decimal | None:
    """Return the number in a cell, None for an empty one.

    `comma` says whether the file writes decimals with a comma (its cells are separated by semicolons); None: unknown.

    Raises: ValueError with words, also for what can be read in two ways (`12.900` where nothing tells).
    """
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

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = as_text(value)
        if not text and self.is_required:
            raise ValueError(_("This must not be empty."))
        if self.is_code and isinstance(value, str) and _SHORTENED.fullmatch(text):
            raise ValueError(
                _(
                    "The spreadsheet has shortened this number: give the column the format “text” and type it again."
                )
            )
        if len(text) > self.most:
            raise ValueError(_("At most %(most)s characters; these are %(count)s.")
                             % {"most": self.most, "count": len(text)})  # fmt: skip
        if _CONTROL.search(text) or (self.is_code and any(mark.isspace() for mark in text)):
            raise ValueError(
                _("There are characters in it which cannot be printed, or spaces within a code.")
            )
        return text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class Money(Widget):
    """An amount in the shop's currency, at most two decimals."""

    def __init__(self, *, is_required: bool = False, may_be_zero: bool = False) -> None:
        super().__init__(coerce_to_string=False)
        self.is_required, self.may_be_zero = is_required, may_be_zero

    def clean(self, value: Any, row: Any = None, comma: bool | None = None, **kwargs: Any) -> Decimal | None:
        amount = number(value, comma=comma)
        if amount is None:
            if self.is_required:
                raise ValueError(_("This must not be empty."))
            return None
        if amount < 0 or (not amount and not self.may_be_zero):
            raise ValueError(_("An amount must be above zero."))
        if amount != amount.quantize(Decimal("0.01")):
            raise ValueError(_("An amount has at most two decimals."))
        return amount.quantize(Decimal("0.01"))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return "" if value is None else value


class Whole(Widget):
    """A whole number from `least` to `most`; None when empty, unless `empty` says what empty means."""

    def __init__(self, *, least: int = 0, most: int = 1_000_000, empty: int | None = None) -> None:
        super().__init__(coerce_to_string=False)
        self.least, self.most, self.empty = least, most, empty

    def clean(self, value: Any, row: Any = None, comma: bool | None = None, **kwargs: Any) -> int | None:
        found = number(value, comma=comma)
        if found is None:
            return self.empty
        if found != found.to_integral_value() or not self.least <= found <= self.most:
            raise ValueError(
                _("A whole number from %(least)s to %(most)s is wanted.")
                % {"least": self.least, "most": self.most}
            )
        return int(found)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return "" if value is None else value


class Flag(Widget):
    """Yes or no."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        text = as_text(value).casefold()
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise ValueError(_("Write yes or no."))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return _("yes") if value else _("no")
