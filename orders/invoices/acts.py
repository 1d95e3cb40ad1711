"""What staff do about documents: correct a refused one and issue it again, ask at once, let a frozen series go on."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from orders.invoices import numbering, preparing
from orders.models import ForeignInvoiceNumber, Invoice, InvoiceSeries, Order
from shop.core.jobs import dispatch
from shop.core.states import move, record

_Status = Invoice.Status


class NotThatState(Exception):
    """The document, or the series, is not in a state in which this makes sense. Trying again does not help."""


def issue_again(
    invoice: Invoice, *, document_type: str, document_number: str, tax_condition: str, actor: str
) -> Invoice:
    """Make a refused document due again, with corrected data of its buyer; they are checked by the caller.

    Locks the order and the document.

    Raises:
        NotThatState: it was not refused.
    """
    with transaction.atomic():
        row = preparing.lock_rows(invoice)
        if row.status != _Status.REJECTED:
            raise NotThatState(row.status)
        wanted = {
            "document_type": document_type,
            "document_number": document_number,
            "tax_condition": tax_condition,
        }
        if any(getattr(row.order, name) != value for name, value in wanted.items()):
            Order.objects.filter(pk=row.order_id).update(**wanted)
            record(row.order, "invoice data corrected", actor=actor)
        move(row, _Status.DRAFT, actor=actor, series=None, tries=0, next_try_at=timezone.now(), last_error="")
        transaction.on_commit(partial(dispatch, "orders.tasks.issue_invoice", str(row.pk)))
    return row


def ask_now(invoice: Invoice, *, actor: str) -> None:
    """Make a document that is waiting due at once: an unresolved one is asked for, a draft issued.

    Raises:
        NotThatState: nothing is due of it.
    """
    with transaction.atomic():
        row = preparing.lock_rows(invoice)
        if row.status not in {_Status.DRAFT, *Invoice.UNRESOLVED}:
            raise NotThatState(row.status)
        Invoice.objects.filter(pk=row.pk).update(next_try_at=timezone.now())
        record(row, "asked for at once", actor=actor)
        transaction.on_commit(partial(dispatch, "orders.tasks.issue_invoice", str(row.pk)))


def unfreeze(series: InvoiceSeries, *, reason: str, actor: str) -> InvoiceSeries:
    """Let a series go on whose numbers somebody else has used: they are recorded as not ours.

    A document of ours that has one of them gets another number. The writer compares with the tax office before the next
    one, and freezes the series again where they still do not fit.

    Raises:
        NotThatState: it is not frozen.
    """
    with transaction.atomic():
        row = lock_series(series)
        if not row.is_frozen:
            raise NotThatState("it is not frozen")
        taken = (
            range(row.foreign_from, row.foreign_to + 1) if row.foreign_from and row.foreign_to else range(0)
        )
        for lost in row.invoices.filter(status=_Status.UNKNOWN, number__in=taken).select_related("order"):
            moved = move(
                lost,
                _Status.DRAFT,
                actor=actor,
                reason=reason,
                number=None,
                name="",
                times_sent=0,
                next_try_at=timezone.now(),
                tries=0,
            )
            if moved:
                lost.lines.all().delete()
        ForeignInvoiceNumber.objects.bulk_create(
            (ForeignInvoiceNumber(series=row, number=number, actor=actor) for number in taken),
            ignore_conflicts=True,
        )
        InvoiceSeries.objects.filter(pk=row.pk).update(
            frozen_at=None,
            frozen_reason="",
            foreign_from=None,
            foreign_to=None,
            next_number=max(row.next_number, taken.stop),
        )
        record(row, "series goes on", actor=actor, reason=reason)
    row.refresh_from_db()
    return row


def lock_series(series: InvoiceSeries) -> InvoiceSeries:
    """Lock a series after its documents without an answer and their orders; return it as it is now."""
    for waiting in series.invoices.filter(status__in=Invoice.UNRESOLVED).order_by("pk"):
        preparing.lock_rows(waiting)
    return numbering.lock(series.pk)
