"""Reading a bank's statement: which heading stands for what is named once for each bank, every refusal has a sentence.

Banks write a few lines about the account above their headings, and totals below the movements: the headings are looked
for in the first lines, and rows without a date or without money that came in are passed over.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import StatementColumns
from shop.core import money
from shop.core.folding import fold
from shop.core.spreadsheets import cells, sheets
from shop.core.spreadsheets.reading.limits import Limits

MOST_BYTES: Final = sheets.MOST_BYTES
MOST_ISSUES: Final = 200
# So far down a statement's headings may stand.
_DEEPEST_HEADING: Final = 30
_BOM: Final = b"\xef\xbb\xbf"
_CENT: Final = Decimal("0.01")
_TOMORROW: Final = timedelta(days=1)
_OPTIONAL: Final = ("detail", "payer_name", "payer_document", "number")
COLUMNS: Final = ("date", "amount", "reference", *_OPTIONAL)
# What banks call each column, folded; the first that fits is proposed.
_GUESSES: Final = {
    "date": (r"^fecha$", r"^data$", r"^date$", "fecha", "data", "date"),
    "amount": (
        "credito",
        "haber",
        "abono",
        "deposito",
        "ingreso",
        "credit",
        "entrada",
        "importe",
        "monto",
        "valor",
        "amount",
    ),
    "reference": (
        "referencia",
        "reference",
        "leyenda",
        "motivo",
        "concepto",
        "detalle",
        "descripcion",
        "historico",
        "descricao",
    ),
    "detail": ("detalle", "leyenda", "observac", "concepto", "descripcion", "historico", "descricao"),
    "payer_name": (
        "ordenante",
        "originante",
        "remitente",
        "pagador",
        "nombre",
        "nome",
        "denominacion",
        "titular",
    ),
    "payer_document": ("cuit", "cuil", "cpf", "cnpj", "rfc", r"\bruc\b", r"\brut\b", "documento", r"\bnit\b"),
    "number": ("operacion", "comprobante", "numero", r"\bnro\b", "rastreo", r"\bid\b", "codigo"),
}
# A sign, the currency, the digits, and behind them a sign or a word for debit or credit; the spaces are gone.
_AMOUNT: Final = re.compile(
    r"(?P<open>\(?)(?P<before>[^\d()+-]*)(?P<sign>[+-]?)(?P<between>[^\d()+-]*)(?P<digits>\d[\d.,]*)"
    r"(?P<after>[+-]?)(?P<behind>[^\d()+-]*)(?P<close>\)?)",
    re.ASCII,
)
_PLAIN: Final = re.compile(r"\d+\.\d+", re.ASCII)
# Also thousands, as some write them: 1 234,50 and 1'234.50.
_SPACES: Final = re.compile(r"[\s'\u2019]+")
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212\ufe63\uff0d]")
_TOO_MUCH: Final = Decimal(10) ** 12
_CREDIT: Final = frozenset({"c", "cr", "h"})
_DEBIT: Final = frozenset({"d", "db", "dr"})
# What stands for a currency beside its code and "$".
_SYMBOLS: Final = {
    "BRL": ("r$",),
    "MXN": ("mx$", "mn"),
    "PEN": ("s/", "s"),
    "UYU": ("$u",),
    "USD": ("us$", "u$s"),
    "CLP": ("clp$",),
    "COP": ("col$",),
    "ARS": ("ar$",),
}
_DATE: Final = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{2,4})(?:[ T].*)?")
_ORDERS: Final = {"dmy": (3, 2, 1), "mdy": (3, 1, 2), "ymd": (1, 2, 3)}


class Unreadable(Exception):
    """The file cannot be taken; the message says why. Trying the same file again does not help."""


class _BadCell(Exception):
    """A cell that cannot be read, in words for whoever uploaded the file."""

    def __init__(self, column: str, value: object, words: str) -> None:
        super().__init__(words)
        self.column, self.value, self.words = column, cells.as_text(value), words


@dataclass(frozen=True, slots=True)
class Line:
    """One credit of a statement; amounts in major units, `row` as a spreadsheet numbers it."""

    row: int
    booked_on: date
    amount: Decimal
    reference: str
    payer_name: str
    payer_document: str
    number: str


@dataclass(slots=True)
class Reading:
    """The content of a statement. `passed`: rows that are no credit (debits, totals, empty ones)."""

    read_as: str
    lines: list[Line] = field(default_factory=list)
    issues: list[tuple[int, str, str, str]] = field(default_factory=list)
    row_count: int = 0
    passed: int = 0


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a statement and its first rows below them, for whoever names the columns."""

    names: list[str]
    samples: list[list[str]]

    def guess(self, column: str) -> str:
        """Return the heading that is probably this column; "" for none."""
        folded = {name: fold(name) for name in self.names if name}
        for pattern in _GUESSES[column]:
            for name, plain in folded.items():
                if re.search(pattern, plain):
                    return name
        return ""


