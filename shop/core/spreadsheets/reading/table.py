"""Collect rows into a table; each limit is checked before the next row is read."""

import re
from collections.abc import Sequence
from typing import Any, Final

from .limits import Limits
from .values import Refused

EMPTY: Final = (None, "")
# What a workbook can escape (`_x0000_`, `_xD800_`) and no database keeps.
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


class Table:
    """The headings (row 1) and the rows with content, with the numbers a spreadsheet gives them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.headings: list[Any] = []
        self.rows: list[tuple[int, list[Any]]] = []
        self.comma: bool | None = None
        self.read_as: dict[str, str] = {}
        self.last = 0  # The last row with content.
        self._text = 0

    def add(self, number: int, cells: list[Any]) -> None:
        """Add row `number`, which may be empty.

        Raises: Refused above a limit, or when the first row is empty.
        """
        self.reach(number)
        while cells and cells[-1] in EMPTY:
            cells.pop()
        if not self.headings:
            if not cells or number > 1:
                raise Refused("headings")
            self._validate(number, cells)
            self.headings, self.last = cells, number
        elif cells and not all(cell in EMPTY for cell in cells):
            if len(self.rows) == self.limits.rows:
                raise Refused("rows", most=self.limits.rows)
            if number - self.last > self.limits.empty:
                raise Refused("gap", row=self.last, most=self.limits.empty)
            self._validate(number, cells)
            self.rows.append((number, cells))
            self.last = number

    def reach(self, number: int) -> None:
        """Refuse a row number that no spreadsheet has."""
        if number > self.limits.lines:
            raise Refused("lines", most=self.limits.lines)

    def finish(self) -> "Table":
        """Return the table. Raises: Refused without any row."""
        if not self.headings:
            raise Refused("headings")
        if not self.rows:
            raise Refused("no rows")
        return self

    def _validate(self, number: int, cells: Sequence[object]) -> None:
        if len(cells) > self.limits.columns:
            raise Refused("columns", most=self.limits.columns)
        for cell in cells:
            if isinstance(cell, str):
                self._text += len(cell)
                if _NO_TEXT.search(cell):
                    raise Refused("no text", row=number)
                if len(cell) > self.limits.cell:
                    raise Refused("cell", row=number, most=self.limits.cell)
        if self._text > self.limits.text:
            raise Refused("text")
