"""Disputes brought to what the provider says, and their effects: evidence to gather, orders on hold, staff notified.

`follow` is called by settling, under the attempt's lock with the payment locked; whichever webhook, page or job asked,
in whatever order and however often, the same answer has the same effects once.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from orders.fulfilment import holds
from orders.models import OrderHold
from payments import notices
from payments.disputes import mails, money
from payments.disputes.evidence import list_for
from payments.gateways.base import DisputeSnapshot, PaymentSnapshot, PaymentState
from payments.models import Dispute, DisputeEvidence, DisputeNote, Payment
from shop.core.database.kept_queries import KeptQuery
from shop.core.money import display
from shop.core.states import can_move, move, record

log = logging.getLogger(__name__)
Status = Dispute.Status

# How often an open dispute is asked about, in case no webhook announces its end.
ASK_AGAIN: Final = timedelta(hours=6)
# How a dispute ends that has no object of its own at the provider.
_ENDS_WITH_PAYMENT: Final = {Payment.Status.APPROVED: Status.WON, Payment.Status.DISPUTED: Status.WITHDRAWN}


class Closed(Exception):
    """The dispute has ended: it cannot be answered any more."""


# -- What the provider says ------------------------------------------------------------------------------------------
def upsert(
    payment: Payment, fetched: PaymentSnapshot, *, fetched_at: datetime, actor: str, is_new: bool = False
) -> None:
    """Bring the disputes of a locked payment to the provider's answer.

    `is_new`: it was written in this transaction, and has none so far.
    `fetched_at` is our clock when it was asked: an answer to an earlier question never overwrites a later one.
    """
    for snapshot in fetched.disputes:
        _sync(payment, snapshot, fetched_at=fetched_at, actor=actor)
    if not is_new and fetched.state is not None and payment.status == fetched.state.value:
        _end_with_payment(payment, fetched, fetched_at=fetched_at, actor=actor)
    is_lost = payment.status == Payment.Status.CHARGED_BACK or payment.charged_back_amount
    if (fetched.disputes or is_lost) and money.recount(payment, actor=actor):
        money.drop(payment, actor=actor)
    if fetched.state == PaymentState.DISPUTED == payment.status and not fetched.disputes:
        notices.tell_staff(payment, "disputed", fetched.status_detail, actor=actor)


def _sync(payment: Payment, fetched: DisputeSnapshot, *, fetched_at: datetime, actor: str) -> None:
    row = (
        Dispute.objects.select_for_update(of=("self",))
        .filter(gateway=payment.gateway, external_id=fetched.external_id[:200])
        .first()
    )
    if fetched.state is None:
        log.warning(
            "%s dispute %s has an unknown status %r", payment.gateway, fetched.external_id, fetched.status
        )
        return
    if row is None:
        row = Dispute(
            payment=payment,
            gateway=payment.gateway,
            external_id=fetched.external_id[:200],
            status=fetched.state.value,
        )
        _write(row, fetched, fetched_at)
        record(row, "state", actor=actor, reason=fetched.reason_code, field="status", to_state=row.status)
        _came_to(row, "", actor=actor)
        return
    if row.payment_id != payment.pk:
        log.error("%s dispute %s belongs to another payment", payment.gateway, fetched.external_id)
        return
    if fetched_at < row.fetched_at:
        log.info("%s dispute %s: older news ignored", payment.gateway, fetched.external_id)
        return
    row.payment = payment
    before, reason = row.status, row.reason
    if before != fetched.state.value and not _moved(row, fetched, actor=actor):
        return
    _write(row, fetched, fetched_at)
    if before != row.status:
        _came_to(row, before, actor=actor)
    elif row.is_open and reason != row.reason:
        _want_evidence(row)


def _want_evidence(row: Dispute) -> None:
    """Write the checklist's lines that the dispute's reason asks for; those there are stay, with their ticks."""
    for kind in list_for(row.reason):
        DisputeEvidence.objects.get_or_create(dispute=row, kind=kind)


def _moved(row: Dispute, fetched: DisputeSnapshot, *, actor: str) -> bool:
    """Move a dispute's status, with its end's date beside it; False where the table has no such transition."""
    target = Status(fetched.state.value) if fetched.state else Status(row.status)
    if not can_move(row, target):
        log.error("%s dispute %s cannot go from %s to %s", row.gateway, row.external_id, row.status, target)
        return False
    reopened = not row.is_open and target in Dispute.OPEN
    ended = None if target in Dispute.OPEN else row.closed_at or fetched.closed_at or timezone.now()
    changes: dict[str, Any] = {"closed_at": ended}
    if reopened:
        changes |= {"round": row.round + 1, "answered_at": None}
    return move(row, target, actor=actor, reason=f"{fetched.status} {fetched.reason_code}".strip(), **changes)


def _write(row: Dispute, fetched: DisputeSnapshot, fetched_at: datetime) -> None:
    """Write the provider's answer beside the status. What is disputed stays as it was once that has ended."""
    if row.is_open or row._state.adding:
        row.amount, row.currency = fetched.amount, fetched.currency[:3]
    row.provider_status, row.reason_code = fetched.status[:60], fetched.reason_code[:80]
    row.reason = Dispute.Reason(fetched.reason.value)
    row.opened_at = fetched.opened_at or getattr(row, "opened_at", None) or timezone.now()
    row.respond_by = fetched.respond_by
    row.is_refundable, row.follows_payment = fetched.is_refundable, fetched.follows_payment
    row.subject, row.panel_url = fetched.subject[:200], fetched.panel_url[:300]
    row.snapshot, row.fetched_at = dict(fetched.raw), fetched_at
    if fetched.is_answered and row.answered_at is None:
        row.answered_at = timezone.now()
    if row.is_open:
        row.next_fetch_at = row.next_fetch_at or timezone.now() + ASK_AGAIN
    else:
        row.closed_at, row.next_fetch_at = row.closed_at or fetched.closed_at or timezone.now(), None
    row.save(force_insert=row._state.adding)