def headings(content: bytes, file_name: str) -> Headings:
    """Return a statement's headings: of its first lines the one with the most words.

    Raises:
        Unreadable: it is no table.
    """
    rows = [cells_of for _row, cells_of in _rows(_sheet(content, file_name, sheets.AT_ONCE))]
    first = rows[:_DEEPEST_HEADING]
    place = max(range(len(first)), key=lambda at: (_words_in(first[at]), -at))
    names = [cells.as_text(cell) for cell in first[place]]
    below = rows[place + 1 : place + 4]
    samples = [[cells.as_text(cell)[:40] for cell in row] for row in below]
    return Headings(names, [[*row, *[""] * (len(names) - len(row))] for row in samples])


def read(
    content: bytes,
    file_name: str,
    columns: StatementColumns,
    *,
    currency: str,
    limits: Limits = sheets.LIMITS,
) -> Reading:
    """Read a statement: CSV (UTF-8, UTF-16 or Windows-1252; commas, semicolons or tabulators) or XLSX.

    Raises:
        Unreadable: no table, or a column that was named is not there.
    """
    sheet = _sheet(content, file_name, limits)
    rows = list(_rows(sheet))
    start, places = _places(rows, columns)
    found = Reading(read_as=sheet.read_as, row_count=len(rows) - start - 1)
    comma = {"comma": True, "point": False}.get(columns.decimals, sheet.comma)
    is_said = columns.decimals != StatementColumns.Decimals.AUTO
    for number, row in rows[start + 1 :]:
        values = {name: row[at] if at < len(row) else None for name, at in places.items()}
        try:
            line = _line(number, values, columns, comma=comma, is_said=is_said, currency=currency)
        except _BadCell as bad:
            found.issues.append((number, bad.column, bad.value[:80], bad.words))
            continue
        if line is None:
            found.passed += 1
        else:
            found.lines.append(line)
    if not found.lines and not found.issues:
        raise Unreadable(_("There is no money that came in in this statement."))
    return found


def _sheet(content: bytes, file_name: str, limits: Limits) -> sheets.Sheet:
    try:
        return sheets.read(_with_separator(content), file_name, limits=limits)
    except sheets.Unreadable as refusal:
        raise Unreadable(str(refusal)) from refusal


