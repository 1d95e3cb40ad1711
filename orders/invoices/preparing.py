"""A document with its number: the snapshot, its lines and the number are written in one short transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from orders.invoices import content, credit_notes, debit_notes, numbering
from orders.invoices.amounts import Split, split, split_credit, tax_parts
from orders.invoices.content import DraftLine
from orders.invoices.fiscal.base import (
    Buyer,
    FiscalDocument,
    FiscalProvider,
    Receiver,
    Related,
    SeriesKey,
    document_from,
)
from orders.models import Invoice, InvoiceLine, InvoiceSeries, Order
from shop.core.money import ZERO
from shop.core.states import move

_Kind = Invoice.Kind
_Status = Invoice.Status
# The shop's own series: code and letter of receipts, and of the notes that credit them or add to them.
_OWN: Final = {_Kind.RECEIPT: (0, "R"), _Kind.CREDIT_NOTE: (1, "N"), _Kind.DEBIT_NOTE: (2, "D")}


class NothingToCredit(Exception):
    """All of the invoice is credited already, or nothing went back. Trying again does not help."""


class InvoiceNotIssued(Exception):
    """The invoice that a note refers to, or a debit note before a credit note, is not issued yet: the note waits."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a document will say: its lines with net and tax, and the sums."""

    lines: Sequence[DraftLine]
    splits: Sequence[Split]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def net(self) -> Decimal:
        return sum((part.net for part in self.splits), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((part.tax for part in self.splits), ZERO)


def prepare(invoice: Invoice) -> Prepared:
    """Return what a draft will say; of a credit note below the lock of the invoice that it credits, if there is one.

    Raises:
        InvoiceNotIssued, NothingToCredit: see there.
    """
    currency = invoice.currency
    if invoice.kind in Invoice.BILLS:
        lines = content.lines_of(invoice.order, is_fiscal=bool(invoice.provider))
        return Prepared(lines, split([(line.amount, line.rate) for line in lines], currency))
    billed = invoice.related_to
    if billed is None or billed.status != _Status.AUTHORISED:
        raise InvoiceNotIssued
    if invoice.kind == _Kind.DEBIT_NOTE:
        lines = debit_notes.lines_of(invoice, language=language_of(invoice))
        return Prepared(lines, split([(line.amount, line.rate) for line in lines], currency))
    return _credit(invoice, billed)


def _credit(invoice: Invoice, credited: Invoice) -> Prepared:
    if debit_notes.awaited(credited):
        raise InvoiceNotIssued
    currency = invoice.currency
    given, amount = credit_notes.given_by(invoice)
    left = credit_notes.left_by_rate(credited)
    with translation.override(language_of(invoice)):
        words = gettext("Refund without return of goods") if given or amount else ""
        lines = credit_notes.lines_for(credited, given, amount, words=words, currency=currency)
    if not lines:
        raise NothingToCredit
    return Prepared(lines, split_credit([(line.amount, line.rate) for line in lines], left, currency))


def language_of(invoice: Invoice) -> str:
    """Return the language of a document: the buyer's, or the one that a tax office's document is written in."""
    return "es" if invoice.provider else invoice.order.language


def buyer_of(invoice: Invoice) -> Buyer:
    """Return what is known of the buyer: of a note what its invoice says."""
    if invoice.related_to is not None and invoice.related_to.content.get("buyer"):
        kept = invoice.related_to.content["buyer"]
        return Buyer(
            document_type=kept["document_type"],
            document_number=kept["document_number"],
            tax_condition=kept["tax_condition"],
        )
    order = invoice.order
    return Buyer(
        document_type=order.document_type,
        document_number=order.document_number,
        tax_condition=order.tax_condition,
    )


def own_series(kind: str) -> SeriesKey:
    """Return the key of the shop's own series of a kind of document."""
    code, letter = _OWN[Invoice.Kind(kind)]
    return SeriesKey(document_code=code, letter=letter)


def receiver_of(provider: FiscalProvider, invoice: Invoice, total: Decimal) -> Receiver:
    """Return receiver and series of a draft at a tax office: a note's are those of its invoice. Raises: NotIssuable."""
    if invoice.related_to is not None:
        credited = document_from(invoice.related_to.content["fiscal"])
        return Receiver(
            series=provider.note_series(credited, is_credit=invoice.kind == _Kind.CREDIT_NOTE),
            document_type=credited.document_type,
            document_number=credited.document_number,
            condition=credited.condition,
        )
    return provider.receiver(buyer_of(invoice), total=total, on=provider.today())


def issue_own(invoice: Invoice, *, actor: str) -> bool:
    """Issue a document of the shop's own series, in one transaction; False: somebody else was first.

    Locks the order, the document, the invoice that it refers to, the series.

    Raises:
        InvoiceNotIssued, NothingToCredit: see `prepare`.
    """
    with transaction.atomic():
        draft = lock_draft(invoice)
        if draft is None:
            return False
        prepared = prepare(draft)
        series = numbering.series_of(own_series(draft.kind))
        changes = written(draft, prepared)
        series, number, day = numbering.take(series.pk, timezone.localdate())
        name = f"{series.letter}-{number:08d}"
        changes["content"] |= {"name": name, "issued_on": day.isoformat()}
        moved = move(
            draft,
            _Status.AUTHORISED,
            actor=actor,
            series=series,
            number=number,
            name=name,
            issued_on=day,
            issued_at=timezone.now(),
            next_try_at=timezone.now(),
            tries=0,
            last_error="",
            **changes,
        )
        if moved:
            write_lines(draft, prepared)
            name_on_order(draft)
        return moved


def lock_draft(invoice: Invoice) -> Invoice | None:
    """Lock order, draft and the invoice that it credits, in this order; None: it is no draft any more."""
    draft = lock_rows(invoice)
    return draft if draft.status == _Status.DRAFT else None


def lock_rows(invoice: Invoice) -> Invoice:
    """Lock an order, then its document and the invoice that it credits by key; return the document as it is now."""
    Order.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.order_id)
    keys = [key for key in (invoice.pk, invoice.related_to_id) if key]
    rows = {
        row.pk: row
        for row in Invoice.objects.select_for_update(of=("self",), no_key=True)
        .select_related("order", "related_to")
        .filter(pk__in=keys)
        .order_by("pk")
    }
    return rows[invoice.pk]


