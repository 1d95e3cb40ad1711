"""The mails of a shipment: it left, arrived, is late, can be fetched; each once, in the transaction of its verb."""

from collections.abc import Sequence

from django.conf import settings

from orders.models import Order, OrderLine, Shipment
from shop.core.mail import outbox
from shop.core.models import EmailLog


def dispatched(shipment: Shipment) -> EmailLog | None:
    """Queue the mail that a shipment is on its way."""
    return _queue(shipment, "shipment_dispatched")


def delivered(shipment: Shipment) -> EmailLog | None:
    """Queue the mail that a shipment has arrived, or was fetched."""
    return _queue(shipment, "shipment_delivered")


def delayed(shipment: Shipment) -> EmailLog | None:
    """Queue the mail that a shipment takes longer than it should."""
    return _queue(shipment, "shipment_delayed")


def ready(shipment: Shipment) -> EmailLog | None:
    """Queue the mail that a shipment can be fetched at the store or at a carrier's branch."""
    return _queue(shipment, "shipment_ready")


def late(order: Order, missing: Sequence[tuple[OrderLine, int]]) -> EmailLog | None:
    """Queue the mail that an order takes longer than its buyer was told; `missing`: lines and units not there yet."""
    if not order.email:
        return None
    return outbox.queue(
        kind="order_late",
        to=order.email,
        template="order_late",
        context={
            "order": order,
            "lines": [{"name": line.name, "sku": line.sku, "quantity": units} for line, units in missing],
            "may_cancel": any(line.unsent for line, _units in missing),
            "order_url": settings.SITE_URL + order.get_absolute_url(),
        },
        dedupe_key=f"order_late:{order.pk}",
        language=order.language,
        user=order.user,
        trail=order.trail,
    )


def _queue(shipment: Shipment, kind: str) -> EmailLog | None:
    """Queue a mail to the order's buyer; None: their address was erased."""
    order = shipment.order
    if not order.email:
        return None
    lines = list(shipment.lines.select_related("order_line"))
    units = sum(line.quantity for line in lines)
    return outbox.queue(
        kind=kind,
        to=order.email,
        template=kind,
        context={
            "order": order,
            "shipment": shipment,
            "lines": lines,
            "is_whole": units == sum(order.lines.values_list("quantity", flat=True)),
            "order_url": settings.SITE_URL + order.get_absolute_url(),
        },
        dedupe_key=f"{kind}:{shipment.pk}",
        language=order.language,
        user=order.user,
        trail=order.trail,
    )
