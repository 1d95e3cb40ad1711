"""Refunds change their state here, and the reimbursement that they pay follows in the same transaction."""

from typing import Any

from django.db import transaction
from django.db.models import Q, Sum

from orders.models import Reimbursement
from orders.reimbursements import owing
from payments.models import Payment, Refund, ReimbursementPart
from payments.refunds import kept
from shop.core.money import ZERO
from shop.core.states import move


def move_refund(refund: Refund, to: str, *, actor: str, reason: str = "", **changes: Any) -> bool:
    """Move a refund, as `shop.core.states.move` does, and its reimbursement after it. Called with its payment locked.

    Raises:
        IllegalTransition: see there.
    """
    with transaction.atomic():
        before = refund.status
        moved = move(refund, to, actor=actor, reason=reason, **changes)
        if moved and Refund.Status.FAILED in {before, to}:
            kept.tell(refund.payment_id, actor=actor)
        if moved:
            _follow(refund, actor=actor)
    return moved


def catch_up(*, limit: int, actor: str) -> int:
    """Let reimbursements follow refunds that moved without them (a process of the version before); return how many."""
    ended = (Refund.Status.SUCCEEDED, Refund.Status.FAILED)
    behind = Refund.objects.filter(
        status__in=ended, reimbursement_part__reimbursement__status=Reimbursement.Status.PAYING
    )
    moved = 0
    for refund in behind.order_by("created_at")[:limit]:
        with transaction.atomic():
            Payment.objects.select_for_update().get(pk=refund.payment_id)
            moved += _follow(refund, actor=actor)
    return moved


def _follow(refund: Refund, *, actor: str) -> bool:
    part = ReimbursementPart.objects.select_related("reimbursement").filter(refund=refund).first()
    return part is not None and follow(owing.lock(part.reimbursement), actor=actor)


def follow(row: Reimbursement, *, actor: str) -> bool:
    """Bring a locked reimbursement to the state of what pays it; return whether it moved."""
    parts = ReimbursementPart.objects.filter(reimbursement=row)
    # A part without a refund was paid when it was written.
    found = parts.aggregate(
        promised=Sum("amount", filter=Q(refund=None) | ~Q(refund__status=Refund.Status.FAILED)),
        paid=Sum("amount", filter=Q(refund=None) | Q(refund__status=Refund.Status.SUCCEEDED)),
    )
    return owing.follow(row, promised=found["promised"] or ZERO, paid=found["paid"] or ZERO, actor=actor)
