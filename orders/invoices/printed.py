"""What stands on a document, in its language: the one source of paper (`pdf`) and page (the template).

Made of the kept snapshot and of what the tax office said; nothing is read from the order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from orders.checkout.documents import display_document
from orders.invoices import fiscal
from orders.invoices.amounts import Split, tax_parts
from orders.invoices.fiscal.base import FiscalDocument, FiscalProvider, document_from
from orders.invoices.tickets import TicketRows
from orders.models import Invoice
from shop.core import countries
from shop.core.allocation import rounded
from shop.core.money import ZERO
from shop.core.money import display as money

Fact = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLine:
    """One line; `unit` and `amount` are written out, `adjusted` is "" where the units cost their list price."""

    sku: str
    description: str
    quantity: int
    unit: str
    adjusted: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A document, written out. `legends` are sentences that law wants, with an amount or ""."""

    language: str
    title: str
    letter: str
    code: str
    name: str
    issued_on: str
    seller_name: str
    seller: tuple[Fact, ...]
    buyer: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    is_adjusted: bool
    lines: tuple[PrintedLine, ...]
    sums: tuple[Fact, ...]
    total: Fact
    legends: tuple[Fact, ...]
    authorisation: tuple[Fact, ...]
    qr_address: str
    foot: str


def printed(invoice: Invoice) -> Printed:
    """Return what stands on an issued document, in the language that it was issued in."""
    with translation.override(invoice.content["language"]):
        return _printed(invoice, invoice.content)


def _printed(invoice: Invoice, kept: Mapping[str, Any]) -> Printed:
    country = countries.COUNTRIES.get(kept["country"], countries.current())
    document = document_from(kept["fiscal"]) if kept.get("fiscal") else None
    office = fiscal.get(invoice.provider, tickets=TicketRows(invoice.provider)) if document else None
    is_net = bool(office and document and office.is_tax_shown(document))
    lines = tuple(_line(row, kept["currency"], is_net=is_net) for row in kept["lines"])
    return Printed(
        language=kept["language"],
        title=_title(invoice),
        letter=document.series.letter if document else "X",
        code=f"COD. {document.series.document_code:02d}" if document else "",
        name=invoice.name.partition(" ")[2] if document else invoice.name,
        issued_on=_day(kept["issued_on"]),
        seller_name=kept["seller"]["name"],
        seller=tuple(_seller(kept["seller"], country)),
        buyer=tuple(_buyer(kept["buyer"], country, is_fiscal=document is not None)),
        facts=tuple(_facts(kept)),
        is_adjusted=any(line.adjusted for line in lines),
        lines=lines,
        sums=tuple(_sums(invoice, kept, country, is_net=is_net)),
        total=(_("Total"), money(invoice.total, kept["currency"])),
        legends=tuple(_legends(office, document, kept["currency"])),
        authorisation=tuple(_authorisation(invoice)),
        qr_address=office.qr_address(document, invoice.authorisation) if office and document else "",
        foot="" if document else _("Not a fiscal document."),
    )


def _title(invoice: Invoice) -> str:
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        return _("Credit note")
    if invoice.kind == Invoice.Kind.DEBIT_NOTE:
        return _("Debit note")
    return _("Invoice") if invoice.kind == Invoice.Kind.INVOICE else _("Receipt")


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT") if text else ""


def _seller(kept: Mapping[str, str], country: countries.Country) -> Iterator[Fact]:
    own = next((document.label for document in country.documents if document.is_company), _("Tax number"))
    # "CUIT / CUIL": a seller has the first.
    label = str(own).partition(" / ")[0]
    yield _("Address"), kept["address"]
    yield label, kept["tax_id"]
    yield _("Tax condition"), _condition(kept["tax_condition"], country) if kept["tax_condition"] else ""
    yield _("Gross income number"), kept["gross_income"]
    yield _("Start of activity"), _day(kept["activity_start"])


def _buyer(kept: Mapping[str, str], country: countries.Country, *, is_fiscal: bool) -> Iterator[Fact]:
    yield _("Name"), kept.get("name", "")
    number = kept.get("document_number", "")
    yield _("Document"), display_document(country, kept.get("document_type", ""), number)
    if is_fiscal:
        yield _("Tax condition"), _condition(kept.get("tax_condition", ""), country)
    yield _("Address"), kept.get("address", "")


def _condition(code: str, country: countries.Country) -> str:
    conditions = country.tax_conditions
    found = next((one for one in conditions if one.code == code), conditions[0] if conditions else None)
    return str(found.label) if found else code


def _facts(kept: Mapping[str, Any]) -> Iterator[Fact]:
    yield _("Order"), f"#{kept['order_number']}"
    if related := kept.get("related"):
        label = _("Adds to") if kept["kind"] == Invoice.Kind.DEBIT_NOTE else _("Credits")
        yield label, f"{related['name']} · {_day(related['issued_on'])}"


def _line(row: Mapping[str, Any], currency: str, *, is_net: bool) -> PrintedLine:
    quantity, amount = row["quantity"], Decimal(row["net"] if is_net else row["amount"])
    unit = rounded(amount / quantity, currency) if is_net else Decimal(row["unit_price"])
    adjusted = ZERO if is_net else amount - unit * quantity
    return PrintedLine(
        sku=row["sku"],
        description=row["description"],
        quantity=quantity,
        unit=money(unit, currency),
        adjusted=money(adjusted, currency) if abs(adjusted) >= 1 else "",
        amount=money(amount, currency),
    )


def _sums(
    invoice: Invoice, kept: Mapping[str, Any], country: countries.Country, *, is_net: bool
) -> Iterator[Fact]:
    """Yield net and tax by rate, where they are printed beside one another."""
    if not is_net:
        return
    yield _("Net"), money(invoice.net, invoice.currency)
    parts = [(Decimal(row["rate"]), Split(Decimal(row["net"]), Decimal(row["tax"]))) for row in kept["lines"]]
    name = country.sales_tax.name if country.sales_tax else _("Tax")
    for part in tax_parts(parts):
        percent = f"{part.rate * 100:f}".rstrip("0").rstrip(".").replace(".", ",")
        yield f"{name} {percent} %", money(part.tax, invoice.currency)


def _legends(office: FiscalProvider | None, document: FiscalDocument | None, currency: str) -> Iterator[Fact]:
    if office is None or document is None:
        return
    for words, amount in office.legends(document):
        yield words, "" if amount is None else money(amount, currency)


def _authorisation(invoice: Invoice) -> Iterator[Fact]:
    if not invoice.authorisation:
        return
    yield "CAE N°", invoice.authorisation
    if invoice.authorisation_due:
        yield _("CAE valid until"), _day(invoice.authorisation_due.isoformat())
