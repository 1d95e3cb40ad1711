"""What a tax office's module offers, in frozen values: it knows no rows, requests or HTML.

A number is the shop's to choose and the office's to check. Whoever asks for one therefore asks for the last one first,
and after a call without an answer asks for the document itself (`find`) before anything else is done with the number.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

# Called after each request: the act, the request and the answer without what signs us in, and what went wrong.
Note = Callable[[str, str, str, str], None]


class FiscalUnavailable(Exception):
    """Nothing was issued: nobody answered, or the office did not take the request. Trying again helps."""

    def __init__(self, reason: str, *, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class FiscalUnknown(Exception):
    """The document may have been issued: ask for its number before anything else is done with it."""


class NotIssuable(Exception):
    """The data allow no such document, whatever the office says (`reasons`). Only new data help."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesKey:
    """Which series a document belongs to: whose, where, and the office's number for the kind of document."""

    provider: str = ""
    environment: str = ""
    tax_id: str = ""
    point_of_sale: int = 0
    document_code: int = 0
    letter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPart:
    """What of a document is taxed with one rate (a fraction): the net amount and the tax on it."""

    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A document that another one refers to."""

    document_code: int
    point_of_sale: int
    number: int
    tax_id: str
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalDocument:
    """Everything that the office is told of one document, amounts in major units.

    `document_type`, `document_number` and `condition` say who the receiver is, in the office's own codes.
    """

    series: SeriesKey
    number: int
    issued_on: date
    document_type: int
    document_number: int
    condition: int
    currency: str
    total: Decimal
    net: Decimal
    tax: Decimal
    taxes: tuple[TaxPart, ...]
    related: tuple[Related, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the values as JSON keeps them; `document_from` reads them."""
        series = self.series
        return {
            "series": {name: getattr(series, name) for name in SeriesKey.__slots__},
            "number": self.number,
            "issued_on": self.issued_on.isoformat(),
            "document_type": self.document_type,
            "document_number": self.document_number,
            "condition": self.condition,
            "currency": self.currency,
            "total": str(self.total),
            "net": str(self.net),
            "tax": str(self.tax),
            "taxes": [{"rate": str(p.rate), "net": str(p.net), "tax": str(p.tax)} for p in self.taxes],
            "related": [
                {
                    "document_code": one.document_code,
                    "point_of_sale": one.point_of_sale,
                    "number": one.number,
                    "tax_id": one.tax_id,
                    "issued_on": one.issued_on.isoformat(),
                }
                for one in self.related
            ],
        }


def document_from(kept: Mapping[str, Any]) -> FiscalDocument:
    """Return the document that `as_json` has kept."""
    return FiscalDocument(
        series=SeriesKey(**kept["series"]),
        number=kept["number"],
        issued_on=date.fromisoformat(kept["issued_on"]),
        document_type=kept["document_type"],
        document_number=kept["document_number"],
        condition=kept["condition"],
        currency=kept["currency"],
        total=Decimal(kept["total"]),
        net=Decimal(kept["net"]),
        tax=Decimal(kept["tax"]),
        taxes=tuple(
            TaxPart(rate=Decimal(part["rate"]), net=Decimal(part["net"]), tax=Decimal(part["tax"]))
            for part in kept["taxes"]
        ),
        related=tuple(
            Related(**{**one, "issued_on": date.fromisoformat(one["issued_on"])}) for one in kept["related"]
        ),
    )


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that the office said, with its code."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorised:
    """The office has issued it: its code, the last day to hand the document over, and what it remarked."""

    code: str
    due: date | None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The office refused it: the number was not used. `is_number_taken`: because of the number itself."""

    reasons: tuple[Remark, ...]
    is_number_taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document as the office has it. `differences` names what is not as in ours; none: it is ours."""

    authorisation: Authorised
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Who a document is for, in the office's codes, and the series that it belongs to."""

    series: SeriesKey
    document_type: int
    document_number: int
    condition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """What is known of the buyer: the country's codes of the document and of the tax condition ("": final consumer)."""

    document_type: str
    document_number: str
    tax_condition: str


class FiscalProvider(Protocol):
    """One tax office. Every method that asks it may raise `FiscalUnavailable`."""

    @property
    def code(self) -> str: ...

    def receiver(self, buyer: Buyer, *, total: Decimal, on: date) -> Receiver:
        """Return the series of an invoice and its receiver. Raises: NotIssuable."""

    def check(self, document: FiscalDocument) -> None:
        """Refuse a document that cannot be told to the office. Raises: NotIssuable."""

    def note_series(self, invoice: FiscalDocument, *, is_credit: bool) -> SeriesKey:
        """Return the series of the credit or debit notes of an invoice: the same class and point of sale."""

    def today(self) -> date:
        """Return the office's day."""

    def last_number(self, series: SeriesKey) -> int:
        """Return the last number that the office has issued in a series; 0: none."""

    def authorise(self, document: FiscalDocument) -> Authorised | Rejected:
        """Have a document issued.

        Raises:
            FiscalUnknown: there was no answer that says whether it was.
        """

    def find(self, document: FiscalDocument) -> Found | None:
        """Return what the office has issued under a document's number; None: nothing."""

    def qr_address(self, document: FiscalDocument, authorisation: str) -> str:
        """Return the address in the QR code of a document that was issued."""

    def is_tax_shown(self, document: FiscalDocument) -> bool:
        """Say whether prices are printed without their tax, and the tax beside them."""

    def legends(self, document: FiscalDocument) -> Sequence[tuple[str, Decimal | None]]:
        """Return the sentences that law wants printed, with an amount where one belongs to it."""
