"""Parse the XML of one sheet into rows of typed cells."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, Final

from .table import Table
from .values import Fault, Formula, Refused

_ADDRESS: Final = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,12})")
_WHOLE: Final = re.compile(r"-?\d{1,20}")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MOST_MERGED: Final = 50_000


def column_of(address: str) -> tuple[int, int]:
    """Return column and row of `B3`: (2, 3). Raises: ValueError."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(address)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column, int(found[2])


def unescape(text: str) -> str:
    """Return a text of a workbook with its escaped characters (`_x000D_`) as themselves."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def moment_of(number: float, *, is_1904: bool) -> datetime | time:
    """Return the day of a day's number, or the time of day of a part of one. Raises: OverflowError, ValueError."""
    if 0 <= number < 1:
        return (datetime(1, 1, 1) + timedelta(seconds=round(number * 86400))).time()  # noqa: DTZ001 (no zone)
    base = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (a sheet knows no zone)
    # 29 February 1900 exists in spreadsheets only.
    shift = 1 if not is_1904 and number < 60 else 0
    return base + timedelta(seconds=round((number + shift) * 86400))


class EmptyRows(Exception):
    """Thousands of empty rows: the reader searches for what comes after."""


class SheetReader:
    """Handlers for expat; rows go into the table as they end. `merged` are the ranges, which follow the rows.

    `formats` has for each style whether it shows a `date` or pads with `zeros:<digits>`; `is_stale`: whoever opens the
    workbook is to calculate it, so what stands beside a formula is no result.
    """

    def __init__(
        self, table: Table, strings: list[str], formats: list[str], *, is_1904: bool, is_stale: bool
    ) -> None:
        self._table, self._strings, self._formats = table, strings, formats
        self._is_1904, self._is_stale = is_1904, is_stale
        self.merged: list[str] = []
        self.number, self._column = 0, 0
        self._cells: list[Any] = []
        self._attributes: dict[str, str] = {}
        self._parts: list[str] = []
        self._is_text = self._has_formula = self._has_value = False
        self._phonetic = 0
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            "row": self._start_row,
            "c": self._start_cell,
            "v": self._start_text,
            "t": self._start_text,
            "f": self._start_formula,
            "rPh": self._start_phonetic,
            "mergeCell": self._start_merged,
        }
        self._ends: dict[str, Callable[[], None]] = {
            "row": self._end_row,
            "c": self._end_cell,
            "v": self._end_text,
            "t": self._end_text,
            "rPh": self._end_phonetic,
        }

    @property
    def last(self) -> int:
        """Return the last row with content."""
        return self._table.last

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        handler = self._starts.get(tag)
        if handler is not None:
            handler(attributes)
        elif ":" in tag and (bare := tag.rpartition(":")[2]) in self._starts:
            self._starts[tag] = self._starts[bare]
            self._starts[tag](attributes)

    def end(self, tag: str) -> None:
        handler = self._ends.get(tag)
        if handler is not None:
            handler()
        elif ":" in tag and (bare := tag.rpartition(":")[2]) in self._ends:
            self._ends[tag] = self._ends[bare]
            self._ends[tag]()

    def text(self, piece: str) -> None:
        if self._is_text and not self._phonetic:
            self._parts.append(piece)

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r") or self.number + 1)
        self._table.reach(number)
        if number <= self.number:
            raise Refused("damaged xlsx")
        self.number, self._column, self._cells = number, 0, []

    def _end_row(self) -> None:
        if self._cells or self.number == 1:
            self._table.add(self.number, self._cells)
        elif self.number - self._table.last > self._table.limits.empty:
            raise EmptyRows

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._attributes = attributes
        address = attributes.get("r")
        self._column = column_of(address)[0] if address else self._column + 1
        self._parts = []
        self._has_formula = self._has_value = False

    def _start_text(self, _attributes: dict[str, str]) -> None:
        self._is_text = self._has_value = True

    def _end_text(self) -> None:
        self._is_text = False

    def _start_formula(self, _attributes: dict[str, str]) -> None:
        self._has_formula = True

    def _start_phonetic(self, _attributes: dict[str, str]) -> None:
        self._phonetic += 1

    def _end_phonetic(self) -> None:
        self._phonetic -= 1

    def _start_merged(self, attributes: dict[str, str]) -> None:
        if len(self.merged) == _MOST_MERGED:
            raise Refused("merged")
        self.merged.append(attributes["ref"])

    def _end_cell(self) -> None:
        if not self._has_value and not self._has_formula:
            return
        value = self._value("".join(self._parts))
        if value is None or value == "":
            return
        if self._column > self._table.limits.columns:
            raise Refused("columns", most=self._table.limits.columns)
        missing = self._column - len(self._cells)
        if missing < 1:
            raise Refused("damaged xlsx")
        self._cells.extend([None] * missing)
        self._cells[-1] = value

    def _value(self, text: str) -> object:
        kind = self._attributes.get("t", "n")
        if self._has_formula and (self._is_stale or not self._has_value or (kind == "n" and not text)):
            return Formula()
        match kind:
            case "s":
                return self._strings[int(text)]
            case "inlineStr" | "str":
                return unescape(text)
            case "b":
                return text.strip() in {"1", "true"}
            case "e":
                return Fault(text[:20])
            case "d":
                return datetime.fromisoformat(text)
        return self._number_of(text.strip())

    def _number_of(self, text: str) -> object:
        if not text:
            return None
        number = int(text) if _WHOLE.fullmatch(text) else float(text)
        style = int(self._attributes.get("s") or 0)
        shown = self._formats[style] if style < len(self._formats) else ""
        if shown == "date":
            try:
                return moment_of(number, is_1904=self._is_1904)
            except (OverflowError, ValueError):
                return number  # Spreadsheets show ##### for it.
        if shown.startswith("zeros:") and isinstance(number, int) and number >= 0:
            return str(number).zfill(int(shown[6:]))  # As people see it: 0017.
        return number
