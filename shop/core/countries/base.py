"""The shape of a country's rules. Rules are data (`shop/core/countries/<cc>.py`), never an `if` in a screen."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property


@dataclass(frozen=True)
class Document:
    """A kind of identity or tax document. `check` names the python-stdnum modules of which one must accept the number;
    `pattern` must match its compact form when no module exists. `is_company`: whose bearer is a firm."""

    code: str
    label: str
    example: str
    check: tuple[str, ...] = ()
    pattern: str = ""
    is_company: bool = False


@dataclass(frozen=True)
class Withdrawal:
    """The right to undo a distance purchase: so many days, whose count starts at delivery. `source`: the rule."""

    days: int
    are_business_days: bool
    seller_pays_return: bool
    source: str


@dataclass(frozen=True)
class Retention:
    """How long the law asks a seller to keep invoices: whole years, counted from the end of the year of the sale."""

    years: int
    source: str


@dataclass(frozen=True)
class Country:
    """One country's rules, with where they come from and the day they were read."""

    code: str
    name: str
    currency: str
    phone_prefix: str
    states: tuple[str, ...]
    postal_pattern: str
    postal_example: str
    documents: tuple[Document, ...]
    source: str
    read_date: date
    withdrawal: Withdrawal | None = None
    retention: Retention = Retention(10, "no rule known: the longest of the others")

    @cached_property
    def _postal(self) -> re.Pattern[str]:
        return re.compile(self.postal_pattern, re.ASCII)

    def clean_postal_code(self, text: str) -> str:
        """Return a postal code in the country's way of writing.

        Raises:
            ValueError: no postal code of this country looks like that.
        """
        code = " ".join(text.upper().split())
        match = self._postal.fullmatch(code)
        if match is None:
            raise ValueError(text)
        return "-".join(part for part in match.groups() if part) if match.groups() else code

    def document(self, code: str) -> Document | None:
        """Return the country's document of this code, or None."""
        return next((document for document in self.documents if document.code == code), None)
