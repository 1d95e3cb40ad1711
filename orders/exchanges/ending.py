"""Cancelling an exchange: its units are reserved no more, and what was paid for the old ones may go back again."""

from decimal import Decimal
from typing import Final

from django.db import models, transaction
from django.utils import timezone

from inventory.reservations import replacements as reservations
from orders.exchanges import beginning, mails, replacing
from orders.exchanges.rows import NotOpen, copy, live_units, locked, paid_of
from orders.models import Exchange, ExchangeCharge, Reimbursement, Return, ReturnLine
from orders.reimbursements import owing
from orders.reimbursements.left import for_sum
from orders.reimbursements.money import money_left
from shop.core.due.fairness import run_each
from shop.core.models import Event
from shop.core.states import move, on_event

End: Final = Exchange.End
Status: Final = Exchange.Status
_Charge: Final = ExchangeCharge.Status


def cancel(exchange: Exchange, *, end: str, actor: str, reason: str = "") -> bool:
    """Cancel an exchange that was not released; False: it was cancelled before.

    Its return stays as it is: what comes back is then paid back. What the buyer paid for the difference goes back, as
    far as so much is left of what was paid for the order.
    Locks the order, the return, the exchange, then its reservations; no stock level.

    Raises:
        NotOpen: it was released: its new units come back by a return of their own.
        MoreThanPaid: at this moment some of the money goes back otherwise. Nothing was changed; again helps.
    """
    with transaction.atomic():
        fresh = locked(exchange)
        if fresh.status == Status.CANCELLED:
            return False
        if fresh.status != Status.REQUESTED:
            raise NotOpen(fresh)
        cancel_locked(fresh, end=end, actor=actor, reason=reason)
    copy(fresh, exchange)
    return True


def cancel_locked(exchange: Exchange, *, end: str, actor: str, reason: str = "") -> None:
    """Cancel a locked exchange that is open, as `cancel` does, in the caller's transaction."""
    rows = live_units(exchange)
    replacing.drop(rows)
    _end_charge(exchange, actor=actor)
    now = timezone.now()
    paid = paid_of(exchange)
    back = min(paid, money_left(exchange.order)) if paid else paid
    move(
        exchange,
        Status.CANCELLED,
        actor=actor,
        reason=reason or f"exchange-{end}",
        ended_at=now,
        end=end,
        end_reason=reason[:300],
        reimbursement=_pay_back(exchange, back, actor=actor),
        not_paid_back=paid - back,
        attention_since=None,
        attention_reason="",
        updated_at=now,
    )
    lines = [row.return_line_id for row in rows if row.return_line_id]
    ReturnLine.objects.filter(pk__in=lines).update(wish=ReturnLine.Wish.MONEY, updated_at=now)
    mails.cancelled(exchange, rows)
    reservations.end(owner_id=exchange.pk)


def _end_charge(exchange: Exchange, *, actor: str) -> None:
    charge = ExchangeCharge.objects.select_for_update(of=("self",)).filter(exchange=exchange).first()
    if charge is not None and charge.is_live:
        move(charge, _Charge.ENDED, actor=actor)


def _pay_back(exchange: Exchange, amount: Decimal, *, actor: str) -> Reimbursement | None:
    if not amount:
        return None
    return owing.owe(
        exchange.order,
        for_sum(amount),
        reason=f"exchange {exchange.number}",
        dedupe_key=f"exchange-cancelled:{exchange.pk}",
        actor=actor,
        origin=Reimbursement.Origin.AUTOMATIC,
    )


def end_unpaid(*, limit: int = 200, actor: str = "job:exchanges") -> dict[str, int]:
    """Cancel the exchanges whose difference was not paid in time; each by itself."""
    late = ExchangeCharge.objects.filter(
        status__in=[_Charge.OPEN, _Charge.AWAITING], expires_at__lt=timezone.now()
    )
    keys = list(late.order_by("expires_at").values_list("exchange", flat=True)[:limit])
    return dict(run_each(keys, lambda key: _end_if_unpaid(key, actor)))


def _end_if_unpaid(key: object, actor: str) -> str:
    with transaction.atomic():
        fresh = locked(Exchange.objects.get(pk=str(key)))
        charge = ExchangeCharge.objects.select_for_update(of=("self",)).get(exchange=fresh)
        if not charge.is_live or charge.expires_at >= timezone.now():
            return "skipped"
        if fresh.status == Status.REQUESTED:
            cancel(fresh, end=End.UNPAID, actor=actor)
        else:
            _end_charge(fresh, actor=actor)
    return "ended"


# -- What follows from what becomes of the return, in its own transaction ---------------------------------------------


def _approved(rma: models.Model, event: Event) -> None:
    for exchange in _open_of(rma):
        beginning.begin(locked(exchange), actor=event.actor)


def _ended(rma: models.Model, event: Event) -> None:
    """Cancel the open exchange of a return that ended: rejected, cancelled, expired, or closed without its units."""
    end = End.CLOSED if event.to_state == Return.Status.CLOSED else End.RETURN
    for exchange in _open_of(rma):
        cancel(exchange, end=end, actor=event.actor, reason=event.reason)


def _open_of(rma: models.Model) -> list[Exchange]:
    rows = Exchange.objects.select_related("order", "rma").filter(rma=rma.pk, status=Status.REQUESTED)
    return list(rows)


_RETURN: Final = "orders.return"
on_event(_approved, _RETURN, to=Return.Status.APPROVED)
for _state in (
    Return.Status.REJECTED,
    Return.Status.CANCELLED,
    Return.Status.EXPIRED,
    Return.Status.CLOSED,
):
    on_event(_ended, _RETURN, to=_state)
