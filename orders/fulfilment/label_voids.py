"""Bought labels that are not to be used are voided at their carriers: once, whoever asks, wherever a process is killed.

The row is written with whatever makes the label useless (its shipment is cancelled, a clerk wants another one), in the
same transaction; the call follows outside of it, by the job or by the clerk who waits. A refusal is shown to the staff
among the shipments that need attention, with what was paid. An answer that did not come leaves `unknown`: the carrier
is asked what became of the label, and only when it still stands is the request made again. Locks: the order, the
shipment, the purchase, the void; no transaction is open during a call.
"""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.fulfilment import shipment_flags, staff_notices, tracking
from orders.fulfilment.label_requests import as_asked
from orders.fulfilment.shipment_rows import locked_with_order
from orders.models import LabelPurchase, LabelVoid, Shipment
from orders.shipping import carriers
from orders.shipping.carriers.base import (
    Accepted,
    Bought,
    Cancelled,
    CancelOutcome,
    FoundOutcome,
    NothingFound,
    Refused,
    Unknown,
    Unsupported,
)
from shop.core.due.back_off import BackOff
from shop.core.due.leases import Lease
from shop.core.jobs import dispatch
from shop.core.models import Event
from shop.core.privacy.redaction import mask_secrets
from shop.core.states import move, on_event, record
from shop.core.templatetags.money import money

Status: Final = LabelVoid.Status
# Longer than any call may take: a row that says `sent` for so long belongs to a process that is gone.
_LEASE: Final = Lease("next_check_at", timedelta(minutes=5), tries="checks")
_BACK_OFF: Final = BackOff.minutes(1, 2, 5, 15, 30, 60, 120, 240, most_tries=40)
_JOB: Final = "job:check_labels"


def want(purchase: LabelPurchase, *, reason: str, actor: str, waits: bool = False) -> LabelVoid | None:
    """Have a bought label voided; the same again returns the row there is. In the transaction of a locked purchase.

    `waits`: the caller asks the carrier itself, at once; else the job does. None: it is not bought (any more).
    """
    if purchase.status != LabelPurchase.Status.BOUGHT:
        return None
    void, is_new = LabelVoid.objects.select_for_update(of=("self",)).get_or_create(
        purchase=purchase,
        defaults={"reason": reason[:300], "wanted_by": actor[:150], "currency": purchase.currency},
    )
    void.purchase = purchase
    if is_new:
        record(void, "requested", actor=actor, reason=reason)
    elif void.status in {Status.REFUSED, Status.DROPPED}:
        move(void, Status.DUE, actor=actor, reason=reason)
    if void.status == Status.DUE:
        moment = Now() + _LEASE.length if waits else Now()
        LabelVoid.objects.filter(pk=void.pk).update(next_check_at=moment, checks=0, reason=reason[:300])
        if not waits:
            transaction.on_commit(partial(dispatch, "orders.tasks.check_labels"))
    return void


def note_cancelled(shipment: Model, event: Event) -> None:
    """Void the label of a shipment that was just cancelled, in its transaction."""
    bought = LabelPurchase.objects.select_for_update().filter(
        shipment=shipment.pk, status=LabelPurchase.Status.BOUGHT
    )
    for purchase in bought.select_related("shipment__order").defer("pdf"):
        want(purchase, reason=event.reason, actor=event.actor)


on_event(note_cancelled, Shipment._meta.label_lower, to=Shipment.Status.CANCELLED)


def run(void: LabelVoid, *, actor: str) -> LabelVoid:
    """Ask the carrier to void a label that is due: say `sent`, commit, call, write the answer. Whoever is second asks
    nothing.
    """
    with transaction.atomic():
        fresh = _locked(void)
        if fresh.status == Status.DUE and fresh.purchase.shipment.status in Shipment.LEFT:
            move(fresh, Status.DROPPED, actor=actor, reason="it left with this label", next_check_at=None)
        is_ours = fresh.status == Status.DUE and move(
            fresh,
            Status.SENT,
            actor=actor,
            sent_at=timezone.now(),
            next_check_at=Now() + _LEASE.length,
        )
    if is_ours:
        carrier = carriers.get(fresh.purchase.carrier, carriers.for_jobs())
        note(fresh, carrier.cancel(as_asked(fresh.purchase)), actor=actor)
        fresh.refresh_from_db()
    return fresh


def check_due(*, limit: int = 100) -> dict[str, int]:
    """Void what is due, and ask about what is unknown; return how many ended in which state.

    Twice at once is harmless: a row is claimed by its lease.
    """
    tally: dict[str, int] = {}
    for void in due()[:limit]:
        if _LEASE.take(LabelVoid.objects.filter(pk=void.pk)):
            word = f"void {check(void)}"
            tally[word] = tally.get(word, 0) + 1
    return tally


def due() -> "QuerySet[LabelVoid]":
    """Return the voids about which something is to be asked, the longest waiting first."""
    return _LEASE.due(LabelVoid.objects.select_related("purchase__shipment__order").defer("purchase__pdf"))


def check(void: LabelVoid, *, actor: str = _JOB) -> str:
    """Ask a carrier to void a label, or what became of asking; return the state it is in afterwards. Makes calls."""
    void.refresh_from_db()
    if void.status == Status.DUE:
        void = run(void, actor=actor)
    elif void.status == Status.SENT:
        # Whoever sent it is gone: a call never takes so long.
        note(void, Unknown("the process that asked ended without an answer"), actor=actor)
        void.refresh_from_db()
    if void.status == Status.UNKNOWN:
        carrier = carriers.get(void.purchase.carrier, carriers.for_jobs())
        note(void, carrier.find(as_asked(void.purchase)), actor=actor)
        void.refresh_from_db()
    if void.status not in LabelVoid.OPEN:
        _LEASE.end(LabelVoid.objects.filter(pk=void.pk))
    return str(void.status)


