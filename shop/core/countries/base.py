"""The shape of a country's rules. Rules are data (`shop/core/countries/<cc>.py`), never an `if` in a screen."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_POSTAL_SEPARATORS: Final = re.compile(r"[\s.\-\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]+")


@dataclass(frozen=True)
class Document:
    """A kind of identity or tax document.

    `check` names the python-stdnum modules of which one must accept the number; `pattern` must match its compact form
    when no module exists. `is_company`: issued to companies. `signs`: characters other than A-Z and 0-9 that belong to
    the number. `has_check_digit` False: a hyphen before the last character shows that it is another country's document.
    `anonymous`: a pattern of numbers that tax offices let sellers write for a buyer without a number; they identify
    nobody. `is_foreign`: issued elsewhere; it stands on the invoice and is sent to no payment provider.
    """

    code: str
    label: str | Promise
    example: str
    check: tuple[str, ...] = ()
    pattern: str = ""
    is_company: bool = False
    signs: str = ""
    has_check_digit: bool = True
    anonymous: str = ""
    is_foreign: bool = False


# Travellers and residents without the country's own number. ICAO Doc 9303 allows a passport nine characters; identity
# cards of other countries are longer.
FOREIGN_DOCUMENT: Final = Document(
    "FOREIGN",
    _("Passport or foreign document"),
    "FT482136",
    pattern=r"(?=.*\d)[A-Z0-9]{5,20}",
    is_foreign=True,
)


@dataclass(frozen=True)
class Withdrawal:
    """The right to undo a distance purchase: so many days, whose count starts at delivery. `source`: the rule."""

    days: int
    are_business_days: bool
    seller_pays_return: bool
    source: str


@dataclass(frozen=True)
class Retention:
    """How long the law obliges sellers to keep invoices: whole years, counted from the end of the year of the sale."""

    years: int
    source: str


@dataclass(frozen=True)
class SalesTax:
    """The general tax on sales. `rate` is a fraction of the price without it (0.21).

    `is_included`: the prices that shoppers see contain it; otherwise it is added to them. `shows_net_price`: the law
    requires the price without it beside the price. `source`: the rules.
    """

    code: str
    name: str
    rate: Decimal
    is_included: bool
    source: str
    shows_net_price: bool = False


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
    # None: not known here. Prices contain it then, and it is not shown.
    sales_tax: SalesTax | None = None
    is_postal_code_required: bool = True
    postal_examples: str = ""  # Every way of writing one, where there are several.

    @cached_property
    def _postal(self) -> re.Pattern[str]:
        return re.compile(self.postal_pattern, re.ASCII)

    def clean_postal_code(self, text: str) -> str:
        """Return a postal code in the country's way of writing; the groups of its pattern are joined by a hyphen.

        Blanks, hyphens, dots and a leading "CP", "C.P." or "CEP" are how people write, not part of the code.

        Raises:
            ValueError: it is not in this country's format, or it is empty where one is required.
        """
        code = _POSTAL_SEPARATORS.sub("", unicodedata.normalize("NFKC", text).upper())
        code = re.sub(r"^(?:CEP|CP)(?=\d)", "", code)
        if not code and not self.is_postal_code_required:
            return ""
        match = self._postal.fullmatch(code)
        if match is None:
            raise ValueError(text)
        return "-".join(part for part in match.groups() if part) if match.groups() else code

    @property
    def accepted_documents(self) -> tuple[Document, ...]:
        """The country's own documents, then the one for people without any of them."""
        return (*self.documents, FOREIGN_DOCUMENT)

    def document(self, code: str) -> Document | None:
        """Return the accepted document of this code, or None."""
        return next((document for document in self.accepted_documents if document.code == code), None)
