"""The difference that a buyer pays for an exchange: booked once, also when it comes too late for the first promise."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from inventory.reservations import InsufficientStock
from inventory.reservations import replacements as reservations
from orders.checkout.placement import CannotFulfil
from orders.exchanges import mails
from orders.exchanges.rows import locked, write
from orders.models import Exchange, ExchangeCharge, Order, Replacement, Return, ReturnLine
from orders.models.payables import Received
from orders.reimbursements.left import left_of
from shop.core.states import move, record

Status: Final = ExchangeCharge.Status
_KEEP: Final = timedelta(days=14)


class NotWantedAnyMore(CannotFulfil):
    """The exchange has ended and cannot be taken up again: the money goes back. Nothing was changed."""

    def __init__(self, charge: ExchangeCharge) -> None:
        super().__init__([])
        self.args = (f"{charge} is not asked for any more",)


def lock(charge: ExchangeCharge) -> ExchangeCharge:
    """Lock the order, the return, the exchange, then the charge; return its fresh row."""
    exchange = locked(Exchange.objects.get(pk=charge.exchange_id))
    fresh = ExchangeCharge.objects.select_for_update(of=("self",), no_key=True).get(pk=charge.pk)
    fresh.exchange = exchange
    return fresh


def is_owed(charge: ExchangeCharge) -> bool:
    """Say whether a charge may be paid now: it is live, its time is not over, its exchange open."""
    is_in_time = charge.status == Status.AWAITING or charge.expires_at > timezone.now()
    return charge.is_live and charge.exchange.is_open and is_in_time


def book(charge: ExchangeCharge, received: Received, *, actor: str) -> Order:
    """Book the payment of a charge, once, in the caller's transaction; return the order.

    A payment that comes after the exchange was cancelled for want of it takes the exchange up again where its return is
    open, its units are there, and what was paid for the old ones has not gone back. Locks the order, the return, the
    exchange, the charge, then all levels of the variants by key.

    Raises:
        NotWantedAnyMore: the money must go back.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("book() belongs into the transaction which settles the payment")
    fresh = lock(charge)
    exchange = fresh.exchange
    if fresh.status == Status.PAID:
        return exchange.order
    if not exchange.is_open:
        _take_up_again(fresh, actor=actor)
    move(fresh, Status.PAID, actor=actor, reason=received.transaction_id, paid_at=received.paid_at)
    data = {"amount": str(fresh.amount), "currency": fresh.currency}
    record(exchange, "difference paid", actor=actor, reason=received.transaction_id, data=data)
    mails.paid(fresh)
    return exchange.order


def _take_up_again(charge: ExchangeCharge, *, actor: str) -> None:
    exchange = charge.exchange
    is_late = exchange.status == Exchange.Status.CANCELLED and exchange.end == Exchange.End.UNPAID
    has_open = Exchange.objects.filter(rma=exchange.rma_id, status=Exchange.Status.REQUESTED).exists()
    if not is_late or has_open or exchange.rma.status != Return.Status.APPROVED:
        raise NotWantedAnyMore(charge)
    rows = list(exchange.units.select_related("replaced").order_by("position", "pk"))
    if any(row.variant_id is None for row in rows):
        raise NotWantedAnyMore(charge)
    now = timezone.now()
    grace = timedelta(days=settings.EXCHANGE_GRACE_DAYS)
    until = max((exchange.rma.send_by or now) + grace, now + _KEEP)
    try:
        with transaction.atomic():
            _demand_same_credit(rows, exchange.order)
            for row in rows:
                _again(row)
            reservations.reserve(
                owner_id=exchange.pk,
                wanted=Counter(row.variant_id for row in rows if row.variant_id),
                until=until,
                actor=actor,
                note=exchange.number,
            )
    except (InsufficientStock, _OtherCredit, IntegrityError) as error:
        raise NotWantedAnyMore(charge) from error
    move(
        exchange,
        Exchange.Status.REQUESTED,
        actor=actor,
        reason="paid late",
        ended_at=None,
        end="",
        end_reason="",
        updated_at=now,
    )
    write(exchange, reserved_until=until)
    lines = [row.return_line_id for row in rows if row.return_line_id]
    ReturnLine.objects.filter(pk__in=lines).update(wish=ReturnLine.Wish.EXCHANGE, updated_at=now)


class _OtherCredit(Exception):
    """What was paid for the old units has gone back, or is not what it was."""


def _demand_same_credit(rows: list[Replacement], order: Order) -> None:
    """Require that what may go back of the old units is still what the difference was computed with."""
    of_line: dict[object, list[Replacement]] = {}
    for row in rows:
        of_line.setdefault(row.replaced_id, []).append(row)
    for one in left_of(order).lines:
        mine = of_line.pop(one.line.pk, [])
        if not mine:
            continue
        if one.left < len(mine) or one.owed(len(mine)) != sum((row.credit for row in mine), Decimal(0)):
            raise _OtherCredit
    if of_line:
        raise _OtherCredit


def _again(row: Replacement) -> Replacement:
    """Write a unit that was dropped once more: one that was dropped stays so."""
    return Replacement.objects.create(
        exchange_id=row.exchange_id,
        return_line_id=row.return_line_id,
        replaced_id=row.replaced_id,
        variant_id=row.variant_id,
        sku=row.sku,
        name=row.name,
        credit=row.credit,
        price=row.price,
        fee=row.fee,
        position=row.position,
    )