def written(invoice: Invoice, prepared: Prepared, **facts: Any) -> dict[str, Any]:
    """Return the columns that the snapshot fills in."""
    with translation.override(language_of(invoice)):
        kept = content.snapshot(
            invoice.order,
            kind=invoice.kind,
            lines=prepared.lines,
            splits=prepared.splits,
            currency=invoice.currency,
            language=language_of(invoice),
            related=_related_words(invoice),
        )
    if invoice.related_to is not None:
        # The receiver of a note is the one of its invoice, though the order's data were corrected since.
        kept["buyer"] = invoice.related_to.content.get("buyer", kept["buyer"])
    return {
        "content": {**kept, **facts},
        "total": prepared.total,
        "net": prepared.net,
        "tax": prepared.tax,
    }


def _related_words(invoice: Invoice) -> dict[str, str]:
    credited = invoice.related_to
    if credited is None or credited.issued_on is None:
        return {}
    return {"name": credited.name, "issued_on": credited.issued_on.isoformat()}


def write_lines(invoice: Invoice, prepared: Prepared) -> None:
    """Write the lines of a document that has its number; the triggers refuse more than was invoiced."""
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            kind=line.kind,
            order_line_id=line.order_line_id,
            credits_id=line.credits_id,
            sku=line.sku,
            description=line.description[:300],
            quantity=line.quantity,
            amount=line.amount,
            net=part.net,
            tax=part.tax,
            rate=line.rate,
        )
        for position, (line, part) in enumerate(zip(prepared.lines, prepared.splits, strict=True), start=1)
    )


def name_on_order(invoice: Invoice) -> None:
    """Write an invoice's number onto its order, whose row is locked by the caller."""
    if invoice.kind in Invoice.BILLS:
        Order.objects.filter(pk=invoice.order_id).update(invoice_number=invoice.name)


def fiscal_document(
    invoice: Invoice, receiver: Receiver, prepared: Prepared, *, number: int, on: date
) -> FiscalDocument:
    """Return what a tax office is told of a document."""
    sums = tax_parts([(line.rate, part) for line, part in zip(prepared.lines, prepared.splits, strict=True)])
    return FiscalDocument(
        series=receiver.series,
        number=number,
        issued_on=on,
        document_type=receiver.document_type,
        document_number=receiver.document_number,
        condition=receiver.condition,
        currency=invoice.currency,
        total=prepared.total,
        net=prepared.net,
        tax=prepared.tax,
        # A seller who states no tax has no rows of it.
        taxes=tuple(part for part in sums if part.rate) if any(part.rate for part in sums) else (),
        related=_related(invoice),
    )


def _related(invoice: Invoice) -> tuple[Related, ...]:
    if invoice.related_to is None:
        return ()
    credited = document_from(invoice.related_to.content["fiscal"])
    return (
        Related(
            document_code=credited.series.document_code,
            point_of_sale=credited.series.point_of_sale,
            number=credited.number,
            tax_id=credited.series.tax_id,
            issued_on=credited.issued_on,
        ),
    )


def fingerprint(document: FiscalDocument) -> str:
    """Return the hash of what a tax office is told: what is sent again is what was sent."""
    return sha256(json.dumps(document.as_json(), sort_keys=True).encode()).hexdigest()


def series_key(series: InvoiceSeries) -> SeriesKey:
    """Return the key of a series' row."""
    return SeriesKey(
        provider=series.provider,
        environment=series.environment,
        tax_id=series.tax_id,
        point_of_sale=series.point_of_sale,
        document_code=series.document_code,
        letter=series.letter,
    )


def name_of(document: FiscalDocument) -> str:
    """Return letter and number as people write them."""
    return f"{document.series.letter} {document.series.point_of_sale:05d}-{document.number:08d}"
