"""The one writer of a series that a tax office checks: reserve, send, and settle what became of it.

The office only checks the numbers, so two writers would spoil a series. A lease on the series' row lets one worker in
(`InvoiceSeries.busy_until`; advisory locks of a session do not outlive a pooled connection), and every write compares
what it changes. No transaction is open during a call. How a document goes:

    draft --number--> reserved --> sent --answer--> authorised | rejected (the number goes back)
                         ^           `--none------> unknown --asked for it--> authorised | reserved (it has none)

An unresolved document is never overtaken: the next number depends on what became of it.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from orders.invoices import fiscal, numbering, preparing, staff_notices
from orders.invoices.fiscal.base import (
    Authorised,
    FiscalDocument,
    FiscalProvider,
    FiscalUnavailable,
    FiscalUnknown,
    NotIssuable,
    Receiver,
    Rejected,
    Remark,
    document_from,
)
from orders.invoices.tickets import TicketRows
from orders.models import Invoice, InvoiceMessage, InvoiceSeries
from shop.core.due.back_off import BackOff
from shop.core.due.leases import Lease
from shop.core.states import move

log = logging.getLogger(__name__)

_Status = Invoice.Status
ACTOR: Final = "job:invoices"
# Longer than the calls of one document: signing in, the last number, the document, the question for it.
CLAIM: Final = Lease("busy_until", timedelta(minutes=5), tries="turns", is_free_when_empty=True)
# For ever: a document that may have been issued is asked for until the office says.
UNKNOWN_BACK_OFF: Final = BackOff.seconds(60, 120, 300, 600, 1800, 3600)
AWAY_BACK_OFF: Final = BackOff.seconds(60, 120, 300, 600, 1800)
# A note looks again for its invoice after so long; an invoice that is issued wakes it.
_WAITS_FOR_INVOICE: Final = timedelta(minutes=10)
# Documents of one run, and seconds: a task has a time limit, and what is left is due at the next run.
_BATCH: Final = 50
_SECONDS: Final = 120.0


class _Stop(Exception):
    """This run of the series ends here: somebody else has it, or what comes next must wait."""


def run(series_id: UUID, *, actor: str = ACTOR) -> dict[str, int]:
    """Issue what is due of a series, oldest first; return a tally. Does nothing while another worker has it."""
    tally: dict[str, int] = {}
    series = InvoiceSeries.objects.get(pk=series_id)
    if not _is_ours(series):
        # The shop's seller or environment is another one now: what has no number yet belongs to another series.
        series.invoices.filter(status=_Status.DRAFT).update(series=None)
        return tally
    if series.is_frozen:
        return tally
    rows = InvoiceSeries.objects.filter(pk=series_id)
    if not CLAIM.take(rows):
        return tally
    series.refresh_from_db()
    try:
        writer = Writer(series, actor)
        for word in writer.documents():
            tally[word] = tally.get(word, 0) + 1
    finally:
        CLAIM.end(CLAIM.mine(rows, series))
    return tally


def _is_ours(series: InvoiceSeries) -> bool:
    """Say whether a series is of the tax office, the seller and the environment that the settings name."""
    own = (fiscal.offered(), settings.ARCA_CUIT, settings.ARCA_ENVIRONMENT)
    return (series.provider, series.tax_id, series.environment) == own


class Writer:
    """One turn with a series. `series` is its row as it was claimed."""

    def __init__(self, series: InvoiceSeries, actor: str) -> None:
        self._series = series
        self._actor = actor
        self._invoice: Invoice | None = None
        self._office: FiscalProvider = fiscal.get(
            series.provider, tickets=TicketRows(series.provider), note=self._note
        )

    def documents(self) -> Iterator[str]:
        """Settle what is unresolved, then issue drafts; yield a word for each document."""
        end = time.monotonic() + _SECONDS
        for _turn in range(_BATCH):
            invoice = self._next() if time.monotonic() < end else None
            if invoice is None:
                return
            self._invoice = invoice
            try:
                with self._put_off_when_away(invoice):
                    yield self._step(invoice)
            except _Stop:
                return

    def _next(self) -> Invoice | None:
        """Return the document whose turn it is: an unresolved one, though it is not due, before any draft."""
        rows = Invoice.objects.select_related("order", "related_to", "series").filter(series=self._series)
        unresolved = rows.filter(status__in=Invoice.UNRESOLVED).order_by("number").first()
        if unresolved is not None:
            is_due = unresolved.next_try_at is None or unresolved.next_try_at <= timezone.now()
            return unresolved if is_due else None
        due = rows.filter(status=_Status.DRAFT, next_try_at__lte=Now())
        return due.order_by("next_try_at", "created_at").first()

    def _step(self, invoice: Invoice) -> str:
        if invoice.status == _Status.SENT:
            # Its worker died between the call and its row: whether it was issued is not known.
            self._expect(move(invoice, _Status.UNKNOWN, actor=self._actor, reason="the worker died"))
        if invoice.status == _Status.UNKNOWN and not self._resolve(invoice):
            return "resolved"
        if invoice.status == _Status.DRAFT and not self._reserve(invoice):
            return "passed over"
        return self._send(invoice)

    def _reserve(self, invoice: Invoice) -> bool:
        """Give a draft its number and snapshot; False: it gets none (refused, waiting, or nothing to do)."""
        last = self._office.last_number(preparing.series_key(self._series))
        with transaction.atomic():
            draft = preparing.lock_draft(invoice)
            if draft is None:
                raise _Stop
            found = self._prepared(draft)
            series = self._own_series() if found is not None else None
            is_next = series is not None and self._is_next(series, last)
            is_reserved = found is not None and is_next and self._number(draft, *found)
        if series is not None and not is_next:
            raise _Stop
        invoice.refresh_from_db()
        return is_reserved

    def _prepared(self, draft: Invoice) -> tuple[preparing.Prepared, Receiver] | None:
        """Return what a locked draft will say, and to whom; None: it gets no number now."""
        try:
            prepared = preparing.prepare(draft)
            receiver = preparing.receiver_of(self._office, draft, prepared.total)
        except preparing.InvoiceNotIssued:
            Invoice.objects.filter(pk=draft.pk).update(next_try_at=timezone.now() + _WAITS_FOR_INVOICE)
            return None
        except preparing.NothingToCredit:
            move(draft, _Status.VOID, actor=self._actor, reason="nothing to credit", next_try_at=None)
            return None
        except NotIssuable as error:
            self._refuse(draft, [Remark("", reason) for reason in error.reasons])
            return None
        if receiver.series != preparing.series_key(self._series):
            # Its data were corrected, or another point of sale was set: it belongs to another series now.
            Invoice.objects.filter(pk=draft.pk).update(series=None, next_try_at=timezone.now())
            return None
        return prepared, receiver

    def _number(self, draft: Invoice, prepared: preparing.Prepared, receiver: Receiver) -> bool:
        """Draw the number and write the snapshot below the locks; False: it cannot be told to the office."""
        series, number, day = numbering.take(self._series.pk, self._office.today())
        document = preparing.fiscal_document(draft, receiver, prepared, number=number, on=day)
        try:
            self._office.check(document)
        except NotIssuable as error:
            numbering.give_back(series.pk, number)
            self._refuse(draft, [Remark("", reason) for reason in error.reasons])
            return False
        name = preparing.name_of(document)
        changes = preparing.written(
            draft, prepared, fiscal=document.as_json(), name=name, issued_on=day.isoformat()
        )
        moved = move(
            draft,
            _Status.RESERVED,
            actor=self._actor,
            number=number,
            name=name,
            issued_on=day,
            request_hash=preparing.fingerprint(document),
            times_sent=0,
            remarks=[],
            **changes,
        )
        self._expect(moved)
        preparing.write_lines(draft, prepared)
        return True

    def _own_series(self) -> InvoiceSeries:
        """Lock the series; stop where it is frozen, or another worker has taken it over."""
        series = numbering.lock(self._series.pk)
        if series.is_frozen or series.turns != self._series.turns:
            raise _Stop
        return series

    def _is_next(self, series: InvoiceSeries, last: int) -> bool:
        """Compare our next number with the office's last one; freeze the series where they do not fit."""
        if series.next_number == last + 1:
            return True
        if not series.invoices.filter(number__isnull=False).exists() and last + 1 > series.next_number:
            # It was used before this shop had it: ours begin after the last one.
            InvoiceSeries.objects.filter(pk=series.pk).update(next_number=last + 1)
            series.next_number = last + 1
            return True
        reason = f"the office's last number is {last}, ours {series.next_number - 1}"
        ahead = (series.next_number, last) if last >= series.next_number else (None, None)
        freeze(series.pk, reason, first=ahead[0], last=ahead[1])
        return False

    # -- The call --------------------------------------------------------------------------------------------------

    def _send(self, invoice: Invoice) -> str:
        document = self._document(invoice)
        times = invoice.times_sent + 1
        self._expect(self._is_mine() and move(invoice, _Status.SENT, actor=self._actor, times_sent=times))
        try:
            answer = self._office.authorise(document)
        except FiscalUnknown as error:
            pause = UNKNOWN_BACK_OFF.pause(invoice.tries + 1)
            self._move_on(invoice, _Status.UNKNOWN, str(error), pause)
            raise _Stop from error
        except FiscalUnavailable:
            self._expect(move(invoice, _Status.RESERVED, actor=self._actor, times_sent=times - 1))
            raise
        if isinstance(answer, Authorised):
            self._authorise(invoice, answer)
            return "authorised"
        return self._rejected(invoice, document, answer)

    def _rejected(self, invoice: Invoice, document: FiscalDocument, answer: Rejected) -> str:
        """Settle a refusal; one for the number's sake, or of a number sent before, may be of our own document."""
        if answer.is_number_taken or invoice.times_sent > 1:
            try:
                found = self._office.find(document)
            except FiscalUnavailable as error:
                self._move_on(invoice, _Status.UNKNOWN, str(error), UNKNOWN_BACK_OFF.pause(invoice.tries + 1))
                raise _Stop from error
            if found is not None:
                self._expect(move(invoice, _Status.UNKNOWN, actor=self._actor, reason="the number is taken"))
                self._adopt(invoice, found.differences, found.authorisation)
                return "resolved"
        with transaction.atomic():
            preparing.lock_rows(invoice)
            series = self._own_series()
            self._refuse(invoice, answer.reasons)
            numbering.give_back(series.pk, document.number)
        return "refused"

    def _resolve(self, invoice: Invoice) -> bool:
        """Ask for a document that may have been issued; True: it was not, and its number is to be sent again."""
        found = self._office.find(self._document(invoice))
        if found is not None:
            self._adopt(invoice, found.differences, found.authorisation)
            return False
        self._expect(
            move(invoice, _Status.RESERVED, actor=self._actor, reason="the office does not have it", tries=0)
        )
        return True

    def _adopt(self, invoice: Invoice, differences: tuple[str, ...], answer: Authorised) -> None:
        """Take over what the office has under our number, where it is ours; else freeze the series."""
        if not differences:
            self._authorise(invoice, answer, reason="asked for")
            return
        reason = f"number {invoice.number} is another document at the office: {', '.join(differences)}"
        freeze(self._series.pk, reason[:500], first=invoice.number, last=invoice.number)
        Invoice.objects.filter(pk=invoice.pk).update(last_error=reason[:500], next_try_at=None)
        raise _Stop

    def _authorise(self, invoice: Invoice, answer: Authorised, *, reason: str = "") -> None:
        with transaction.atomic():
            preparing.lock_rows(invoice)
            moved = move(
                invoice,
                _Status.AUTHORISED,
                actor=self._actor,
                reason=reason,
                authorisation=answer.code,
                authorisation_due=answer.due,
                remarks=[{"code": one.code, "text": one.text} for one in answer.remarks],
                issued_at=timezone.now(),
                next_try_at=timezone.now(),
                tries=0,
                last_error="",
            )
            if moved:
                preparing.name_on_order(invoice)
                wake_notes(invoice)

    def _refuse(self, invoice: Invoice, reasons: Sequence[Remark]) -> None:
        self._expect(refuse_with(invoice, reasons, actor=self._actor))

    # -- Small things ----------------------------------------------------------------------------------------------

    def _document(self, invoice: Invoice) -> FiscalDocument:
        document = document_from(invoice.content["fiscal"])
        if preparing.fingerprint(document) != invoice.request_hash:
            raise RuntimeError(f"{invoice.pk}: what was reserved has been changed")
        return document

    def _move_on(self, invoice: Invoice, to: str, error: str, pause: timedelta) -> None:
        moved = move(
            invoice,
            to,
            actor=self._actor,
            reason=error,
            last_error=error[:500],
            tries=invoice.tries + 1,
            next_try_at=timezone.now() + pause,
        )
        self._expect(moved)

    @contextmanager
    def _put_off_when_away(self, invoice: Invoice) -> Iterator[None]:
        """Put the document off where the office cannot be asked; nothing of this run goes on then."""
        try:
            yield
        except FiscalUnavailable as error:
            pause = max(AWAY_BACK_OFF.pause(invoice.tries + 1), timedelta(seconds=error.retry_after))
            self._mine(invoice).update(
                tries=invoice.tries + 1, next_try_at=timezone.now() + pause, last_error=str(error)[:500]
            )
            if AWAY_BACK_OFF.has_become_slow(invoice.tries + 1):
                staff_notices.waiting(invoice.pk, str(error))
            raise _Stop from error

    def _mine(self, invoice: Invoice) -> "QuerySet[Invoice]":
        return Invoice.objects.filter(~Q(status=_Status.AUTHORISED), pk=invoice.pk)

    def _is_mine(self) -> bool:
        """Extend the claim before a call; False: it has expired, and another worker has the series."""
        return CLAIM.keep(CLAIM.mine(InvoiceSeries.objects.filter(pk=self._series.pk), self._series))

    def _expect(self, is_done: bool) -> None:
        if not is_done:
            raise _Stop

    def _note(self, act: str, request: str, answer: str, error: str) -> None:
        """Keep a request and its answer with its document; questions for the last number are not kept."""
        if self._invoice is not None and act != "FECompUltimoAutorizado":
            InvoiceMessage.objects.create(
                invoice=self._invoice, act=act, request=request, answer=answer[:100_000], error=error[:300]
            )


