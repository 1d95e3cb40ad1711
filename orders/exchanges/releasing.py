"""Releasing an exchange: its units become lines of the order that are to be sent, and the difference is settled.

By a job when the return was received and inspected as resaleable; by the staff when it was received, or before where
the shop allows it (`EXCHANGE_ADVANCE`). What cannot be had any more is never left out silently: the exchange waits for
the staff, who ask the buyer.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from inventory.reservations import InsufficientStock
from orders.exchanges import ending, mails, replacing
from orders.exchanges.beginning import keep_reserved
from orders.exchanges.rows import NotOpen, copy, flag, live_units, locked, locked_open, paid_of, write
from orders.models import (
    Exchange,
    Inspection,
    Reimbursement,
    Replacement,
    Return,
    ReturnDecision,
    ReturnLine,
)
from orders.reimbursements import owing
from orders.reimbursements.left import for_sum
from orders.reimbursements.money import leaves_nothing, money_left
from orders.reimbursements.owing import MoreThanPaid
from orders.returns import closing
from orders.returns.units import lines as counted_lines
from shop.core.due.fairness import run_each
from shop.core.money import ZERO
from shop.core.states import move, record

Status: Final = Exchange.Status
# What has come, or is on its way, keeps its new units reserved while people inspect it.
_KEEP: Final = timedelta(days=14)
OUT_OF_STOCK: Final = "out of stock"


class NotReceived(Exception):
    """Not as many units of the return have come (and were kept) as would be sent. Receive them first."""


class NotPaid(Exception):
    """The buyer has not paid the difference, or their bank took it back. `missing`, in the order's currency."""

    def __init__(self, missing: Decimal) -> None:
        super().__init__(str(missing))
        self.missing = missing


class NotTheirUnits(ValueError):
    """None of the units of an exchange was chosen, or others than its own."""


class NoReason(ValueError):
    """It would be sent in advance, which the shop does not do (`EXCHANGE_ADVANCE`), or nobody said why."""


class ReturnNotOpen(Exception):
    """The return is not approved, or has ended: nothing is exchanged for it."""


def money_back(exchange: Exchange, units: Collection[UUID] | None = None) -> Decimal:
    """Return what would go back to the buyer if these `units` (all: None) were released now; no lock."""
    rows = [row for row in live_units(exchange) if units is None or row.pk in units]
    wanted = max(paid_of(exchange) - sum((row.difference for row in rows), ZERO), ZERO)
    return min(wanted, money_left(exchange.order)) if wanted else wanted


def sends_nothing(exchange: Exchange) -> bool:
    """Say whether releasing an exchange now would cancel it, for want of money to send anything for; no lock."""
    left = money_left(exchange.order)
    return leaves_nothing(exchange.order, left=left, back=money_back(exchange))


def release(
    exchange: Exchange,
    *,
    actor: str,
    units: Collection[UUID] | None = None,
    is_advance: bool = False,
    reason: str = "",
) -> bool:
    """Release an exchange, all of it or some of its `units` (keys of replacements); False: it was released before.

    What is not released is dropped: its unit is reserved no more, and what was paid for the old one may go back.
    What the buyer paid beyond the difference of what is sent goes back to them, as far as so much is left of what was
    paid for the order. `is_advance`: before the return came. Where nothing is left of it, or nothing would be, nothing
    is sent: the exchange is cancelled (`End.REFUNDED`), and what is left goes back by its return.
    Locks the order, the return, the exchange, then all levels of the variants by key.

    Raises:
        NotOpen: it was cancelled.
        ReturnNotOpen, NotReceived, NotPaid, NotTheirUnits, NoReason: see there.
        InsufficientStock, VariantGone: a unit cannot be had any more. Nothing was changed.
        MoreThanPaid: at this moment some of the money goes back otherwise. Nothing was changed; again helps.
    """
    with transaction.atomic():
        fresh = locked(exchange)
        if fresh.status == Status.RELEASED:
            return False
        if not fresh.is_open:
            raise NotOpen(fresh)
        rows = live_units(fresh)
        chosen = _chosen(rows, units)
        wanted = _demand_releasable(fresh, chosen, is_advance=is_advance, reason=reason)
        left = money_left(fresh.order)
        back = min(wanted, left)
        if leaves_nothing(fresh.order, left=left, back=back):
            _send_nothing(fresh, chosen, left, actor=actor)
            copy(fresh, exchange)
            return True
        replacing.drop([row for row in rows if row not in chosen])
        replacing.send(fresh.order, chosen, owner_id=fresh.pk, reference=fresh.number, actor=actor)
        _move(fresh, chosen, back, short=wanted - back, actor=actor, reason=reason, is_advance=is_advance)
        mails.released(fresh, chosen, back)
        closing.close_if_done(fresh.rma, actor=actor)
    copy(fresh, exchange)
    return True


