"""Write rows as a file: CSV in two dialects, or XLSX; row by row, so that a long list needs no memory."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, Protocol

from import_export.formats import base_formats
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

Rows = Iterable[list[Any]]
XLSX: Final = "xlsx"
WITH_COMMAS: Final = "csv-semicolon"


class Target(Protocol):
    """What a file is written to, sequentially."""

    def write(self, content: bytes, /) -> int: ...

    def flush(self) -> None: ...


def ending(form: str) -> str:
    """Return the file name extension of a format."""
    return "xlsx" if form == XLSX else "csv"


def content_type(form: str) -> str:
    """Return the content type of a format."""
    return str(base_formats.XLSX.CONTENT_TYPE) if form == XLSX else "text/csv; charset=utf-8"


def write(rows: Rows, form: str, target: Target) -> None:
    """Write rows, headings first, as CSV or XLSX. Texts must be guarded already (`cells.guard`)."""
    if form == XLSX:
        _xlsx(rows, target)
    else:
        _csv(rows, target, has_commas=form == WITH_COMMAS)


class _Encoded:
    """The stream that csv writes its lines to."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def write(self, text: str) -> int:
        return self._target.write(text.encode())


def _csv(rows: Rows, target: Target, *, has_commas: bool) -> None:
    # Excel recognises UTF-8 by the byte order mark.
    target.write("\ufeff".encode())
    put = csv.writer(_Encoded(target), delimiter=";" if has_commas else ",").writerow
    for row in rows:
        put([_with_comma(cell) for cell in row] if has_commas else row)


def _with_comma(cell: object) -> object:
    return str(cell).replace(".", ",") if isinstance(cell, Decimal) else cell


def _xlsx(rows: Rows, target: Target) -> None:
    """Write the rows one after another: openpyxl keeps the sheet in a temporary file, not in memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title="Percha")
    sheet.freeze_panes = "B2"
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in row])
    book.save(target)
