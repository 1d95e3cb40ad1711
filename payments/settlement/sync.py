"""Payment rows brought to what the provider says. Called under the attempt's lock."""

import logging
from datetime import datetime
from typing import Final

from django.db import IntegrityError
from django.db.models import QuerySet

from payments import notices
from payments.gateways.base import PaymentSnapshot, PaymentState
from payments.models import Payment, PaymentAttempt, Refund
from payments.unmatched import unmatched_payments
from shop.core.database.kept_queries import KeptQuery
from shop.core.database.kept_writes import KeptInsert
from shop.core.states import move, record

log = logging.getLogger(__name__)


def _rows(gateway: str, external_id: str) -> QuerySet[Payment]:
    return Payment.objects.select_for_update().filter(gateway=gateway, external_id=external_id).order_by()


_ROWS: Final = KeptQuery(_rows, str, str)
_write: Final = KeptInsert(Payment, unless_there=True)


def payment(
    attempt: PaymentAttempt,
    snapshot: PaymentSnapshot,
    known: Payment | None,
    *,
    fetched_at: datetime,
    actor: str,
) -> tuple[Payment | None, bool]:
    """Write one payment as fetched; return its locked row (None when there is nothing to write), and whether it is new.

    `known`: its row, locked, where the attempt has it already. Unique by (gateway, external_id). An older answer is
    ignored, and so is a status that we do not know: both leave the row as it is
    (docs/providers/README.md#neutral-states). An unmatched payment that was taken over meanwhile becomes the attempt's.
    """
    blank = Payment(attempt=attempt, gateway=attempt.gateway, external_id=snapshot.external_id, status="")
    row, is_new = _row_of(blank, snapshot, fetched_at, known)
    if row is None or snapshot.state is None:
        return row, False
    if is_new or row.is_unmatched:
        unmatched_payments.close(row, actor=actor)
    if is_new:
        row.payable_id = attempt.payable_id  # As the database has filled it in.
        _record_state(row, "", snapshot, actor=actor)
        return row, True
    if row.is_unmatched:
        _adopt(row, attempt, actor=actor)
    elif row.attempt_id != attempt.pk:
        log.error("%s payment %s belongs to another attempt", attempt.gateway, snapshot.external_id)
        return None, False
    return _renewed(row, snapshot, fetched_at, actor=actor), False


def unmatched_payment(
    gateway: str, snapshot: PaymentSnapshot, *, fetched_at: datetime, actor: str
) -> Payment | None:
    """Write a payment that belongs to no purchase as fetched; return its locked row.

    None: it has a purchase after all, or a status that we do not know and no row so far.
    """
    blank = Payment(role=Payment.Role.UNMATCHED, gateway=gateway, external_id=snapshot.external_id, status="")
    known = _ROWS.first(gateway, snapshot.external_id)
    row, is_new = _row_of(blank, snapshot, fetched_at, known)
    if row is None or not row.is_unmatched:
        return None
    if is_new:
        _record_state(row, "", snapshot, actor=actor)
    return row if is_new or snapshot.state is None else _renewed(row, snapshot, fetched_at, actor=actor)


def _row_of(
    blank: Payment, snapshot: PaymentSnapshot, fetched_at: datetime, known: Payment | None
) -> tuple[Payment | None, bool]:
    """Return the locked row of a payment, and whether it was written now; None where an unknown state has none."""
    if snapshot.state is None:
        row = known or _ROWS.first(blank.gateway, blank.external_id)
        log.warning(
            "%s payment %s has an unknown status %r", blank.gateway, snapshot.external_id, snapshot.status
        )
        return row, False
    if known is not None:
        return known, False
    _copy(blank, snapshot, fetched_at)
    if _write(blank):
        return blank, True
    # Settling has no lock in common with taking an unmatched payment over: the second to insert continues with the
    # first's row, and so does whoever finds one that is of nothing yet, or of another attempt.
    row = _ROWS.first(blank.gateway, blank.external_id)
    if row is None:
        raise IntegrityError(f"{blank.gateway} payment {blank.external_id} can be neither written nor found")
    return row, False


def _renewed(row: Payment, snapshot: PaymentSnapshot, fetched_at: datetime, *, actor: str) -> Payment:
    """Bring a locked row to what was fetched, unless that is older than the row."""
    if is_older(row, snapshot, fetched_at):
        log.info("%s payment %s: older news ignored", row.gateway, snapshot.external_id)
        return row
    before = row.status
    _copy(row, snapshot, fetched_at)
    row.save()
    if before != row.status:
        _record_state(row, before, snapshot, actor=actor)
    return row


def _record_state(row: Payment, before: str, snapshot: PaymentSnapshot, *, actor: str) -> None:
    record(
        row,
        "state",
        actor=actor,
        reason=snapshot.status_detail,
        field="status",
        from_state=before,
        to_state=row.status,
    )


def _adopt(row: Payment, attempt: PaymentAttempt, *, actor: str) -> None:
    """Assign an unmatched payment that was taken over to the attempt that has turned up.

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


def is_older(row: Payment, snapshot: PaymentSnapshot, fetched_at: datetime) -> bool:
    """Say whether the answer is older than the row: by the provider's own clock, else by when we asked."""
    if snapshot.updated_at and row.provider_updated_at and snapshot.updated_at != row.provider_updated_at:
        return snapshot.updated_at < row.provider_updated_at
    return row.fetched_at is not None and fetched_at < row.fetched_at


def _copy(row: Payment, snapshot: PaymentSnapshot, fetched_at: datetime) -> None:
    row.status = Payment.Status(snapshot.state.value) if snapshot.state else row.status
    row.status_detail = snapshot.status_detail[:120]
    row.amount, row.currency = snapshot.amount, snapshot.currency[:3]
    row.refunded_amount = snapshot.refunded_amount
    row.method, row.installments = snapshot.method[:60], snapshot.installments
    row.card_last4 = snapshot.card_last4 or row.card_last4
    row.charged_total = snapshot.charged_total or row.charged_total
    row.charged_installment = snapshot.charged_installment or row.charged_installment
    row.approved_at = snapshot.approved_at or row.approved_at
    row.provider_updated_at, row.fetched_at = snapshot.updated_at, fetched_at
    row.snapshot = dict(snapshot.raw)


def is_waiting(snapshot: PaymentSnapshot) -> bool:
    """Say whether the payment may still be approved: a voucher, a review, an authorised card."""
    return snapshot.is_ours and snapshot.state in {PaymentState.PENDING, PaymentState.AUTHORIZED}
