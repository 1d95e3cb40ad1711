"""The shape of a country's rules. Rules are data (`shop/core/countries/<cc>.py`), never an `if` in a screen."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
class TaxCondition:
    """How somebody is registered for the sales tax. `document`: the document that must name them; "": any, or none."""

    code: str
    label: str | Promise
    document: str = ""


@dataclass(frozen=True)
class Withdrawal:
    """The right to undo a distance purchase: so many days, whose count starts at delivery. `source`: the rule."""

    days: int
    are_business_days: bool
    seller_pays_return: bool
    source: str


@dataclass(frozen=True)
class ReturnRules:
    """What else the law says of goods that come back.

    `freight_comes_back`: whoever withdraws from the whole purchase gets the outbound shipping back as well.
    `faulty_days`: the shortest legal guarantee; faulty goods may be brought back for so many days from delivery.
    `exempts_personal_use`: no withdrawal from goods for personal use (underwear, swimwear). `source`: the rules.
    """

    freight_comes_back: bool
    faulty_days: int
    source: str
    exempts_personal_use: bool = False


# Where no rule is known the buyer gets the most that any of the others grants.
UNKNOWN_RETURNS: Final = ReturnRules(True, 365, source="no rule known: the widest of the others")


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


class RateMethod(StrEnum):
    """How the annual rate that a law asks for follows from the cash flows; i is their monthly rate.

    `MONTHS12`: (1 + i)^12 - 1, months being twelfths of a year. `DAYS365_30`: (1 + i)^(365/30) - 1. `ACT365`: the
    annual rate of the flows at their days, of which a year has 365. `NOMINAL12`: 12 i.
    """

    MONTHS12 = "months12"
    DAYS365_30 = "days365_30"
    ACT365 = "act365"
    NOMINAL12 = "nominal12"


class ContractField(StrEnum):
    """What a law wants to be read in the contract of a sale by instalments."""

    SELLER = "seller"  # Name, address, e-mail.
    DESCRIPTION = "description"
    CASH_PRICE = "cash_price"
    DOWN_PAYMENT = "down_payment"  # And what is financed.
    COUNT = "count"
    AMOUNTS = "amounts"
    DUE_DATES = "due_dates"
    TOTAL = "total"
    INTEREST = "interest"
    RATE = "rate"
    MONTHLY_RATE = "monthly_rate"
    AMORTISATION = "amortisation"  # The system, and its table.
    EXTRA_CHARGES = "extra_charges"
    LATE_CHARGES = "late_charges"
    EARLY_SETTLEMENT = "early_settlement"
    VALID_UNTIL = "valid_until"


@dataclass(frozen=True, eq=False)
class Credit:
    """The rules for the shop's own instalments. Rates are fractions, monthly or annual as their names say.

    `rate_name`: how the law calls the annual rate, computed by `method`, printed in per cent with `decimals`, rounded
    by `rounding`. `is_method_confirmed` False: no rule was read that says how, and the staff are told so.
    `max_monthly_rate`: no offer may cost more a month. Late charges: interest at `max_late_monthly_rate` at most, or at
    `max_late_over_plan` times the plan's own monthly rate; where both are None no figure is known and none is charged.
    `max_late_fine` is a share of the overdue principal. `grace_days`: a plan is overdue after so many days.
    `offer_valid_hours`: a quote that was shown binds so long. `is_cash_price_prominent`: the cash price is at least as
    large on the page as the instalment. `interest_tax`: the sales tax that interest contains (0.21). `shows_net_rate`:
    the rate without that tax is shown. `staff_notice`: what the staff must know before they offer instalments of the
    shop's own.
    """

    rate_name: str
    source: str
    read_date: date
    method: RateMethod = RateMethod.MONTHS12
    is_method_confirmed: bool = False
    decimals: int = 2
    rounding: str = ROUND_HALF_UP
    max_monthly_rate: Decimal | None = None
    max_late_monthly_rate: Decimal | None = None
    max_late_over_plan: Decimal | None = None
    max_late_fine: Decimal = Decimal(0)
    grace_days: int = 3
    offer_valid_hours: int = 48
    is_cash_price_prominent: bool = False
    interest_tax: Decimal | None = None
    shows_net_rate: bool = False
    contract_fields: tuple[ContractField, ...] = tuple(ContractField)
    staff_notice: str | Promise = ""


# Where no rule is known: everything is shown, no late interest is charged, and the staff are told.
UNKNOWN_CREDIT: Final = Credit(
    "TEA", source="no rule known: the widest of the others", read_date=date(2026, 11, 1)
)


_REGIONS: Final = {
    "province": pgettext_lazy("part of a country", "Province"),
    "state": pgettext_lazy("part of a country", "State"),
    "region": pgettext_lazy("part of a country", "Region"),
    "department": pgettext_lazy("part of a country", "Department"),
}


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
    returns: ReturnRules = UNKNOWN_RETURNS
    retention: Retention = Retention(10, "no rule known: the longest of the others")
    # None: not known here. Prices contain it then, and it is not shown.
    sales_tax: SalesTax | None = None
    credit: Credit = UNKNOWN_CREDIT
    # Who may ask for an invoice of another kind; the first is the final consumer. Empty: it makes no difference here.
    tax_conditions: tuple[TaxCondition, ...] = ()
    is_postal_code_required: bool = True
    postal_examples: str = ""  # Every way of writing one, where there are several.
    # What one of its `states` is called there.
    region: str = "state"

    @property
    def region_label(self) -> str:
        """What people call one of its `states`, for a form's label in the reader's language."""
        return str(_REGIONS[self.region])

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

    def tax_condition(self, code: str) -> TaxCondition | None:
        """Return the tax condition of this code, or None."""
        return next((one for one in self.tax_conditions if one.code == code), None)

    def document(self, code: str) -> Document | None:
        """Return the accepted document of this code, or None."""
        return next((document for document in self.accepted_documents if document.code == code), None)
