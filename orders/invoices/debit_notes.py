"""Debit notes: what a buyer paid above an order's invoice, which is the difference for an exchange.

A note is ordered when its charge is paid, and issued when the invoice is. Credit notes wait for it, since what they
credit may be part of it.
"""

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from orders.invoices.content import DraftLine, rate_of
from orders.models import Invoice, InvoiceLine

_Status = Invoice.Status


def issued_of(invoice: Invoice) -> QuerySet[Invoice]:
    """Return the debit notes of an invoice that are issued."""
    return _notes_of(invoice).filter(status=_Status.AUTHORISED)


def awaited(invoice: Invoice) -> bool:
    """Return whether a debit note of an invoice is still to be issued."""
    return _notes_of(invoice).exclude(status__in=[_Status.AUTHORISED, _Status.VOID]).exists()


def lines_of(note: Invoice, *, language: str) -> list[DraftLine]:
    """Return the one line of a debit note: the difference, with the general rate of tax in it."""
    charge = note.charge
    if charge is None:
        raise ValueError(f"the debit note {note.pk} has no charge")
    with translation.override(language):
        words = _("Difference for exchange %(number)s") % {"number": charge.exchange.number}
    return [
        DraftLine(
            kind=InvoiceLine.Kind.CHARGE,
            description=words,
            unit_price=charge.amount,
            amount=charge.amount,
            rate=rate_of(None, is_fiscal=bool(note.provider)),
        )
    ]


def _notes_of(invoice: Invoice) -> QuerySet[Invoice]:
    return Invoice.objects.filter(related_to=invoice, kind=Invoice.Kind.DEBIT_NOTE)
