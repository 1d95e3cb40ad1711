"""A file becomes rows: CSV in the encodings and manners people have, or XLSX; all else is refused in a sentence."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from django.utils.translation import gettext as _

from inventory.exchange.cells import as_text

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_UNPACKED: Final = 200 * 1024 * 1024
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 60
MOST_CELL: Final = 10_000
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_TWICE_ENCODED: Final = re.compile("Ã[©±³¡­ºª‰“\u0081-\u00bf]")


class Unreadable(Exception):
    """The file cannot be read; the message says why and what to do. Trying the same file again does not help."""

    retryable = False


@dataclass(frozen=True)
class Sheet:
    """The rows of a file with the numbers a spreadsheet gives them (the headings are row 1).

    `comma`: decimals are written with a comma (None: unknown). `read_as`: how the file was understood, for people.
    """

    headings: list[str]
    rows: list[tuple[int, list[Any]]]
    comma: bool | None
    read_as: str


def read(content: bytes, file_name: str) -> Sheet:
    """Return the rows of a CSV or XLSX file.

    Raises: Unreadable for other kinds of file, unknown encodings, and files above the limits.
    """
    if not content.strip():
        raise Unreadable(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise Unreadable(_("The file is larger than %s MB.") % (MOST_BYTES // 1024 // 1024))
    if content.startswith(b"PK\x03\x04"):
        return _xlsx(content)
    if content.startswith(_OLD_EXCEL):
        raise Unreadable(_("This is an old Excel file (.xls). Save it as .xlsx or as CSV."))
    if PurePath(file_name).suffix.lower() in {".xlsx", ".xlsm"}:
        raise Unreadable(_("The file says it is XLSX but it is not. Open it and save it again."))
    return _csv(content)


def _xlsx(content: bytes) -> Sheet:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
                raise Unreadable(_("The file unpacks to more than %s MB.") % (MOST_UNPACKED // 1024 // 1024))
        # data_only: what a formula came to when the file was saved, not the formula.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return _sheet(
            (list(row) for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1)),
            comma=None,
            read_as=_("XLSX, sheet “%s”") % sheet.title,
        )
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise: KeyError, ParseError …
        raise Unreadable(_("The XLSX file is damaged or protected. Open it and save it again.")) from error


def _csv(content: bytes) -> Sheet:
    text, encoding = _decode(content)
    separator = ""
    if named := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):
        separator, text = named[1], text[named.end() :]
    separator = separator or _separator(text)
    if any(len(line) > 40 * MOST_CELL for line in text.split("\n", 5)[:5]):
        raise Unreadable(_("This does not look like a table."))
    shown = {"\t": _("tabulators")}.get(separator, separator)
    try:
        return _sheet(
            csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True),
            comma=separator == ";",
            read_as=_("CSV, %(encoding)s, separated by %(separator)s")
            % {"encoding": encoding, "separator": shown},
        )
    except csv.Error as error:
        raise Unreadable(
            _("The CSV file is damaged: a quotation mark is not closed, or a cell is too long.")
        ) from error


def _decode(content: bytes) -> tuple[str, str]:
    """Return the text and the encoding's name: by its mark, else UTF-8, else what Windows writes."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = [("utf-16", "UTF-16")]
    else:
        candidates = [("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252 (latin-1)")]
    for codec, name in candidates:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        if "\ufffd" in text or _TWICE_ENCODED.search(text):
            raise Unreadable(
                _(
                    "The accents of this file are damaged (it was saved in a wrong encoding). Save it as CSV UTF-8."
                )
            )
        return text, name
    raise Unreadable(_("This is neither a CSV nor an XLSX file. Save it as CSV UTF-8 or as .xlsx."))


def _separator(text: str) -> str:
    """Return what separates the cells, judged by the headings outside quotation marks."""
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return max(";,\t|", key=first.count) if any(mark in first for mark in ";,\t|") else ","


def _sheet(rows: Iterator[list[Any]] | Any, *, comma: bool | None, read_as: str) -> Sheet:
    headings: list[str] = []
    found: list[tuple[int, list[Any]]] = []
    for place, row in enumerate(rows, start=1):
        cells = row[: MOST_COLUMNS + 1]
        while cells and cells[-1] in (None, ""):
            cells.pop()
        if not headings:
            if not cells:
                raise Unreadable(_("The first row must hold the headings."))
            if len(cells) > MOST_COLUMNS:
                raise Unreadable(_("The file has more than %s columns.") % MOST_COLUMNS)
            headings = [as_text(cell) for cell in cells]
            continue
        if not cells or all(cell in (None, "") for cell in cells):
            continue
        if len(found) == MOST_ROWS:
            raise Unreadable(_("The file has more than %s rows. Split it.") % MOST_ROWS)
        found.append((place, cells))
    if not found:
        raise Unreadable(_("The file has headings but no rows."))
    return Sheet(headings, found, comma, read_as)
