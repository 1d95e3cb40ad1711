"""Orders that take longer than their buyers were told: found once, told once.

The day that a buyer was told is written when the order is placed (`Order.promised_by`): the business days of the rate
or quote that was chosen, counted from the day of the purchase. An order of which something that was sold is not there
by then is late (`Order.late_since`): its buyer gets one mail, its parcels on the way need attention, and the staff
finds it by a filter. Units that are sent instead of others were promised by nobody.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext

from orders.fulfilment import holds, mails, remaining, shipment_flags
from orders.models import Order, OrderLine, Shipment, ShipmentLine
from orders.shipping.promises import promised_day
from shop.core.states import record

Status: Final = Order.Status


def promise_anew(order: Order, *, now: datetime) -> None:
    """Count the days of an order from now on: it waited for its first payment. Locks the order."""
    promised = promised_day(order.checkout, now)
    Order.objects.filter(pk=order.pk, late_since=None).update(promised_by=promised)


def due(*, today: date) -> "QuerySet[Order]":
    """Return the orders whose promised day is over and that nobody has been told about, longest overdue first."""
    return Order.objects.filter(
        status=Status.CONFIRMED, late_since=None, promised_by__lt=today, erased_at=None
    ).order_by("promised_by", "pk")


def note_due(*, limit: int = 200, actor: str = "job:late_orders") -> dict[str, int]:
    """Note so many late orders, each in a transaction of its own; a worker that dies leaves the others due."""
    noted = 0
    for key in due(today=timezone.localdate()).values_list("pk", flat=True):
        noted += note(key, actor=actor)
        if noted >= limit:
            break
    return {"late": noted}


def note(key: Any, *, actor: str) -> bool:
    """Note that an order is late and tell its buyer; False: it is not, or was noted already.

    One that is held or whose money has gone waits for that to be settled. Locks the order, then its shipments.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=key)
        is_due = due(today=timezone.localdate()).filter(pk=key).exists()
        if not is_due or order.is_off or holds.holds_of(order):
            return False
        missing = list(_missing(order))
        if not missing:
            return False
        now = timezone.now()
        Order.objects.filter(pk=key).update(late_since=now, updated_at=now)
        record(order, "late", actor=actor, reason=f"{order.promised_by:%Y-%m-%d}")
        mails.late(order, missing)
        with translation.override(settings.LANGUAGE_CODE):
            reason = gettext("Later than promised (%(day)s)") % {"day": f"{order.promised_by:%d/%m/%Y}"}
        for shipment in _on_the_way(order):
            shipment_flags.flag_attention(shipment, reason=reason, actor=actor)
    return True


def _missing(order: Order) -> Iterator[tuple[OrderLine, int]]:
    """Yield what was sold and is not there yet: still in the house and in no parcel to fetch, or on its way."""
    lines = {line.pk: line for line in remaining.sold().filter(order=order)}
    waiting = {key: line.unsent for key, line in lines.items()}
    ready = ShipmentLine.objects.filter(
        shipment__order=order,
        shipment__status=Shipment.Status.PENDING,
        shipment__ready_for_pickup_at__isnull=False,
    )
    for row in ready.filter(order_line__in=lines):
        waiting[row.order_line_id] -= row.quantity
    for row in ShipmentLine.objects.filter(shipment__in=_on_the_way(order), order_line__in=lines):
        waiting[row.order_line_id] += row.quantity
    yield from ((lines[key], units) for key, units in waiting.items() if units > 0)


def _on_the_way(order: Order) -> "QuerySet[Shipment]":
    """Return the parcels that have left and neither arrived nor wait to be fetched."""
    rows = Shipment.objects.filter(order=order, status=Shipment.Status.SHIPPED, ready_for_pickup_at=None)
    return rows.select_related("order").order_by("ordinal")