def refuse(invoice: Invoice, reasons: Sequence[str], *, actor: str) -> bool:
    """Record that our own rules allow no such document; in the caller's transaction."""
    return refuse_with(invoice, [Remark("", reason) for reason in reasons], actor=actor)


def refuse_with(invoice: Invoice, reasons: Sequence[Remark], *, actor: str) -> bool:
    """Record a refusal in the caller's transaction; the document's lines go with its number. False: it moved before."""
    words = "; ".join(f"{one.code} {one.text}".strip() for one in reasons)
    moved = move(
        invoice,
        _Status.REJECTED,
        actor=actor,
        reason=words,
        number=None,
        name="",
        remarks=[{"code": one.code, "text": one.text} for one in reasons],
        next_try_at=None,
        last_error=words[:500],
    )
    if moved:
        invoice.lines.all().delete()
        staff_notices.refused(invoice.pk)
    return moved


def freeze(series_id: UUID, reason: str, *, first: int | None = None, last: int | None = None) -> None:
    """Stop a series until staff have looked at it; they are notified."""
    InvoiceSeries.objects.filter(pk=series_id, frozen_at=None).update(
        frozen_at=timezone.now(), frozen_reason=reason[:500], foreign_from=first, foreign_to=last
    )
    staff_notices.frozen(series_id, reason)


def wake_notes(invoice: Invoice) -> None:
    """Make the notes due that wait for an invoice, or for the debit note that was issued."""
    waiting = Invoice.objects.filter(related_to=invoice.related_to_id or invoice.pk, status=_Status.DRAFT)
    waiting.update(next_try_at=timezone.now())
