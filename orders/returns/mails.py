"""The mails of a return, each once, in the transaction of its verb: asked for, approved, arrived, paid back, ended."""

from decimal import Decimal
from typing import Any

from django.conf import settings

from orders.models import Return, ReturnDecision, ReturnReceipt
from shop.core.mail import outbox
from shop.core.models import EmailLog


def requested(rma: Return) -> EmailLog | None:
    """Queue the mail that a return was asked for and waits for the shop's answer."""
    return _queue(rma, "return_requested", str(rma.pk), _shown(rma))


def approved(rma: Return) -> EmailLog | None:
    """Queue the mail that a return is approved, with how to send it and until when."""
    has_label = rma.files.filter(kind="label").exists()
    return _queue(rma, "return_approved", str(rma.pk), {**_shown(rma), "has_label": has_label})


def received(receipt: ReturnReceipt) -> EmailLog | None:
    """Queue the mail that a parcel of a return has arrived, with what was counted in it."""
    lines = [
        {"name": one.line.order_line.name, "sku": one.line.order_line.sku, "quantity": one.quantity}
        for one in receipt.lines.select_related("line__order_line")
    ]
    context = {"lines": lines, "receipt": receipt}
    return _queue(receipt.rma, "return_received", str(receipt.pk), context)


def paid_back(decision: ReturnDecision) -> EmailLog | None:
    """Queue the mail that money goes back for a return, or why none does."""
    lines = [
        {
            "name": one.line.order_line.name,
            "sku": one.line.order_line.sku,
            "quantity": one.quantity,
            "amount": one.amount,
            "withheld": one.withheld,
        }
        for one in decision.lines.select_related("line__order_line")
    ]
    return _queue(decision.rma, "return_paid_back", str(decision.pk), {"lines": lines, "decision": decision})


def ended(rma: Return) -> EmailLog | None:
    """Queue the mail that a return was rejected, cancelled, or expired."""
    return _queue(rma, "return_ended", str(rma.pk), {"lines": _lines(rma)})


def _shown(rma: Return) -> dict[str, Any]:
    """Return what the buyer was shown when they asked, as amounts."""
    amounts = {name: Decimal(rma.terms.get(name) or 0) for name in ("total", "fee", "freight", "label_fee")}
    return {"lines": _lines(rma), "shown": amounts}


def _lines(rma: Return) -> list[dict[str, Any]]:
    rows = rma.lines.filter(quantity__gt=0).select_related("order_line")
    return [
        {"name": one.order_line.name, "sku": one.order_line.sku, "quantity": one.quantity} for one in rows
    ]


def _queue(rma: Return, kind: str, key: str, context: dict[str, Any]) -> EmailLog | None:
    """Queue a mail to whoever asked, else to the order's buyer; None: their address was erased."""
    order = rma.order
    to = rma.email or order.email
    if not to:
        return None
    return outbox.queue(
        kind=kind,
        to=to,
        template=kind,
        context={
            **context,
            "order": order,
            "rma": rma,
            "return_url": settings.SITE_URL + rma.get_absolute_url(),
        },
        dedupe_key=f"{kind}:{key}",
        language=rma.language or order.language,
        user=None if rma.is_gift else order.user,
        trail=order.trail,
    )
