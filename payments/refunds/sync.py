"""Refund rows brought to what the provider says. Called with their payment locked."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from payments import notices
from payments.gateways.base import RefundSnapshot, RefundState
from payments.models import Payment, Refund
from payments.refunds import bank_requests, kept
from payments.refunds.refund_state import move_refund
from shop.core.database.kept_queries import KeptQuery
from shop.core.money import display as money
from shop.core.states import can_move, record

_REFUND_STATES = {
    RefundState.PENDING: Refund.Status.PENDING,
    RefundState.SUCCEEDED: Refund.Status.SUCCEEDED,
    RefundState.FAILED: Refund.Status.FAILED,
    RefundState.IMPOSSIBLE: Refund.Status.MANUAL,
}
# The provider has taken the refund: the money is on its way or there.
_TAKEN = {Refund.Status.PENDING, Refund.Status.SUCCEEDED}


def _locked(payment_id: UUID) -> QuerySet[Refund]:
    return Refund.objects.select_for_update().filter(payment_id=payment_id).order_by("created_at")


_LOCKED: Final = KeptQuery(_locked, UUID)


def refunds(row: Payment, fetched: Sequence[RefundSnapshot], *, actor: str) -> None:
    """Bring the refunds of a locked payment to what the provider lists, ours and those made in its panel."""
    known = _LOCKED(row.pk)
    over = {number for refund in known for number in refund.failed_ids}
    for snapshot in fetched:
        if snapshot.external_id in over and snapshot.state == RefundState.FAILED:
            continue  # An earlier try of a refund that was sent again since.
        ours = _matching(known, snapshot)
        if ours is None:
            ours = _from_the_panel(row, known, snapshot, actor=actor)
            if ours is None:
                continue
            known.append(ours)
        upsert(ours, snapshot, actor=actor)


def _matching(known: Sequence[Refund], fetched: RefundSnapshot) -> Refund | None:
    """Find the row of a refund: by the provider's number, by the key that we sent, or by amount where neither is kept.

    Mercado Pago keeps nothing of ours in a refund, so one of the same amount that we have sent is ours.
    """
    for refund in known:
        if refund.external_id == fetched.external_id:
            return refund
    for refund in known:
        if fetched.idempotency_reference and fetched.idempotency_reference == refund.idempotency_key:
            return refund
    if fetched.idempotency_reference:
        return None
    sent = {Refund.Status.REQUESTED, Refund.Status.PENDING}
    for refund in known:
        if (
            not refund.external_id
            and refund.attempts
            and refund.status in sent
            and refund.amount == fetched.amount
        ):
            return refund
    return None


def _from_the_panel(
    row: Payment, known: Sequence[Refund], fetched: RefundSnapshot, *, actor: str
) -> Refund | None:
    """Write a refund that somebody made at the provider; None when it contradicts ours (the staff is notified)."""
    state = _REFUND_STATES[fetched.state]
    refund = Refund(
        payment=row,
        status=state,
        origin=Refund.Origin.PROVIDER,
        amount=fetched.amount,
        currency=row.currency,
        external_id=fetched.external_id,
        dedupe_key=f"provider:{row.gateway}:{fetched.external_id}",
        succeeded_at=(fetched.created_at or timezone.now()) if state == Refund.Status.SUCCEEDED else None,
    )
    if state != Refund.Status.FAILED:
        _yield_to_the_panel(row, known, fetched, actor=actor)
    try:
        with transaction.atomic():
            refund.save(force_insert=True)
    except IntegrityError:
        notices.tell_staff(
            row,
            "refund-mismatch",
            f"{row.gateway} {fetched.external_id}: {money(fetched.amount, row.currency)}",
            actor=actor,
        )
        return None
    record(refund, "mirrored", actor=actor, reason=fetched.detail, to_state=state)
    kept.tell(row.pk, actor=actor)
    if state in _TAKEN:
        notices.tell_returned(refund)
    if state == Refund.Status.MANUAL:
        bank_requests.ask_buyer(refund, actor=actor)
    return refund


def _yield_to_the_panel(
    row: Payment, known: Sequence[Refund], fetched: RefundSnapshot, *, actor: str
) -> None:
    """Drop refunds of ours that were never sent, where the one made in the panel leaves no money for them."""
    live = [refund for refund in known if refund.status != Refund.Status.FAILED]
    taken = sum((refund.amount for refund in live), fetched.amount)
    for refund in live:
        if taken <= row.amount:
            return
        if refund.status == Refund.Status.REQUESTED and not refund.attempts:
            move_refund(
                refund,
                Refund.Status.FAILED,
                actor=actor,
                reason="refunded in the provider's panel",
                next_try_at=None,
            )
            taken -= refund.amount


def upsert(refund: Refund, fetched: RefundSnapshot, *, actor: str) -> None:
    """Move a refund's row to the provider's state, and store the provider's number (set once)."""
    if not refund.external_id:
        refund.external_id = fetched.external_id[:200]
        refund.save(update_fields=["external_id", "updated_at"])
    target = _REFUND_STATES[fetched.state]
    if refund.status == target or not can_move(refund, target):
        return
    done = target == Refund.Status.SUCCEEDED
    move_refund(
        refund,
        target,
        actor=actor,
        reason=fetched.detail,
        succeeded_at=(fetched.created_at or timezone.now()) if done else None,
        last_error=fetched.detail[:500],
    )
    if target in _TAKEN:
        notices.tell_returned(refund)
    if target == Refund.Status.MANUAL:
        bank_requests.ask_buyer(refund, actor=actor)
    if target == Refund.Status.FAILED:
        notices.tell_staff(
            refund.payment, "refund-failed", money(refund.amount, refund.currency), actor=actor, about=refund
        )
