"""Rows of exchanges as their verbs lock and write them: the order first, then the return, then the exchange."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from orders.models import Exchange, ExchangeCharge, Order, Replacement, Return
from shop.core.money import ZERO


class NotOpen(Exception):
    """The exchange was released or cancelled, so this act makes no sense. `status` is where it is."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(f"{exchange} is {exchange.status}")
        self.status = exchange.status


def locked(exchange: Exchange) -> Exchange:
    """Lock the order, the return, then the exchange; return its fresh row with both."""
    order = Order.objects.select_for_update().get(pk=exchange.order_id)
    rma = Return.objects.select_for_update(of=("self",)).get(pk=exchange.rma_id)
    fresh = Exchange.objects.select_for_update(of=("self",)).get(pk=exchange.pk)
    rma.order = order
    fresh.order, fresh.rma = order, rma
    return fresh


def locked_open(exchange: Exchange) -> Exchange:
    """Lock as `locked`. Raises: NotOpen: it was released or cancelled."""
    fresh = locked(exchange)
    if not fresh.is_open:
        raise NotOpen(fresh)
    return fresh


def paid_of(exchange: Exchange) -> Decimal:
    """Return what the buyer has paid for an exchange and no bank took back."""
    charge = ExchangeCharge.objects.filter(exchange=exchange, status=ExchangeCharge.Status.PAID).first()
    return max(charge.amount - charge.lost, ZERO) if charge else ZERO


def live_units(exchange: Exchange) -> list[Replacement]:
    """Return the units of an exchange that are not dropped, as they were chosen."""
    rows = exchange.units.filter(dropped_at=None).select_related("replaced", "variant", "return_line")
    return list(rows.order_by("position", "pk"))


def write(exchange: Exchange, **changes: Any) -> None:
    """Write these fields of a locked exchange, which is no change of its state."""
    for name, value in changes.items():
        setattr(exchange, name, value)
    exchange.updated_at = timezone.now()
    Exchange.objects.filter(pk=exchange.pk).update(**changes, updated_at=exchange.updated_at)


def flag(exchange: Exchange, reason: str) -> bool:
    """Say that people must look at a locked exchange, and why; False: it says so already."""
    if exchange.attention_reason == reason[:300] and exchange.attention_since:
        return False
    write(
        exchange,
        attention_since=exchange.attention_since or timezone.now(),
        attention_reason=reason[:300],
    )
    return True


def copy(fresh: Exchange, to: Exchange) -> None:
    """Bring the caller's row up to date after the transaction."""
    for field in Exchange._meta.concrete_fields:
        setattr(to, field.attname, getattr(fresh, field.attname))
