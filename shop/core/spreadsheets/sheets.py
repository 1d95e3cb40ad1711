"""Read a file into rows: CSV in common encodings and dialects, or XLSX; all else is refused with a sentence.

Every uploaded file is read here: imports, counts, payout reports. It is read in a process of its own (`reading.child`)
with limits of time, memory and size, so that a malicious file ends that process alone.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time
from pathlib import Path, PurePath
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop.core.json_types import JsonObject
from shop.core.spreadsheets.cells import as_text
from shop.core.spreadsheets.reading.limits import Limits
from shop.core.spreadsheets.reading.values import Fault, Formula, Merged

log = logging.getLogger(__name__)
LIMITS: Final = Limits()
# While a request waits.
AT_ONCE: Final = replace(LIMITS, processor=8, wall=12)
MOST_BYTES: Final = LIMITS.file
_HERE: Final = Path(__file__).resolve().parent
# -S: no packages, -E and -s: nothing of the user's; the standard library alone reads files.
_CHILD: Final = ("-E", "-s", "-S", "-B", "-m", "reading.child")
# How many files one process of the shop reads at once, and how many seconds another one waits.
_TURNS: Final = threading.BoundedSemaphore(2)
_PATIENCE: Final = 3.0


class Unreadable(Exception):
    """The file cannot be read; the message says why and what to do. Trying the same file again does not help."""


@dataclass(frozen=True)
class Sheet:
    """The rows of a file with the numbers a spreadsheet gives them (the headings are row 1).

    A cell has its type in the file: text, a number, yes or no, a date or time, None, or one of `reading.values`; in CSV
    everything is text. `comma`: decimals are written with a comma (None: unknown). `read_as`: how the file was read,
    for people.
    """

    headings: list[str]
    rows: list[tuple[int, list[Any]]]
    comma: bool | None
    read_as: str


def read(content: bytes, file_name: str, *, limits: Limits = LIMITS) -> Sheet:
    """Return the rows of a CSV or XLSX file. Waits for a free slot and for the process that reads.

    Raises: Unreadable for other kinds of file, unknown encodings, files above the limits, and when too many files are
    being read.
    """
    if not content.strip():
        raise Unreadable(_("The file is empty."))
    if len(content) > limits.file:
        raise Unreadable(_words("file", {"most": limits.file}))
    if not _TURNS.acquire(timeout=_PATIENCE):
        raise Unreadable(_("Several files are being read just now. Try again in a minute."))
    try:
        lines = _read_aside(content, PurePath(file_name).suffix.lower(), limits)
    finally:
        _TURNS.release()
    head = json.loads(next(lines))
    if why := head.get("refused"):
        raise Unreadable(_words(why, head["about"]))
    table = head["table"]
    rows = [(number, [_cell(cell) for cell in cells]) for number, cells in map(json.loads, lines)]
    headings = [as_text(_cell(cell)) for cell in table["headings"]]
    return Sheet(headings, rows, table["comma"], _read_as(table["read_as"]))


def _read_aside(content: bytes, suffix: str, limits: Limits) -> Iterator[bytes]:
    """Return what the reading process writes, line by line.

    Raises: Unreadable when it was ended by a limit, or gave no result.
    """
    # The environment has the shop's secrets: none of it is passed on.
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, *_CHILD, suffix[:10], json.dumps(asdict(limits))],
            input=content,
            capture_output=True,
            timeout=limits.wall,
            cwd=_HERE,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(_words("costly", {})) from None
    if done.returncode < 0:
        log.warning("A file was not read: its process was ended by signal %s.", -done.returncode)
        raise Unreadable(_words("costly", {}))
    if done.returncode or not done.stdout:
        log.error("A file was not read: %s", done.stderr[-2000:].decode(errors="replace"))
        raise Unreadable(_words("damaged", {}))
    return iter(done.stdout.splitlines())


def _cell(data: object) -> object:
    """Return a cell from the reading process's JSON."""
    if not isinstance(data, dict):
        return data
    ((kind, value),) = data.items()
    match kind:
        case "moment":
            return datetime.fromisoformat(value)
        case "time":
            return time.fromisoformat(value)
        case "merged":
            return Merged(value)
        case "fault":
            return Fault(value)
    return Formula()