def _send_nothing(exchange: Exchange, chosen: Sequence[Replacement], left: Decimal, *, actor: str) -> None:
    """Cancel a locked exchange of whose order no money is left to send anything for; its units may be sold again.

    With it nothing is left to decide about its units in the return, unless that still brings money.
    """
    ending.cancel_locked(exchange, end=Exchange.End.REFUNDED, actor=actor)
    if not left:
        write(exchange, decision=_decide(exchange, chosen, actor=actor))
        closing.close_if_done(exchange.rma, actor=actor)


def _demand_releasable(
    exchange: Exchange, chosen: Sequence[Replacement], *, is_advance: bool, reason: str
) -> Decimal:
    """Require that a locked exchange may send these units; return what the buyer has paid beyond their difference."""
    if exchange.rma.status != Return.Status.APPROVED:
        raise ReturnNotOpen(str(exchange.rma))
    if is_advance:
        _demand_reason(reason)
    else:
        _demand_received(chosen)
    back = paid_of(exchange) - sum((row.difference for row in chosen), ZERO)
    if back < 0:
        raise NotPaid(-back)
    return back


def _move(
    exchange: Exchange,
    sent: Sequence[Replacement],
    back: Decimal,
    *,
    short: Decimal,
    actor: str,
    reason: str,
    is_advance: bool,
) -> None:
    """Write that a locked exchange is released, what goes back, and that its return is settled for these units."""
    summary = ", ".join(str(row) for row in sent)
    now = timezone.now()
    move(
        exchange,
        Status.RELEASED,
        actor=actor,
        reason=f"{reason}: {summary}" if reason else summary,
        released_at=now,
        reimbursement=_owe(exchange, back, actor=actor),
        not_paid_back=short,
        decision=_decide(exchange, sent, actor=actor),
        attention_since=None,
        attention_reason="",
        updated_at=now,
        data={"advance": is_advance, "back": str(back)},
    )


def _demand_reason(reason: str) -> None:
    """Require what sending in advance needs. Raises: NoReason."""
    if not (settings.EXCHANGE_ADVANCE and reason.strip()):
        raise NoReason


def _chosen(rows: Sequence[Replacement], units: Collection[UUID] | None) -> list[Replacement]:
    chosen = [row for row in rows if units is None or row.pk in units]
    if not chosen or (units is not None and len(chosen) < len(set(units))):
        raise NotTheirUnits
    return chosen


def _demand_received(chosen: Sequence[Replacement]) -> None:
    """Require that as many units came and stay here as are sent. Raises: NotReceived."""
    wanted = _by_return_line(chosen)
    for line in counted_lines().filter(pk__in=wanted):
        sent_back = line.inspections.filter(disposition=Inspection.Disposition.SEND_BACK)
        kept = line.received - (sent_back.aggregate(sum=Sum("quantity"))["sum"] or 0)
        if kept - line.decided < wanted[line.pk]:
            raise NotReceived(f"{kept} of {line.order_line.sku}")


