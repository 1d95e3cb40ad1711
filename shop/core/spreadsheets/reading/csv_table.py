"""Read CSV in common encodings and dialects."""

import csv
import io
import re
from typing import Final

from .limits import Limits
from .table import Table
from .values import Refused

_TWICE_ENCODED: Final = re.compile("Ã[©±³¡­ºª‰“\u0081-\u00bf]")
_BINARY: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LONGEST_LINE: Final = 400_000


def read(content: bytes, limits: Limits) -> Table:
    """Return the table in a CSV file. Raises: Refused."""
    text, encoding = _decode(content)
    separator = ""
    if named := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):
        separator, text = named[1], text[named.end() :]
    separator = separator or _separator(text)
    if any(len(line) > _LONGEST_LINE for line in text.split("\n", 5)[:5]):
        raise Refused("no table")
    table = Table(limits)
    table.comma = separator == ";"
    table.read_as = {"kind": "csv", "encoding": encoding, "separator": separator}
    csv.field_size_limit(limits.cell)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, row in enumerate(lines, start=1):
            table.add(number, row)
    except csv.Error as error:
        if "field larger" in str(error):
            raise Refused("cell", row=number + 1, most=limits.cell) from error
        raise Refused("damaged csv") from error
    return table.finish()


def _decode(content: bytes) -> tuple[str, str]:
    """Return the text and the encoding's name: by its byte order mark, else UTF-8, else the code page of Windows."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = [("utf-16", "UTF-16")]
    else:
        candidates = [("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252 (latin-1)")]
    for codec, name in candidates:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" in text or (name != "UTF-8" and _BINARY.search(text)):
            break
        if "\ufffd" in text or _TWICE_ENCODED.search(text):
            raise Refused("accents")
        return text, name
    raise Refused("unknown")


def _separator(text: str) -> str:
    """Return the separator, detected in the headings outside quotation marks."""
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return max(";,\t|", key=first.count) if any(mark in first for mark in ";,\t|") else ","
