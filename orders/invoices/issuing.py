"""The job that issues documents: what is due is found by rows, whatever became of the messages.

It may run twice, on two workers, die at any step and come late: a plain receipt is one short transaction, a document of
a tax office has a state for each step (`writer`), and the printed file and its mail are made once (`papers`).
"""

import logging
from collections import Counter
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from orders.invoices import fiscal, numbering, papers, preparing, wanted, writer
from orders.invoices.fiscal.base import NotIssuable
from orders.invoices.preparing import InvoiceNotIssued, NothingToCredit
from orders.invoices.tickets import TicketRows
from orders.models import Invoice
from shop.core.due.back_off import BackOff
from shop.core.due.leases import Lease
from shop.core.states import move

log = logging.getLogger(__name__)

_Status = Invoice.Status
ACTOR: Final = writer.ACTOR
CLAIM: Final = Lease("next_try_at", timedelta(minutes=2), tries="tries")
BACK_OFF: Final = BackOff.minutes(1, 5, 15, 60, 360)
_WAITS_FOR_INVOICE: Final = timedelta(minutes=10)
_BATCH: Final = 200


def issue_due(*, limit: int = _BATCH, actor: str = ACTOR) -> dict[str, int]:
    """Issue what is due, and print and send what was issued; return a tally."""
    tally: Counter[str] = Counter(wanted=wanted.catch_up())
    for key in list(_own_work().values_list("pk", flat=True)[:limit]):
        tally[_safely(key, actor)] += 1
    for series_id in list(_series_with_work().values_list("series", flat=True).distinct()):
        tally += Counter(_run(series_id, actor))
    for key in list(_issued().values_list("pk", flat=True)[:limit]):
        tally[_safely(key, actor)] += 1
    return {word: number for word, number in tally.items() if number}


def issue(invoice_id: UUID | str, *, actor: str = ACTOR) -> str:
    """Do what is due of one document; return what became of it.

    Repeating is harmless: of two workers one gets the claim.
    """
    word = _safely(invoice_id, actor)
    row = Invoice.objects.filter(pk=invoice_id).first()
    if row is not None and row.series_id and row.provider and not row.is_issued:
        _run(row.series_id, actor)
        word = _safely(invoice_id, actor)
    return word


def _own_work() -> "QuerySet[Invoice]":
    """Return what needs no tax office now: our own documents, drafts without a series."""
    drafts = Invoice.objects.filter(status=_Status.DRAFT)
    return CLAIM.due(drafts.filter(provider="") | drafts.filter(series=None)).exclude(
        provider__gt="", series__isnull=False
    )


def _issued() -> "QuerySet[Invoice]":
    return CLAIM.due(Invoice.objects.filter(status=_Status.AUTHORISED))


def _series_with_work() -> "QuerySet[Invoice]":
    at_work = [_Status.DRAFT, *Invoice.UNRESOLVED]
    rows = Invoice.objects.filter(status__in=at_work, series__isnull=False, series__frozen_at=None)
    # A document whose worker died while it was sent keeps the moment from before.
    return rows.filter(next_try_at__lte=Now()).exclude(provider="").order_by()


def _run(series_id: UUID, actor: str) -> dict[str, int]:
    """Run a series; what is wrong with one delays no other."""
    try:
        return writer.run(series_id, actor=actor)
    except DatabaseError:
        raise
    except Exception:
        log.exception("The series %s stopped.", series_id)
        return {"stopped": 1}


def _safely(invoice_id: UUID | str, actor: str) -> str:
    """Do what one document needs of us, under a claim; one that cannot be issued is put off, and delays no other."""
    rows = Invoice.objects.filter(pk=invoice_id, status__in=[_Status.DRAFT, _Status.AUTHORISED])
    if not CLAIM.take(rows, waits=True):
        return "skipped"
    row = Invoice.objects.select_related("order", "related_to", "series").get(pk=invoice_id)
    mine = CLAIM.mine(rows, row)
    try:
        return _do(row, mine, actor)
    except InvoiceNotIssued:
        CLAIM.put_back(mine, _WAITS_FOR_INVOICE)
        return "waits for its invoice"
    except NothingToCredit:
        move(row, _Status.VOID, actor=actor, reason="nothing to credit", next_try_at=None)
        return "void"
    except Exception as error:
        log.exception("Document %s cannot be issued; it is put off.", row.pk)
        CLAIM.put_off(mine, BACK_OFF.pause(row.tries), last_error=f"{type(error).__name__}: {error}"[:500])
        return "put off"


def _do(row: Invoice, mine: "QuerySet[Invoice]", actor: str) -> str:
    if row.is_issued:
        papers.finish(row)
        CLAIM.end(mine, tries=0)
        return "printed"
    if not row.provider:
        preparing.issue_own(row, actor=actor)
        row.refresh_from_db()
        if row.is_issued:
            writer.wake_notes(row)
            papers.finish(row)
            CLAIM.end(Invoice.objects.filter(pk=row.pk, status=_Status.AUTHORISED), tries=0)
        return "issued"
    if row.series_id is None:
        return _find_series(row, mine, actor)
    CLAIM.put_back(mine, timedelta(0))
    return "queued"


def _find_series(row: Invoice, mine: "QuerySet[Invoice]", actor: str) -> str:
    """Decide which series a draft belongs to; it is issued by the writer of that series."""
    if row.provider != fiscal.offered():
        CLAIM.put_back(mine, timedelta(hours=1))
        return "no tax office"
    office = fiscal.get(row.provider, tickets=TicketRows(row.provider))
    try:
        receiver = preparing.receiver_of(office, row, preparing.prepare(row).total)
    except NotIssuable as error:
        with transaction.atomic():
            writer.refuse(row, error.reasons, actor=actor)
        return "refused"
    series = numbering.series_of(receiver.series)
    CLAIM.put_back(mine, timedelta(0), series=series)
    return "queued"