def _owe(exchange: Exchange, amount: Decimal, *, actor: str) -> Reimbursement | None:
    if not amount:
        return None
    return owing.owe(
        exchange.order,
        for_sum(amount),
        reason=f"exchange {exchange.number}",
        dedupe_key=f"exchange:{exchange.pk}",
        actor=actor,
        origin=Reimbursement.Origin.STAFF,
    )


def _decide(exchange: Exchange, chosen: Sequence[Replacement], *, actor: str) -> ReturnDecision:
    """Write for the return that its units were exchanged: no money goes back for them by it."""
    return replacing.settle_return(
        exchange.rma,
        _by_return_line(chosen),
        cause=f"exchange {exchange.number}",
        key=f"exchange:{exchange.pk}",
        actor=actor,
    )


def _by_return_line(rows: Sequence[Replacement]) -> dict[UUID, int]:
    return dict(Counter(row.return_line_id for row in rows if row.return_line_id))


# -- By the job -----------------------------------------------------------------------------------------------


def is_ready(exchange: Exchange) -> bool:
    """Say whether an exchange is released without anybody: all its units came and are for sale again, and it is paid.

    Units that came because of a fault of the goods count also when they are not for sale again.
    """
    if not exchange.is_open or exchange.rma.status != Return.Status.APPROVED:
        return False
    rows = live_units(exchange)
    if not rows or paid_of(exchange) < sum((row.difference for row in rows), ZERO):
        return False
    wanted = _by_return_line(rows)
    for line in counted_lines().filter(pk__in=wanted):
        good = Q(disposition=Inspection.Disposition.RESTOCK)
        if line.basis == ReturnLine.Basis.FAULTY:
            good = ~Q(disposition=Inspection.Disposition.SEND_BACK)
        kept = line.inspections.filter(good).aggregate(sum=Sum("quantity"))["sum"] or 0
        if kept - line.decided < wanted[line.pk]:
            return False
    return True


def waiting() -> list[UUID]:
    """Return the open exchanges of approved returns of which something was sent or received, the oldest first."""
    moving = Q(rma__sent_at__isnull=False) | Q(rma__receipts__isnull=False)
    rows = Exchange.objects.filter(moving, status=Status.REQUESTED, rma__status=Return.Status.APPROVED)
    return list(rows.order_by("created_at").values_list("pk", flat=True).distinct())


def release_due(*, limit: int = 200, actor: str = "job:exchanges") -> dict[str, int]:
    """Release the exchanges that are ready, each by itself; keep the units of those on their way reserved.

    One whose unit cannot be had any more is flagged for the staff, who ask the buyer.
    """
    return dict(run_each(waiting()[:limit], lambda key: _release_if_ready(key, actor)))


def _release_if_ready(key: UUID, actor: str) -> str:
    exchange = Exchange.objects.select_related("order", "rma").get(pk=key)
    try:
        return _release_or_flag(exchange, actor) if is_ready(exchange) else _keep(exchange, actor)
    except (NotOpen, ReturnNotOpen, NotReceived, NotPaid, MoreThanPaid):
        # Somebody was first: the next run looks again.
        return "skipped"


def _release_or_flag(exchange: Exchange, actor: str) -> str:
    try:
        if not release(exchange, actor=actor):
            return "skipped"
        return "released" if exchange.status == Status.RELEASED else "sends nothing"
    except (InsufficientStock, replacing.VariantGone):
        with transaction.atomic():
            fresh = locked_open(exchange)
            if flag(fresh, OUT_OF_STOCK):
                record(fresh, "out of stock", actor=actor)
                mails.out_of_stock(fresh)
        return "out of stock"


def _keep(exchange: Exchange, actor: str) -> str:
    """Keep the units of an exchange whose parcel is on its way or here reserved, a day before they would expire."""
    if exchange.reserved_until > timezone.now() + _KEEP / 2:
        return "waiting"
    with transaction.atomic():
        fresh = locked_open(exchange)
        keep_reserved(fresh, until=timezone.now() + _KEEP, actor=actor)
        write(fresh, reserved_until=timezone.now() + _KEEP)
    return "kept"