def _with_separator(content: bytes) -> bytes:
    """Return a text with its separator named in front, where the lines about the account have none to be seen by.

    `sep=;` before the first line is a spreadsheet's own way to say so (`shop.core.spreadsheets.reading.csv_table`).
    """
    head = content[:8192]
    if head.startswith((b"PK", b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head:
        return content
    mark, body = (_BOM, content[len(_BOM) :]) if content.startswith(_BOM) else (b"", content)
    lines = body[:8192].splitlines()[:_DEEPEST_HEADING]
    most = {sign: max((line.count(sign) for line in lines), default=0) for sign in (b";", b"\t", b",")}
    found = max(most, key=lambda sign: most[sign])
    if most[found] < 2 or (lines and (found in lines[0] or lines[0].lower().startswith(b"sep="))):
        return content
    return mark + b"sep=" + found + b"\n" + body


def _rows(sheet: sheets.Sheet) -> Iterator[tuple[int, list[object]]]:
    yield 1, list(sheet.headings)
    yield from sheet.rows


def _words_in(row: Sequence[object]) -> int:
    """Return how many different words, not numbers or dates, a row has: headings have the most."""
    return len({fold(cell) for cell in row if isinstance(cell, str) and re.search(r"[^\W\d_]{2}", cell)})


def _places(
    rows: Sequence[tuple[int, Sequence[object]]], columns: StatementColumns
) -> tuple[int, dict[str, int]]:
    """Return where the headings stand, and in which cell each column that was named.

    Raises:
        Unreadable: none of the first lines has all of them.
    """
    wanted = {name: fold(text) for name in COLUMNS if (text := str(getattr(columns, name)))}
    missing: list[str] = []
    for at, (_number, row) in enumerate(rows[:_DEEPEST_HEADING]):
        there = [fold(cells.as_text(cell)) for cell in row]
        if wanted["date"] not in there:
            continue
        missing = [str(getattr(columns, name)) for name, text in wanted.items() if text not in there]
        if not missing:
            return at, {name: there.index(text) for name, text in wanted.items()}
    if missing:
        raise Unreadable(_("These columns are missing: %s.") % ", ".join(missing))
    raise Unreadable(
        _(
            "No line of this file has the heading “%s”: is it another bank's, or has the bank changed its files?"
        )
        % columns.date
    )


def _line(
    row: int,
    values: dict[str, object],
    columns: StatementColumns,
    *,
    comma: bool | None,
    is_said: bool,
    currency: str,
) -> Line | None:
    """Read one row; None for one that is no credit. Raises: _BadCell."""
    if not cells.as_text(values["date"]) or not cells.as_text(values["amount"]):
        return None
    amount = _amount(values["amount"], columns.amount, comma=comma, is_said=is_said, currency=currency)
    if amount <= 0:
        return None
    booked_on = _day(values["date"], columns)
    texts = {name: _text(values.get(name)) for name in ("reference", *_OPTIONAL)}
    reference = " ".join(dict.fromkeys(filter(None, (texts["reference"], texts["detail"]))))
    return Line(
        row=row,
        booked_on=booked_on,
        amount=amount,
        reference=reference[:300],
        payer_name=texts["payer_name"][:200],
        payer_document=texts["payer_document"][:40],
        number=texts["number"][:100],
    )


def _text(value: object) -> str:
    """Return a cell's text in one line; what a spreadsheet cannot say is nothing."""
    return "" if cells.unknown(value) else " ".join(cells.as_text(value).replace("\x00", "").split())


def _amount(value: object, column: str, *, comma: bool | None, is_said: bool, currency: str) -> Decimal:
    """Return the amount of a cell: negative for what went out (a sign, parentheses, or the word for a debit)."""
    if isinstance(value, str):
        plain = _SPACES.sub("", _DASHES.sub("-", value))
        found = _AMOUNT.fullmatch(plain)
        if found is None or not _is_understood(found, currency):
            raise _BadCell(column, value, _("This is not a number."))
        is_out = "-" in f"{found['sign']}{found['after']}" or bool(found["open"])
        is_out = is_out or found["behind"].lower().strip(".") in _DEBIT
        value = f"-{found['digits']}" if is_out else found["digits"]
    try:
        amount = (
            _said(value, "," if comma else ".")
            if is_said and isinstance(value, str)
            else cells.number(value, comma=comma)
        )
    except ValueError as error:
        raise _BadCell(column, value, str(error)) from error
    if amount is None:
        return Decimal(0)
    exact = amount.quantize(_CENT)
    if exact != amount or not money.fits(abs(exact), currency):
        raise _BadCell(column, value, _("This amount has more decimals than the currency."))
    return exact


def _is_understood(found: re.Match[str], currency: str) -> bool:
    """Say whether all that stands around the digits is known: the currency, and whether it is a credit or a debit.

    What is not known may be another currency, or a debit: guessed, it would be money that never came.
    """
    if bool(found["open"]) != bool(found["close"]):
        return False
    marks = {found[name].lower().strip(".") for name in ("before", "between", "behind")}
    return marks <= {"", "$", currency.lower(), *_SYMBOLS.get(currency, ()), *_CREDIT, *_DEBIT} and not (
        {found["before"].lower(), found["between"].lower()} & {*_CREDIT, *_DEBIT}
    )


def _said(text: str, mark: str) -> Decimal:
    """Return a number whose decimals stand behind this mark for certain, its thousands in groups of three.

    Raises:
        ValueError: the other mark stands where it can be no thousands: the file is not as it was said to be.
    """
    other = "." if mark == "," else ","
    whole, _mark, decimals = text.lstrip("-").partition(mark)
    groups = whole.split(other)
    is_grouped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(one) == 3 for one in groups[1:]))
    plain = f"{''.join(groups)}.{decimals or 0}"
    if not is_grouped or not _PLAIN.fullmatch(plain):
        raise ValueError(_("This is not a number written as this bank writes them."))
    found = Decimal(plain)
    if found >= _TOO_MUCH:
        raise ValueError(_("This number is too large."))
    return -found if text.startswith("-") else found


def _day(value: object, columns: StatementColumns) -> date:
    """Return the day of a cell. One that has not come yet is a mistake in the order of day and month."""
    if isinstance(value, datetime):
        day = value.date()
    elif found := _DATE.fullmatch(cells.as_text(value)):
        places = _ORDERS[columns.date_order]
        year, month, number = (int(found[place]) for place in places)
        try:
            day = date(year + 2000 if year < 100 else year, month, number)
        except ValueError as error:
            raise _BadCell(columns.date, value, _not_a_day(columns)) from error
    else:
        raise _BadCell(columns.date, value, _not_a_day(columns))
    if day > timezone.localdate() + _TOMORROW or day.year < 2000:
        raise _BadCell(
            columns.date, value, _("This day has not come yet: are day and month the other way round?")
        )
    return day


def _not_a_day(columns: StatementColumns) -> str:
    return _("This is no date written as “%s”.") % columns.get_date_order_display()
