"""The mails of an exchange, each once, in the transaction of its verb; one template tells them apart by `step`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from orders.models import Exchange, ExchangeCharge, Replacement
from orders.reimbursements.money import money_left
from shop.core.mail import outbox
from shop.core.models import EmailLog


def requested(exchange: Exchange) -> EmailLog | None:
    """Queue the mail that an exchange was asked for and its units are reserved."""
    return _queue(exchange, "exchange_requested", {})


def to_pay(charge: ExchangeCharge) -> EmailLog | None:
    """Queue the mail with the link to pay the difference, and until when."""
    pay_url = settings.SITE_URL + reverse("orders:exchange_pay", args=[charge.token])
    return _queue(charge.exchange, "exchange_to_pay", {"charge": charge, "pay_url": pay_url})


def paid(charge: ExchangeCharge) -> EmailLog | None:
    """Queue the mail that the difference was paid."""
    return _queue(charge.exchange, "exchange_paid", {"charge": charge})


def released(exchange: Exchange, units: Sequence[Replacement], back: Decimal) -> EmailLog | None:
    """Queue the mail that the new units are being sent, and what money goes back."""
    return _queue(exchange, "exchange_released", {"back": back}, units=units)


def out_of_stock(exchange: Exchange) -> EmailLog | None:
    """Queue the mail that a unit cannot be had any more, and that the shop will ask what the buyer prefers."""
    return _queue(exchange, "exchange_waits", {})


def cancelled(exchange: Exchange, units: Sequence[Replacement]) -> EmailLog | None:
    """Queue the mail that an exchange was cancelled, why, and that its return goes on for money."""
    is_refunded = exchange.end == exchange.End.REFUNDED
    context = {
        "is_return_open": exchange.rma.is_open and not (is_refunded and not money_left(exchange.order)),
        "why": exchange.end_reason,
        "is_refunded": is_refunded,
    }
    return _queue(exchange, "exchange_cancelled", context, units=units)


def _queue(
    exchange: Exchange, kind: str, context: dict[str, Any], *, units: Sequence[Replacement] | None = None
) -> EmailLog | None:
    """Queue a mail to whoever asked for the return, else to the buyer; None: their address was erased."""
    order, rma = exchange.order, exchange.rma
    to = rma.email or order.email
    if not to:
        return None
    rows = list(exchange.units.filter(dropped_at=None).select_related("replaced")) if units is None else units
    return outbox.queue(
        kind=kind,
        to=to,
        template="exchange",
        context={
            **context,
            "step": kind.removeprefix("exchange_"),
            "exchange": exchange,
            "order": order,
            "rma": rma,
            "units": [
                {"old": f"{row.replaced.name} ({row.replaced.sku})", "name": row.name, "sku": row.sku}
                for row in rows
            ],
            "is_gift": rma.is_gift,
            "to_get": min(max(-exchange.settlement, Decimal(0)), money_left(order)),
            "to_pay": max(exchange.settlement, Decimal(0)),
            "return_url": settings.SITE_URL + rma.get_absolute_url(),
        },
        dedupe_key=f"{kind}:{exchange.pk}:{exchange.ended_at or ''}",
        language=rma.language or order.language,
        user=None if rma.is_gift else order.user,
        trail=order.trail,
    )