def _running(payment_id: UUID, fetched_at: datetime) -> QuerySet[Dispute]:
    rows = Dispute.objects.filter(payment_id=payment_id, follows_payment=True, status__in=Dispute.OPEN)
    return rows.filter(fetched_at__lte=fetched_at).select_for_update(of=("self",))


def _of_payments(keys: list[UUID]) -> QuerySet[Dispute]:
    return Dispute.objects.filter(payment_id__in=keys).order_by("opened_at", "pk")


_RUNNING: Final = KeptQuery(_running, UUID, datetime)
_OF_PAYMENTS: Final = KeptQuery(_of_payments, list)


def _end_with_payment(
    payment: Payment, fetched: PaymentSnapshot, *, fetched_at: datetime, actor: str
) -> None:
    """End the claims that only the payment's status announces, once that status is another one."""
    listed = {snapshot.external_id for snapshot in fetched.disputes}
    for row in _RUNNING(payment.pk, fetched_at):
        if row.external_id in listed:
            continue
        if payment.status == Payment.Status.DISPUTED and not listed:
            continue  # The provider has not listed yet what replaces it.
        row.payment = payment
        end = _ENDS_WITH_PAYMENT.get(Payment.Status(payment.status), Status.LOST)
        before = row.status
        changes: dict[str, Any] = {
            "closed_at": timezone.now(),
            "next_fetch_at": None,
            "fetched_at": fetched_at,
        }
        if move(row, end, actor=actor, reason=f"payment {fetched.status}", **changes):
            _came_to(row, before, actor=actor)


def _came_to(row: Dispute, before: str, *, actor: str) -> None:
    """Apply once the effects of a dispute's new status."""
    was_open = before in Dispute.OPEN
    if row.is_open:
        _want_evidence(row)
        if not was_open or before == Status.INQUIRY != row.status:
            mails.tell_opened(row)
        return
    money.recount(row.payment, actor=actor)
    if row.status != Status.LOST:
        money.resume(row.payment, actor=actor)
    mails.tell_closed(row)


# -- What it means for the order --------------------------------------------------------------------------------------
def hold_orders(payments: Iterable[Payment], *, actor: str) -> None:
    """Hold, release or mark the orders that these payments paid, by their disputes. Repeating it changes nothing.

    Open: nothing ships. Won or withdrawn: this dispute's hold is released. Lost: the hold stays, and its reason
    says that the money is gone. A hold that the staff released stays released. Locks the orders.
    """
    paid = {row.pk: row for row in payments if row.role == Payment.Role.ORDER and row.order_id}
    if not paid:
        return
    for dispute in _OF_PAYMENTS(list(paid)):
        order = paid[dispute.payment_id].order
        if order is None:
            continue
        if dispute.status in {Status.WON, Status.WITHDRAWN}:
            _release(dispute, actor=actor)
            continue
        reason = _hold_reason(dispute)
        hold = holds.place_hold(
            order, kind=OrderHold.Kind.DISPUTE, source=dispute.hold_source, reason=reason, actor=actor
        )
        if hold.reason != reason:
            holds.restate(hold, reason)


