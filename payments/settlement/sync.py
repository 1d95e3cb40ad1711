"""Our rows made to say what the provider says: payments and their refunds. Called under the attempt's lock."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from payments import notices
from payments.gateways.base import PaymentSnapshot, PaymentState, RefundSnapshot, RefundState
from payments.models import Payment, PaymentAttempt, Refund
from payments.refunds import bank_requests
from payments.unmatched import unmatched_payments
from shop.core.money import display as money
from shop.core.states import can_move, move, record

log = logging.getLogger(__name__)

_REFUND_STATES = {
    RefundState.PENDING: Refund.Status.PENDING,
    RefundState.SUCCEEDED: Refund.Status.SUCCEEDED,
    RefundState.FAILED: Refund.Status.FAILED,
    RefundState.IMPOSSIBLE: Refund.Status.MANUAL,
}
# The provider has taken the refund: the money is on its way or there.
_TAKEN = {Refund.Status.PENDING, Refund.Status.SUCCEEDED}


def payment(
    attempt: PaymentAttempt, told: PaymentSnapshot, *, fetched_at: datetime, actor: str
) -> Payment | None:
    """Write one payment as the provider tells it; return its locked row, or None when there is nothing to write.

    Unique by (gateway, external_id). Older news than ours are ignored, and so is a status that we do not know: both
    leave the row as it is (docs/providers/README.md#neutral-states). A stray that was taken over meanwhile becomes
    the attempt's.
    """
    blank = Payment(attempt=attempt, gateway=attempt.gateway, external_id=told.external_id, status="")
    row, is_new = _row_of(blank, told, fetched_at)
    if row is None or told.state is None:
        return row
    if is_new or row.is_stray:
        unmatched_payments.close(row, actor=actor)
    if is_new:
        _record_state(row, "", told, actor=actor)
        return row
    if row.is_stray:
        _adopt(row, attempt, actor=actor)
    elif row.attempt_id != attempt.pk:
        log.error("%s payment %s belongs to another attempt", attempt.gateway, told.external_id)
        return None
    return _renewed(row, told, fetched_at, actor=actor)


def stray(gateway: str, told: PaymentSnapshot, *, fetched_at: datetime, actor: str) -> Payment | None:
    """Write a payment that belongs to no purchase as the provider tells it; return its locked row.

    None: it has a purchase after all, or a status that we do not know and no row so far.
    """
    blank = Payment(role=Payment.Role.STRAY, gateway=gateway, external_id=told.external_id, status="")
    row, is_new = _row_of(blank, told, fetched_at)
    if row is None or not row.is_stray:
        return None
    if is_new:
        _record_state(row, "", told, actor=actor)
    return row if is_new or told.state is None else _renewed(row, told, fetched_at, actor=actor)


def _row_of(blank: Payment, told: PaymentSnapshot, fetched_at: datetime) -> tuple[Payment | None, bool]:
    """Return the locked row of a payment, and whether it was written now; None where an unknown state has none."""
    rows = Payment.objects.select_for_update().filter(gateway=blank.gateway, external_id=blank.external_id)
    row = rows.first()
    if told.state is None:
        log.warning("%s payment %s has an unknown status %r", blank.gateway, told.external_id, told.status)
        return row, False
    if row is not None:
        return row, False
    _copy(blank, told, fetched_at)
    try:
        with transaction.atomic():
            blank.save(force_insert=True)
    except IntegrityError:
        # Settling has no lock in common with taking a stray over: whoever inserts second goes on with the first's row.
        row = rows.first()
        if row is None:
            raise
        return row, False
    return blank, True


def _renewed(row: Payment, told: PaymentSnapshot, fetched_at: datetime, *, actor: str) -> Payment:
    """Bring a locked row to what is told, unless that is older than what the row says."""
    if is_older(row, told, fetched_at):
        log.info("%s payment %s: older news ignored", row.gateway, told.external_id)
        return row
    before = row.status
    _copy(row, told, fetched_at)
    row.save()
    if before != row.status:
        _record_state(row, before, told, actor=actor)
    return row


def _record_state(row: Payment, before: str, told: PaymentSnapshot, *, actor: str) -> None:
    record(
        row,
        "state",
        actor=actor,
        reason=told.status_detail,
        field="status",
        from_state=before,
        to_state=row.status,
    )


def _adopt(row: Payment, attempt: PaymentAttempt, *, actor: str) -> None:
    """Give a stray that was taken over to the attempt that has turned up.

    With money on its way back it must pay no order by itself any more: then people decide.
    """
    sent = row.refunds.exclude(status=Refund.Status.FAILED).exists()
    role = Payment.Role.MISMATCH if sent else Payment.Role.NONE
    detail = f"attempt {attempt.pk}"
    move(
        row,
        role,
        field="role",
        actor=actor,
        reason=detail,
        trail=attempt.trail,
        attempt=attempt,
    )
    if sent:
        notices.tell_staff(row, "mismatch", detail, actor=actor)


def is_older(row: Payment, told: PaymentSnapshot, fetched_at: datetime) -> bool:
    """Say whether the news are older than the row: by the provider's own clock, else by when we asked."""
    if told.updated_at and row.provider_updated_at and told.updated_at != row.provider_updated_at:
        return told.updated_at < row.provider_updated_at
    return row.fetched_at is not None and fetched_at < row.fetched_at


def _copy(row: Payment, told: PaymentSnapshot, fetched_at: datetime) -> None:
    row.status = Payment.Status(told.state.value) if told.state else row.status
    row.status_detail = told.status_detail[:120]
    row.amount, row.currency = told.amount, told.currency[:3]
    row.refunded_amount = told.refunded_amount
    row.method, row.installments = told.method[:60], told.installments
    row.card_last4 = told.card_last4 or row.card_last4
    row.approved_at = told.approved_at or row.approved_at
    row.provider_updated_at, row.fetched_at = told.updated_at, fetched_at
    row.snapshot = dict(told.raw)


def refunds(row: Payment, told: Sequence[RefundSnapshot], *, actor: str) -> None:
    """Bring the refunds of a locked payment to what the provider lists, ours and those made in its panel."""
    known = list(Refund.objects.select_for_update().filter(payment=row).order_by("created_at"))
    over = {number for refund in known for number in refund.failed_ids}
    for snapshot in told:
        if snapshot.external_id in over and snapshot.state == RefundState.FAILED:
            continue  # An earlier try of a refund that was sent again since.
        ours = _matching(known, snapshot)
        if ours is None:
            ours = _from_the_panel(row, known, snapshot, actor=actor)
            if ours is None:
                continue
            known.append(ours)
        follow(ours, snapshot, actor=actor)


def _matching(known: Sequence[Refund], told: RefundSnapshot) -> Refund | None:
    """Find the row of a refund: by the provider's number, by the key that we sent, or by amount where neither is kept.

    Mercado Pago keeps nothing of ours in a refund, so one of the same amount that we have sent is ours.
    """
    for refund in known:
        if refund.external_id == told.external_id:
            return refund
    for refund in known:
        if told.idempotency_reference and told.idempotency_reference == refund.idempotency_key:
            return refund
    if told.idempotency_reference:
        return None
    sent = {Refund.Status.REQUESTED, Refund.Status.PENDING}
    for refund in known:
        if (
            not refund.external_id
            and refund.attempts
            and refund.status in sent
            and refund.amount == told.amount
        ):
            return refund
    return None


def _from_the_panel(
    row: Payment, known: Sequence[Refund], told: RefundSnapshot, *, actor: str
) -> Refund | None:
    """Write a refund that somebody made at the provider; None when it cannot be true beside ours (staff is told)."""
    state = _REFUND_STATES[told.state]
    refund = Refund(
        payment=row,
        status=state,
        origin=Refund.Origin.PROVIDER,
        amount=told.amount,
        currency=row.currency,
        external_id=told.external_id,
        dedupe_key=f"provider:{row.gateway}:{told.external_id}",
        succeeded_at=(told.created_at or timezone.now()) if state == Refund.Status.SUCCEEDED else None,
    )
    if state != Refund.Status.FAILED:
        _yield_to_the_panel(row, known, told, actor=actor)
    try:
        with transaction.atomic():
            refund.save(force_insert=True)
    except IntegrityError:
        notices.tell_staff(
            row,
            "refund-mismatch",
            f"{row.gateway} {told.external_id}: {money(told.amount, row.currency)}",
            actor=actor,
        )
        return None
    record(refund, "mirrored", actor=actor, reason=told.detail, to_state=state)
    if state in _TAKEN:
        notices.tell_returned(refund)
    if state == Refund.Status.MANUAL:
        bank_requests.ask_buyer(refund, actor=actor)
    return refund


def _yield_to_the_panel(row: Payment, known: Sequence[Refund], told: RefundSnapshot, *, actor: str) -> None:
    """Drop refunds of ours that were never sent, where the one made in the panel leaves no money for them."""
    live = [refund for refund in known if refund.status != Refund.Status.FAILED]
    taken = sum((refund.amount for refund in live), told.amount)
    for refund in live:
        if taken <= row.amount:
            return
        if refund.status == Refund.Status.REQUESTED and not refund.attempts:
            move(
                refund,
                Refund.Status.FAILED,
                actor=actor,
                reason="refunded in the provider's panel",
                next_try_at=None,
            )
            taken -= refund.amount


def follow(refund: Refund, told: RefundSnapshot, *, actor: str) -> None:
    """Move a refund's row to the state that the provider tells, and keep the provider's number (set once)."""
    if not refund.external_id:
        refund.external_id = told.external_id[:200]
        refund.save(update_fields=["external_id", "updated_at"])
    target = _REFUND_STATES[told.state]
    if refund.status == target or not can_move(refund, target):
        return
    done = target == Refund.Status.SUCCEEDED
    move(
        refund,
        target,
        actor=actor,
        reason=told.detail,
        succeeded_at=(told.created_at or timezone.now()) if done else None,
        last_error=told.detail[:500],
    )
    if target in _TAKEN:
        notices.tell_returned(refund)
    if target == Refund.Status.MANUAL:
        bank_requests.ask_buyer(refund, actor=actor)
    if target == Refund.Status.FAILED:
        notices.tell_staff(
            refund.payment, "refund-failed", money(refund.amount, refund.currency), actor=actor, about=refund
        )


def is_waiting(told: PaymentSnapshot) -> bool:
    """Say whether the payment may still become money by itself: a voucher, a review, a reserved card."""
    return told.is_ours and told.state in {PaymentState.PENDING, PaymentState.AUTHORIZED}
