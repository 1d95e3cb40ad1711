"""The mails of a shipment: it left, arrived, is late, can be fetched; each once, in the transaction of its verb."""

from django.conf import settings

from orders.models import Shipment
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
