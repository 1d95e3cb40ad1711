"""XLSX (ECMA-376): the first visible sheet, read as a stream by expat; only the parts that are needed are unpacked.

A reader of our own, because the usual ones lose what a cell was (a formula without a result, a date, a text), fill in
the rows that a file leaves out, and keep every row in memory.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Final
from xml.parsers import expat

from .limits import Limits
from .sheet_xml import EmptyRows, SheetReader, column_of, unescape
from .table import EMPTY, Table
from .values import Merged, Refused

_CHUNK: Final = 256 * 1024
# The elements of a row with content; and merged cells.
_FILLED: Final = re.compile(rb"<(?:[\w.-]+:)?(?:v|f|is)[\s/>]")
_CLOSING: Final = re.compile(rb"</(?:[\w.-]+:)?sheetData")
_MERGED: Final = re.compile(rb"<(?:[\w.-]+:)?mergeCell\s+ref=[\"']([A-Z0-9:$]{1,30})[\"']")
_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_RELATION: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships"
# Formats of dates and times that have no text of their own (ECMA-376 part 1, 18.8.30).
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})


def read(content: bytes, limits: Limits) -> Table:
    """Return the first visible sheet of a workbook. Raises: Refused."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            return _Book(packed, limits).table()
    except Refused:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        KeyError,
        IndexError,
        ValueError,
        OverflowError,
        EOFError,
        RuntimeError,
        OSError,
        UnicodeError,
    ) as error:
        raise Refused("damaged xlsx") from error


class _Book:
    def __init__(self, packed: zipfile.ZipFile, limits: Limits) -> None:
        self._packed, self._limits = packed, limits
        entries = packed.infolist()
        if len(entries) > limits.entries:
            raise Refused("unpacked", most=limits.unpacked)
        if sum(entry.file_size for entry in entries) > limits.unpacked:
            raise Refused("unpacked", most=limits.unpacked)
        for entry in entries:
            # Small parts are not limited by their ratio of compression.
            if entry.file_size > 1024 * 1024 and entry.file_size > limits.ratio * max(1, entry.compress_size):
                raise Refused("ratio")
        self._names = {entry.filename.lstrip("/"): entry.filename for entry in entries}

    def table(self) -> Table:
        path = self._target("_rels/.rels", "officeDocument") or "xl/workbook.xml"
        name, key, is_1904, is_stale = self._first_sheet(path)
        folder, base = posixpath.split(path)
        relations = self._relations(f"{folder}/_rels/{base}.rels")
        sheet = _joined(folder, relations[key][1])
        by_kind = {kind: _joined(folder, target) for kind, target in relations.values()}
        formats = self._formats(by_kind.get("styles", f"{folder}/styles.xml"))
        strings = self._strings(by_kind.get("sharedStrings", f"{folder}/sharedStrings.xml"))
        table = Table(self._limits)
        table.read_as = {"kind": "xlsx", "sheet": name}
        reader = SheetReader(table, strings, formats, is_1904=is_1904, is_stale=is_stale)
        self._read_sheet(sheet, reader)
        _mark_merged(table, reader.merged, self._limits)
        return table.finish()

    def _first_sheet(self, path: str) -> tuple[str, str, bool, bool]:
        """Return the sheet's name, its relation, whether days count from 1904, whether results are to be made again."""
        sheets: list[tuple[str, str, bool]] = []
        said = {"is_1904": False, "is_stale": False}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "sheet":
                key = attributes.get(f"{_RELATION} id") or attributes.get(f"{_STRICT_RELATION} id") or ""
                is_hidden = attributes.get("state", "visible") != "visible"
                sheets.append((attributes.get("name", ""), key, is_hidden))
            elif tag == "workbookPr":
                said["is_1904"] = attributes.get("date1904") in {"1", "true"}
            elif tag == "calcPr":
                # Libraries that write formulas without calculating them set this; the stored value is then not a
                # result.
                said["is_stale"] = attributes.get("fullCalcOnLoad") in {"1", "true"}

        self._parse(path, start)
        if not sheets:
            raise Refused("damaged xlsx")
        name, key, _is_hidden = next((sheet for sheet in sheets if not sheet[2]), sheets[0])
        return name, key, said["is_1904"], said["is_stale"]

    def _relations(self, path: str) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))

        if path in self._names:
            self._parse(path, start)
        return found

    def _target(self, path: str, wanted: str) -> str:
        found = (target for kind, target in self._relations(path).values() if kind == wanted)
        target = next(found, "")
        return _joined("", target) if target else ""

    def _formats(self, path: str) -> list[str]:
        """Return for each style whether it shows a `date`, `zeros:<digits>` (a number padded with them), or neither."""
        own: dict[int, str] = {}
        styles: list[int] = []
        within: list[str] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            within.append(tag)
            if tag == "numFmt":
                own[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif tag == "xf" and "cellXfs" in within:
                styles.append(int(attributes.get("numFmtId") or 0))

        if path not in self._names:
            return []
        self._parse(path, start, lambda _tag: within.pop())
        return [_format(number, own) for number in styles]

    def _strings(self, path: str) -> list[str]:
        """Return the texts that cells share."""
        found: list[str] = []
        parts: list[str] = []
        depth = {"t": 0, "rPh": 0}
        total = 0

        def start(tag: str, _attributes: dict[str, str]) -> None:
            if tag in depth:
                depth[tag] += 1

        def end(tag: str) -> None:
            nonlocal total
            if tag in depth:
                depth[tag] -= 1
            elif tag == "si":
                found.append(unescape("".join(parts)))
                parts.clear()
                total += len(found[-1])
                if total > self._limits.text:
                    raise Refused("text")

        def text(piece: str) -> None:
            if depth["t"] and not depth["rPh"]:
                parts.append(piece)

        if path in self._names:
            self._parse(path, start, end, text)
        return found

    def _parse(
        self,
        path: str,
        start: Callable[[str, dict[str, str]], object],
        end: Callable[[str], object] | None = None,
        text: Callable[[str], object] | None = None,
    ) -> None:
        """Parse one part; its elements are reported without their namespaces."""
        parser = _parser(" ")
        parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(" ")[2], attributes)
        if end is not None:
            parser.EndElementHandler = lambda tag: end(tag.rpartition(" ")[2])
        if text is not None:
            parser.CharacterDataHandler = text
        with self._packed.open(self._names[path]) as part:
            while chunk := part.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)

    def _read_sheet(self, path: str, reader: SheetReader) -> None:
        """Read the rows fast: there may be millions of elements.

        Endless formatted empty rows are no reason to refuse a file: after some thousands the rest is only searched for
        cells with content.
        """
        parser = _parser(None)
        parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
        parser.CharacterDataHandler = reader.text
        with self._packed.open(self._names[path]) as part:
            try:
                while chunk := part.read(_CHUNK):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
            except EmptyRows:
                rest = chunk[max(0, parser.CurrentByteIndex - (part.tell() - len(chunk))) :]
                is_body = True
                while chunk:
                    closing = _CLOSING.search(rest)
                    if is_body and _FILLED.search(rest, 0, closing.start() if closing else len(rest)):
                        raise Refused("gap", row=reader.last, most=self._limits.empty) from None
                    reader.merged += [found.decode("ascii", "replace") for found in _MERGED.findall(rest)]
                    is_body = is_body and closing is None
                    chunk = part.read(_CHUNK)
                    rest = rest[-200:] + chunk