def _read_as(data: dict[str, str]) -> str:
    if data["kind"] == "xlsx":
        return _("XLSX, sheet “%s”") % data["sheet"]
    shown = {"\t": _("tabulators")}.get(data["separator"], data["separator"])
    return _("CSV, %(encoding)s, separated by %(separator)s") % {
        "encoding": data["encoding"],
        "separator": shown,
    }


def _words(why: str, about: JsonObject) -> str:
    """Return the sentence for a refusal of the reading process."""
    most = about.get("most")
    match why:
        case "file":
            return _("The file is larger than %s MB.") % (int(about["most"]) // 1024 // 1024)
        case "unpacked":
            return _("The file unpacks to more than %s MB.") % (int(about["most"]) // 1024 // 1024)
        case "rows":
            return _("The file has more than %s rows. Split it.") % most
        case "lines":
            return (
                _(
                    "A row of this file has a number above %s, which no spreadsheet has. Copy the table to a new file."
                )
                % most
            )
        case "gap":
            return (
                _(
                    "After row %(row)s come more than %(most)s empty rows, and then others. Delete the empty rows."
                )
                % about
            )
        case "columns":
            return _("The file has more than %s columns.") % most
        case "cell":
            return _("A cell in row %(row)s has more than %(most)s characters.") % about
        case "no text":
            return _("A cell in row %(row)s holds a character that is no text. Type that cell anew.") % about
    return str(_SENTENCES.get(why, _SENTENCES["damaged"]))


_COSTLY: Final = gettext_lazy(
    "Reading this file takes too long or too much memory. Copy the table to a new file, or split it."
)
_SENTENCES: Final[dict[str, object]] = {
    "empty": gettext_lazy("The file is empty."),
    "ratio": gettext_lazy(
        "The file is packed so densely that it cannot be a table. Save it again in a spreadsheet."
    ),
    "text": gettext_lazy("The cells of this file hold too much text. Split it."),
    "merged": gettext_lazy("The file has too many merged cells. Copy the table to a new file without them."),
    "merged headings": gettext_lazy(
        "Cells of the first row are merged. Undo that: each column needs a heading of its own."
    ),
    "entities": gettext_lazy("The file declares entities, which no spreadsheet does. It was not read."),
    "headings": gettext_lazy("The first row must hold the headings."),
    "no rows": gettext_lazy("The file has headings but no rows."),
    "no table": gettext_lazy("This does not look like a table."),
    "costly": _COSTLY,
    "damaged": gettext_lazy("The file cannot be read. Open it in a spreadsheet and save it again."),
    "damaged xlsx": gettext_lazy("The XLSX file is damaged or protected. Open it and save it again."),
    "damaged csv": gettext_lazy("The CSV file is damaged: a quotation mark is not closed."),
    "says xlsx": gettext_lazy("The file says it is XLSX but it is not. Open it and save it again."),
    "accents": gettext_lazy(
        "The accents of this file are damaged (it was saved in a wrong encoding). Save it as CSV UTF-8."
    ),
    "unknown": gettext_lazy("This is neither a CSV nor an XLSX file. Save it as CSV UTF-8 or as .xlsx."),
    "memory": _COSTLY,
    "xls": gettext_lazy("This is an old Excel file (.xls). Save it as .xlsx or as CSV."),
    "xlsb": gettext_lazy("This is a binary Excel file (.xlsb). Save it as .xlsx or as CSV."),
    "protected": gettext_lazy("This file is protected by a password. Save it without one."),
    "ods": gettext_lazy("This is a LibreOffice file (.ods). Save it as .xlsx or as CSV."),
    "fods": gettext_lazy("This is a LibreOffice file (.fods). Save it as .xlsx or as CSV."),
    "numbers": gettext_lazy("This is a file of Apple's Numbers. Export it as .xlsx or as CSV."),
    "pdf": gettext_lazy(
        "This is a PDF, which holds no table that can be read. Ask for the file as .xlsx or as CSV."
    ),
    "image": gettext_lazy("This is a picture. Upload the table itself, as .xlsx or as CSV."),
    "word": gettext_lazy("This is a text document. Save the table as .xlsx or as CSV."),
    "archive": gettext_lazy("This is a packed file. Unpack it and upload the table in it."),
    "markup": gettext_lazy(
        "This is a web page or an XML file, whatever its name says. Open it and save it as .xlsx or as CSV."
    ),
}
