"""Reading a payout report: the provider's recipe reads each row, and every refusal has a message."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, cast

from django.conf import settings
from django.utils.translation import gettext as _

from payments import gateways
from payments.gateways.reports import BadCell, Recipe, ReportLine, ReportRow, WrongReport
from shop.core.spreadsheets import cells, sheets
from shop.core.spreadsheets.reading.limits import Limits

MOST_BYTES: Final = sheets.MOST_BYTES
MOST_ISSUES: Final = 200
# A heading may stand in the panel's language with its code behind it: "Fecha (DATE)".
_CODE_BEHIND: Final = re.compile(r"\(([A-Za-z_\[\]]+)\)\s*$")


class Unreadable(Exception):
    """The file cannot be taken; the message says why. Trying the same file again does not help."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One cell that could not be read."""

    row: int
    column: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The content of a file: its movements by their keys, each with its row, and what could not be read."""

    lines: dict[str, tuple[int, ReportLine]]
    issues: list[Issue]
    row_count: int
    repeated: int
    read_as: str


def recipe_of(gateway: str) -> Recipe | None:
    """Return the recipe of a provider's reports; None: there is none."""
    path = f"{gateways.GATEWAYS[gateway]}.reports"
    return cast(Recipe, import_module(path)) if find_spec(path) else None


class _Cells(dict[str, Any]):
    """The cells of a row by their columns, as texts; one that the spreadsheet made unreadable raises when it is read.

    Columns that no recipe asks for may hold anything.
    """

    def get(self, column: str, default: Any = "") -> str:
        """Return the text of a cell. Raises: BadCell."""
        value = super().get(column)
        if value is None:
            return str(default)
        if isinstance(value, datetime | date | time):
            return cells.as_text(value)
        try:
            return cells.words(value, is_code=True)
        except ValueError as error:
            raise BadCell(column, cells.as_text(value), str(error)) from error


def readable() -> list[tuple[str, Any, Any]]:
    """Return the providers whose reports can be read: code, label, and how they call the file."""
    found = []
    for code in gateways.GATEWAYS:
        recipe = recipe_of(code)
        if recipe is not None and code in settings.PAYMENT_GATEWAYS:
            found.append((code, gateways.get(code).label, recipe.NAME))
    return found


def read(content: bytes, file_name: str, gateway: str, *, limits: Limits = sheets.LIMITS) -> Reading:
    """Read a report: CSV (UTF-8, UTF-16 or Windows-1252; commas or semicolons) or XLSX.

    Raises:
        Unreadable: no table, not this provider's report, or a column is missing.
    """
    recipe = recipe_of(gateway)
    if recipe is None:
        raise Unreadable(_("Reports of this provider cannot be read."))
    try:
        sheet = sheets.read(content, file_name, limits=limits)
    except sheets.Unreadable as refusal:
        raise Unreadable(str(refusal)) from refusal
    columns = [_column(heading) for heading in sheet.headings]
    _check(recipe, columns)

    # XLSX has no decimal mark: its cells are numbers already.
    def number(text: str) -> Any:
        return cells.number(text, comma=sheet.comma and _has_commas(sheet, columns))

    lines: dict[str, tuple[int, ReportLine]] = {}
    issues: list[Issue] = []
    seen: Counter[str] = Counter()
    repeated = 0
    for place, values in sheet.rows:
        texts = _Cells(zip(columns, values, strict=False))
        try:
            line = recipe.read(ReportRow(texts, currency=settings.SHOP_CURRENCY, number=number))
        except BadCell as error:
            issues.append(Issue(place, error.column, error.value[:80], error.words))
            continue
        if line is None:
            continue
        seen[line.identity] += 1
        key = _key(line, seen[line.identity])
        repeated += key in lines
        lines.setdefault(key, (place, line))
    if not lines and not issues:
        raise Unreadable(_("The report has no movements."))
    return Reading(lines, issues, len(sheet.rows), repeated, sheet.read_as)


def _column(heading: str) -> str:
    found = _CODE_BEHIND.search(heading)
    return found[1] if found else heading.strip()


def _check(recipe: Recipe, columns: list[str]) -> None:
    """Refuse another file, by its headings."""
    try:
        recipe.check(columns)
    except WrongReport as refusal:
        raise Unreadable(str(refusal)) from refusal
    missing = [column for column in recipe.REQUIRED if column not in columns]
    if missing:
        raise Unreadable(_("These columns are missing: %s.") % ", ".join(missing))
    twice = [column for column, number in Counter(columns).items() if column and number > 1]
    if twice:
        raise Unreadable(_("This column is there twice: %s.") % twice[0])


def _has_commas(sheet: sheets.Sheet, columns: list[str]) -> bool:
    """Say whether a file with semicolons writes decimals with a comma: the panel's own files keep the point."""
    return any(
        "," in cells.as_text(value) for _place, row in sheet.rows[:200] for value in row if _is_amount(value)
    )


def _is_amount(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?\d[\d.]*,\d{1,2}", value.strip()) is not None


def _key(line: ReportLine, number: int) -> str:
    """Return the permanent key of a line: the provider's own number, or its content and its count among equal lines."""
    if not line.may_repeat:
        return line.identity[:100]
    return hashlib.sha256(f"{line.identity}|{number}".encode()).hexdigest()