def _hold_reason(dispute: Dispute) -> str:
    """Return the reason of an order's hold, in the shop's own language (it is stored)."""
    what = f"{display(dispute.amount, dispute.currency)}, {dispute.gateway} {dispute.external_id}"
    with override(settings.LANGUAGE_CODE):
        if dispute.status == Status.LOST:
            return _("Dispute lost, the bank took the money back: %s") % what
        return _("The payment is disputed: %s") % what


def _release(dispute: Dispute, *, actor: str) -> None:
    own = OrderHold.objects.filter(
        source__startswith=f"dispute:{dispute.pk}:", status=OrderHold.Status.ACTIVE
    )
    for hold in own:
        holds.release_hold(hold, actor=actor, reason=f"dispute {dispute.status}")


# -- What the staff does ----------------------------------------------------------------------------------------------
def mark(evidence: DisputeEvidence, *, is_ready: bool, note: str, actor: str) -> None:
    """Tick (or untick) a line of the checklist, with a note on what it is or where it is."""
    if (evidence.is_ready, evidence.note) == (is_ready, note):
        return
    evidence.is_ready, evidence.note = is_ready, note[:300]
    evidence.marked_by, evidence.marked_at = actor[:150], timezone.now()
    evidence.save()


def keep_checklist(dispute: Dispute, ticks: Mapping[str, tuple[bool, str]], *, actor: str) -> None:
    """Store a whole checklist: by kind of evidence, whether it is at hand and the note on it."""
    with transaction.atomic():
        for row in dispute.evidence.select_for_update().filter(kind__in=ticks).order_by("pk"):
            is_ready, note = ticks[row.kind]
            mark(row, is_ready=is_ready, note=note, actor=actor)


def add_note(dispute: Dispute, text: str, *, actor: str) -> DisputeNote:
    """Store a note; notes are never changed."""
    return DisputeNote.objects.create(dispute=dispute, text=text[:4000], author=actor[:150])


def note_answer(dispute: Dispute, *, actor: str, note: str = "") -> None:
    """Record that the answer was given in the provider's panel: nobody is reminded of its deadline any more.

    Raises:
        Closed: it has ended.
    """
    with transaction.atomic():
        row = (
            Dispute.objects.select_for_update(of=("self",))
            .select_related("payment__attempt")
            .get(pk=dispute.pk)
        )
        if not row.is_open:
            raise Closed(str(row))
        if row.answered_at is None:
            row.answered_at = timezone.now()
            row.save(update_fields=["answered_at", "updated_at"])
            record(row, "answered", actor=actor, reason=note)
        if note:
            add_note(row, note, actor=actor)


# -- What the job does ------------------------------------------------------------------------------------------------
def remind_due(*, now: datetime | None = None) -> int:
    """Remind of every unanswered dispute whose deadline is near (`DISPUTE_REMINDER_DAYS`); return how many.

    A dispute that was reported when less time was left is not reminded of at once; after missed runs only the nearest
    reminder is sent. Repeating it sends nothing twice.
    """
    now = now or timezone.now()
    fetched = 0
    waiting = Dispute.objects.filter(
        status__in=Dispute.WAITING,
        answered_at=None,
        respond_by__gt=now,
        respond_by__lte=now + timedelta(days=max(settings.DISPUTE_REMINDER_DAYS, default=0)),
    )
    for dispute in waiting.select_related("payment__order", "payment__attempt__purchase").order_by(
        "respond_by"
    ):
        deadline = dispute.respond_by
        if deadline is None:
            continue
        near = [days for days in settings.DISPUTE_REMINDER_DAYS if deadline - timedelta(days=days) <= now]
        if near and dispute.created_at < deadline - timedelta(days=min(near)):
            fetched += mails.remind(dispute, min(near))
    return fetched