def _parser(separator: str | None) -> expat.XMLParserType:
    """Return a parser that refuses a document type declaration: it could define entities."""

    def refuse(*_about: object) -> None:
        raise Refused("entities")

    parser = expat.ParserCreate(namespace_separator=separator)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    return parser


def _joined(folder: str, target: str) -> str:
    return target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _format(number: int, own: dict[int, str]) -> str:
    if number not in own:
        return "date" if number in _DATES else ""
    code = own[number]
    if re.fullmatch("0{2,20}", code):
        return f"zeros:{len(code)}"
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', "", code, flags=re.IGNORECASE).split(";")[0]
    return "date" if re.search("[dmyhs]", bare, re.IGNORECASE) and "general" not in bare.lower() else ""


def _mark_merged(table: Table, ranges: list[str], limits: Limits) -> None:
    """Mark each empty cell covered by a merged one as covered."""
    rows = dict(table.rows)
    marks = 0
    for text in ranges:
        first, _colon, last = text.partition(":")
        (left, top), (right, bottom) = column_of(first), column_of(last or first)
        if top == 1 and right > left and left <= len(table.headings):
            raise Refused("merged headings")
        right = min(right, len(table.headings))
        for number in range(top, bottom + 1) if bottom - top < len(rows) else sorted(rows):
            cells = rows.get(number)
            if cells is None or not top <= number <= bottom:
                continue
            marks += max(0, right - left + 1)
            if marks > limits.merged:
                raise Refused("merged")
            for column in range(left, right + 1):
                if (number, column) == (top, left):
                    continue
                cells.extend([None] * (column - len(cells)))
                if cells[column - 1] in EMPTY:
                    cells[column - 1] = Merged(first)
