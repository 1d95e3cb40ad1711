"""Resolving an approved claim: the new units become lines that are to be sent, and the money is owed. One act."""

from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inventory.reservations import replacements as reservations
from orders.claims import mails
from orders.claims.rows import NotOpen, copy, locked
from orders.exchanges import replacing
from orders.models import Claim, ClaimLine, Reimbursement, ReimbursementLine, Return
from orders.reimbursements import owing
from orders.reimbursements.left import closes_otherwise, for_credits, left_of
from orders.reimbursements.money import leaves_nothing, money_left
from orders.reimbursements.owing import MoreThanPaid
from orders.returns import closing
from shop.core.money import ZERO, decimals
from shop.core.states import move, record

Status = Claim.Status
Kind = ReimbursementLine.Kind


def resolve(claim: Claim, *, actor: str) -> bool:
    """Carry out what was approved; False: it was done before.

    What the buyer keeps, or what never came, is written off with the claim: the units left the stock with their sale,
    and no second movement says so. Where nothing is left of what was paid for the order, its new units are not sent
    (`Claim.sends_nothing`), as nothing of such an order is. Locks the order, the claim, then all levels of the new
    variants by key.

    Raises:
        NotOpen: it is not approved, or has ended.
        InsufficientStock, VariantGone: a new unit cannot be had any more. Nothing was changed: take the approval back.
        MoreThanPaid: some of the money has gone back otherwise since. Nothing was changed.
    """
    with transaction.atomic():
        fresh = locked(claim)
        if fresh.status == Status.RESOLVED:
            return False
        if fresh.status != Status.APPROVED:
            raise NotOpen(fresh)
        units = list(fresh.units.filter(dropped_at=None).select_related("variant", "replaced"))
        lost = _write_off(fresh)
        owed = _owe(fresh, actor=actor)
        sends_nothing = bool(units) and leaves_nothing(fresh.order, left=money_left(fresh.order))
        if sends_nothing:
            replacing.drop(units)
            reservations.end(owner_id=fresh.pk)
            units = []
        now = timezone.now()
        move(
            fresh,
            Status.RESOLVED,
            actor=actor,
            ended_at=now,
            reimbursement=owed,
            sends_nothing=sends_nothing,
            attention_since=None,
            attention_reason="",
            updated_at=now,
        )
        if lost:
            record(fresh, "written off", actor=actor, reason=lost)
        if fresh.rma_id:
            _settle_return(fresh, actor=actor)
        mails.resolved(fresh, units)
        if units:
            replacing.send(fresh.order, units, owner_id=fresh.pk, reference=fresh.number, actor=actor)
    copy(fresh, claim)
    return True


def _settle_return(claim: Claim, *, actor: str) -> None:
    """Say in the return of the claimed goods that they are settled: it closes when they came and were inspected."""
    rma = claim.rma
    if rma is None or rma.status != Return.Status.APPROVED:
        return
    lines = {one.order_line_id: one.pk for one in rma.lines.all()}
    units = {
        lines[one.order_line_id]: one.replaced + one.refunded
        for one in claim.lines.all()
        if one.order_line_id in lines and one.replaced + one.refunded
    }
    replacing.settle_return(rma, units, cause=f"claim {claim.number}", key=f"claim:{claim.pk}", actor=actor)
    closing.close_if_done(rma, actor=actor)


def _write_off(claim: Claim) -> str:
    """Write down which units are lost; return them in words. None are where they are to come back, or are kept for a
    part of the price.
    """
    if claim.rma_id or claim.outcome == Claim.Outcome.PARTIAL:
        return ""
    claim.lines.update(written_off=F("replaced") + F("refunded"), updated_at=timezone.now())
    lost = claim.lines.filter(written_off__gt=0).select_related("order_line")
    return ", ".join(f"{one.written_off} × {one.order_line.sku}" for one in lost)


def _owe(claim: Claim, *, actor: str) -> Reimbursement | None:
    rows = list(claim.lines.filter(refunded__gt=0).select_related("order_line"))
    lines = [
        ReimbursementLine(kind=Kind.LINE, order_line=one.order_line, quantity=one.refunded, amount=one.amount)
        for one in rows
    ]
    if lines:
        _close_exactly(claim, rows, lines)
    if claim.outcome == Claim.Outcome.PARTIAL:
        lines = for_credits({one.order_line_id: one.amount for one in claim.lines.all()})
    if not sum(one.amount for one in lines):
        return None
    return owing.owe(
        claim.order,
        lines,
        reason=f"claim {claim.number}",
        dedupe_key=f"claim:{claim.pk}",
        actor=actor,
        origin=Reimbursement.Origin.STAFF,
    )


def _close_exactly(claim: Claim, rows: list[ClaimLine], lines: list[ReimbursementLine]) -> None:
    """Let a line's last units bring what is left of it: other units went back since, and took the odd cent or left it.

    Raises:
        MoreThanPaid: it is another sum by more than that.
    """
    left = left_of(claim.order)
    other = closes_otherwise(left, lines)
    # With all that is left of the order's money a line may close for less than was paid for it.
    if not other or sum((line.amount for line in lines), ZERO) == money_left(claim.order):
        return
    worth = {one.line.pk: one for one in left.lines}
    cent = Decimal(1).scaleb(-decimals(claim.order.currency))
    for line in other:
        row = next(one for one in rows if one.order_line_id == line.order_line_id)
        exact = worth[row.order_line_id].owed(line.quantity)
        if abs(exact - line.amount) > cent * line.quantity:
            raise MoreThanPaid(f"{exact} is left for what {line.amount} was promised")
        row.amount = line.amount = exact
        row.save(update_fields=["amount", "updated_at"])


__all__ = ["MoreThanPaid", "resolve"]
