"""Closing a return: by itself when nothing is left to do, or by the staff, who say why nothing more will come."""

from django.db import transaction
from django.utils import timezone

from orders.models import Return
from orders.returns.rows import copy, demand_approved, locked
from orders.returns.units import lines as counted_lines
from shop.core.states import move


class Unfinished(Exception):
    """Units that came are not inspected, or nobody decided about them, or what was decided is not paid."""


def is_done(rma: Return) -> bool:
    """Say whether all that was announced came (or need not come), was inspected, decided about, and paid."""
    rows = list(counted_lines().filter(rma=rma))
    decisions = list(rma.decisions.filter(withdrawn_at=None))
    if not decisions or any(one.total and one.reimbursement_id is None for one in decisions):
        return False
    keeps = any(one.keeps_goods for one in decisions)
    return all(
        row.inspected == row.received
        and row.decided >= max(row.quantity, row.received)
        and (row.received >= row.quantity or keeps)
        for row in rows
    )


def close_if_done(rma: Return, *, actor: str) -> bool:
    """Close a locked return of which nothing is left to do. Units that are announced and never come keep it open."""
    if rma.status != Return.Status.APPROVED or not is_done(rma):
        return False
    now = timezone.now()
    return move(rma, Return.Status.CLOSED, actor=actor, ended_at=now, updated_at=now)


def close(rma: Return, *, reason: str, actor: str) -> bool:
    """Close a return although not all of it came or was given money for; `reason` says why. False: it was closed.

    Locks the order, then the return.

    Raises:
        Unfinished: see there.
        NotOpen: it is not approved, or ended otherwise.
        ValueError: no reason.
    """
    if not reason.strip():
        raise ValueError("Say why it is closed.")
    with transaction.atomic():
        fresh = locked(rma)
        if fresh.status == Return.Status.CLOSED:
            return False
        demand_approved(fresh)
        rows = list(counted_lines().filter(rma=fresh))
        unpaid = fresh.decisions.filter(withdrawn_at=None, reimbursement=None, total__gt=0)
        if unpaid.exists() or any(row.inspected < row.received or row.decided < row.received for row in rows):
            raise Unfinished(str(fresh))
        now = timezone.now()
        moved = move(
            fresh,
            Return.Status.CLOSED,
            actor=actor,
            reason=reason,
            ended_at=now,
            end_reason=reason.strip()[:300],
            updated_at=now,
        )
    copy(fresh, rma)
    return moved