def note(void: LabelVoid, outcome: CancelOutcome | FoundOutcome, *, actor: str) -> bool:
    """Write what a carrier answered about voiding a label; False: somebody else has decided it since.

    Locks the order, the shipment, the purchase, the void.
    """
    with transaction.atomic():
        fresh = _locked(void)
        if fresh.status not in {Status.SENT, Status.UNKNOWN}:
            return False
        is_asked = fresh.status == Status.UNKNOWN
        match outcome:
            case Cancelled():
                _note_over(fresh, Status.DONE, "", actor=actor, refunded=outcome.refunded)
            case Unsupported():
                _note_over(fresh, Status.EXPIRED, outcome.detail, actor=actor)
            case Bought() | Accepted():
                _again(fresh, "the carrier says that it still stands", actor=actor)
            case Refused(may_retry=True):
                if is_asked:
                    _wait(fresh, outcome.detail, actor=actor)
                else:
                    _again(fresh, outcome.detail, actor=actor)
            case Refused() if is_asked:
                # The carrier has refused the label itself: there is none to be voided.
                _note_over(fresh, Status.DONE, outcome.detail, actor=actor)
            case Refused():
                _note_refused(fresh, outcome.detail, actor=actor)
            case Unknown() | NothingFound():
                # That a carrier finds nothing proves nothing about what it will bill.
                if not is_asked:
                    move(fresh, Status.UNKNOWN, actor=actor, reason=mask_secrets(outcome.detail)[:300])
                _wait(fresh, outcome.detail, actor=actor)
    return True


def _note_over(
    void: LabelVoid, state: str, detail: str, *, actor: str, refunded: Decimal | None = None
) -> None:
    """Write that a label is not to be paid or used any more, and take its number from its shipment."""
    now, words = timezone.now(), mask_secrets(detail)[:500]
    move(
        void,
        state,
        actor=actor,
        detail=words,
        refunded=refunded,
        decided_at=now,
        next_check_at=None,
        updated_at=now,
    )
    purchase = void.purchase
    move(
        purchase,
        LabelPurchase.Status.CANCELLED,
        actor=actor,
        reason=void.reason,
        detail=words or f"refunded: {void.refunded}",
        decided_at=now,
        next_check_at=None,
    )
    tracking.stop(purchase.shipment)
    Shipment.objects.filter(pk=purchase.shipment_id).update(
        labelled_at=None, tracking_number="", tracking_url="", updated_at=now
    )
    if _number_of(purchase) in purchase.shipment.attention_reason:
        shipment_flags.clear_attention(purchase.shipment, actor=actor, reason="the label is voided")


def _again(void: LabelVoid, detail: str, *, actor: str) -> None:
    """Make the request again after a pause: the carrier has not voided the label, for certain."""
    words = mask_secrets(detail)[:500]
    move(void, Status.DUE, actor=actor, reason=words, detail=words)
    _wait(void, detail, actor=actor)


def _wait(void: LabelVoid, detail: str, *, actor: str) -> None:
    """Ask again after a pause that grows; after the last one a person decides."""
    pause = _BACK_OFF.next(max(void.checks, 1))
    rows, words = LabelVoid.objects.filter(pk=void.pk), mask_secrets(detail)[:500]
    if pause is None:
        _LEASE.end(rows, detail=words)
        _flag(void, words, actor=actor)
    else:
        _LEASE.put_off(rows, pause, detail=words)


def _note_refused(void: LabelVoid, detail: str, *, actor: str) -> None:
    words, now = mask_secrets(detail)[:500], timezone.now()
    move(void, Status.REFUSED, actor=actor, reason=words, detail=words, decided_at=now, next_check_at=None)
    if actor == _JOB or void.purchase.shipment.status == Shipment.Status.CANCELLED:
        _flag(void, words, actor=actor)


def _flag(void: LabelVoid, why: str, *, actor: str) -> None:
    """Put the shipment among those that need attention, with the carrier's words and what was paid."""
    bought = void.purchase
    paid = bought.bought_cost if bought.bought_cost is not None else bought.quoted_cost
    words = _("label %(number)s was not voided") % {"number": _number_of(bought)}
    if paid is not None:
        words += " · " + _("paid: %(sum)s") % {"sum": money(paid, bought.currency)}
    shipment_flags.flag_attention(bought.shipment, reason=f"{words} · {why}"[:300], actor=actor)
    cost = money(paid, bought.currency) if paid is not None else ""
    staff_notices.label_not_voided(void, number=_number_of(bought), paid=cost, reason=why)


def _number_of(purchase: LabelPurchase) -> str:
    """Return the number that people find a label by."""
    return purchase.numbers[0] if purchase.numbers else purchase.external_id


def _locked(void: LabelVoid) -> LabelVoid:
    shipment = locked_with_order(void.purchase.shipment)
    purchase = LabelPurchase.objects.select_for_update().defer("pdf").get(pk=void.purchase_id)
    purchase.shipment = shipment
    fresh = LabelVoid.objects.select_for_update().get(pk=void.pk)
    fresh.purchase = purchase
    return fresh
