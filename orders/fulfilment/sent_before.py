"""Orders that were sent before the shop kept shipments: marked as sent and delivered by the verbs of every shipment."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from orders.fulfilment import holds, shipments
from orders.fulfilment.refusals import REFUSALS, words
from orders.models import Order


def orders(*, placed_before: datetime) -> QuerySet[Order]:
    """Return the orders placed before a moment of which everything is still to be sent and nothing is in a shipment.

    What is held, disputed or paid back is not among them.
    """
    return holds.ready().filter(placed_at__lt=placed_before, shipments=None)


def mark(keys: list[UUID], *, days: int, reason: str, actor: str) -> Iterator[tuple[Order, str]]:
    """Mark each order as sent and delivered so many days after it was placed; yield it, and why not ("": it is).

    No mail goes out. A transaction for each; again it changes nothing, so that it may be ended and begun again.
    """
    for key in keys:
        order = Order.objects.get(pk=key)
        at = order.placed_at + timedelta(days=days)
        try:
            with transaction.atomic():
                shipment = shipments.prepare(order, key=f"sent-before:{key}", actor=actor)
                shipments.ship(shipment, at=at, actor=actor, mails_buyer=False)
                shipments.deliver(shipment, at=at, reason=reason, actor=actor, mails_buyer=False)
        except REFUSALS as error:
            yield order, words(error)
        else:
            yield order, ""
