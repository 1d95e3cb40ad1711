"""What a provider's payout report says: one line of it, and the cells it is read from.

A gateway whose reports can be read has a module `reports` beside its gateway: `NAME` (how the provider calls the file),
`REQUIRED` (columns), `read(row)`. It uses no ORM; amounts are in major units, as the reports write them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

from django.utils.translation import gettext as _

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")


class LineKind(StrEnum):
    """The neutral kinds of a movement on the account."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee"
    TAX = "tax"
    RESERVE = "reserve"
    PAYOUT = "payout"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One movement. `gross - fee - tax = net`; `gross` and `net` carry the movement's sign.

    `identity` names the line at the provider. Where it `may_repeat`, equal lines of one file are different movements
    and are told apart by their number; else the second one counts as a repetition.
    """

    identity: str
    kind: LineKind
    word: str
    happened_at: datetime
    currency: str
    gross: Decimal
    fee: Decimal
    tax: Decimal
    net: Decimal
    payout: str = ""
    source: str = ""
    about: str = ""
    reference: str = ""
    face: Decimal | None = None
    face_currency: str = ""
    may_repeat: bool = False


def as_cost(kind: LineKind, gross: Decimal, fee: Decimal, tax: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Return gross, fee and tax of a line; a movement that is nothing but a cost has no gross of its own."""
    if kind == LineKind.FEE:
        return ZERO, fee - gross, tax
    if kind == LineKind.TAX:
        return ZERO, fee, tax - gross
    return gross, fee, tax


class BadCell(Exception):
    """A cell that cannot be read; in words for whoever uploaded the file. The same file again does not help."""

    def __init__(self, column: str, value: str, words: str) -> None:
        super().__init__(words)
        self.column, self.value, self.words = column, value, words


class WrongReport(Exception):
    """Another file than the one that is wanted; the message says which to download."""


class ReportRow:
    """One row by its columns' names. `currency` is the account's, where the file names none."""

    def __init__(
        self, cells: Mapping[str, str], *, currency: str, number: Callable[[str], Decimal | None]
    ) -> None:
        self._cells, self.currency, self._number = cells, currency, number

    def text(self, column: str, most: int = 200) -> str:
        return self._cells.get(column, "")[:most]

    def money(self, column: str) -> Decimal:
        """Return an amount of at most two decimals; an empty cell is nothing.

        Raises:
            BadCell: it is no amount.
        """
        text = self._cells.get(column, "")
        try:
            found = self._number(text)
        except ValueError as error:
            raise BadCell(column, text, str(error)) from error
        if found is None:
            return ZERO
        exact = found.quantize(CENT)
        if exact != found:
            raise BadCell(column, text, _("An amount has at most two decimals."))
        return exact

    def moment(self, *columns: str) -> datetime:
        """Return the instant of the first column that has one; without an offset it is UTC.

        Raises:
            BadCell: none of them has one.
        """
        for column in columns:
            text = self._cells.get(column, "")
            if not text:
                continue
            try:
                found = datetime.fromisoformat(text)
            except ValueError as error:
                raise BadCell(column, text, _("This is no date such as 2026-01-31T14:05:00Z.")) from error
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        raise BadCell(columns[0], "", _("This must not be empty."))

    def code(self, column: str) -> str:
        """Return a currency's code, or the account's.

        Raises:
            BadCell: it is no currency.
        """
        text = self._cells.get(column, "").upper() or self.currency
        if not re.fullmatch(r"[A-Z]{3}", text):
            raise BadCell(column, text, _("This is no currency such as ARS."))
        return text


class Recipe(Protocol):
    """A gateway's `reports` module."""

    NAME: object
    REQUIRED: tuple[str, ...]

    def check(self, columns: Iterable[str]) -> None:
        """Refuse another file of the provider's.

        Raises:
            WrongReport: it is not the one.
        """
        ...

    def read(self, row: ReportRow) -> ReportLine | None:
        """Read one row; None for a row that is no movement (a balance, a total).

        Raises:
            BadCell: it cannot be read.
        """
        ...
