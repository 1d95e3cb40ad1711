"""What both kinds of import share: the cells of a row, what is wrong with them, and what would happen to the row."""

import hashlib
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.utils.formats import get_format
from django.utils.translation import gettext as _

from shop.core.spreadsheets.cells import as_text
from shop.core.spreadsheets.sheets import Sheet

# Reported while a file is processed: the step, how many rows of how many.
Tell = Callable[[str, int, int], None]
CREATED: Final = "created"
CHANGED: Final = "changed"
UNCHANGED: Final = "unchanged"


@dataclass(frozen=True)
class Issue:
    """What is wrong with a cell (or with a whole row: no column), in words."""

    row: int
    column: str
    value: str
    words: str


@dataclass
class RowResult:
    """What happens to a row: created, changed or unchanged, and which figures from what to what."""

    row: int
    sku: str
    kind: str = UNCHANGED
    changes: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class ImportRow:
    """One row of a file: its number in the spreadsheet and the clean value of each column that the file has."""

    number: int
    values: dict[str, Any]
    numbers: frozenset[str] = frozenset()  # The columns whose cell was a number, no text, in the spreadsheet.


@dataclass
class Plan:
    """What an import would do. It may be done only while `issues` is empty."""

    outcomes: list[RowResult] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    news: dict[str, list[str]] = field(default_factory=dict)

    def count(self, kind: str) -> int:
        """Return how many rows have this result."""
        return sum(outcome.kind == kind for outcome in self.outcomes)


class Rows:
    """The clean rows of a sheet; what could not be parsed is in `issues`."""

    def __init__(
        self,
        sheet: Sheet,
        resource: Any,
        places: Mapping[str, int],
        tell: Tell,
        known: Container[str] = (),
    ) -> None:
        self.sheet, self.places, self.issues, self.warnings = sheet, places, list[Issue](), list[Issue]()
        self._known = known
        self.fields = {code: resource.fields[code] for code in places if code in resource.fields}
        self.rows: list[ImportRow] = []
        self._broken: set[int] = set()
        for done, (number, cells) in enumerate(sheet.rows, start=1):
            self.rows.append(self._row(number, cells))
            if not done % 500:
                tell("reading", done, len(sheet.rows))

    def _row(self, number: int, cells: list[object]) -> ImportRow:
        values: dict[str, object] = {}
        numbers = set()
        for code, field_ in self.fields.items():
            place = self.places[code]
            raw = cells[place] if place < len(cells) else None
            try:
                values[code] = field_.clean({code: raw}, comma=self.sheet.comma, known=self._known)
            except ValueError as error:
                self.tell(number, code, str(error), raw)
            if isinstance(raw, int | float) and not isinstance(raw, bool):
                numbers.add(code)
        if len(cells) > len(self.sheet.headings):
            self.tell(number, "", _("The row has more cells than there are headings."))
        return ImportRow(number, values, frozenset(numbers))

    def tell(self, number: int, code: str, words: str, value: Any = "") -> None:
        """Record an error of a row; the whole file is not imported."""
        self.issues.append(self._issue(number, code, words, value))
        self._broken.add(number)

    def warn(self, number: int, code: str, words: str, value: object = "") -> None:
        """Record a warning; the row is imported all the same."""
        self.warnings.append(self._issue(number, code, words, value))

    def _issue(self, number: int, code: str, words: str, value: object) -> Issue:
        heading = self.sheet.headings[self.places[code]] if code in self.places else ""
        return Issue(number, heading[:80], as_text(value)[:120], words[:400])

    def is_broken(self, row: ImportRow) -> bool:
        """Return whether something is wrong with this row."""
        return row.number in self._broken

    def digest(self) -> str:
        """Return a short fingerprint of the content, the same for the same table in another format or encoding."""
        lines = (
            repr((row.number, sorted(row.values.items(), key=lambda item: item[0]))) for row in self.rows
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def shown(value: Any) -> str:
    """Return a value as the preview shows it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", str(get_format("DECIMAL_SEPARATOR")))
    return str(value)[:80]
