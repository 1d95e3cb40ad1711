"""What is left to send of an order's lines: the units ordered, less those in shipments and those that are gone.

The one place that says it: pick list, queues, pages, the API and the verbs of shipments all ask here. The figures are
counted by one function of the database (orders/sql/line_units.sql), each once, from the rows that say them.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from orders.models import LineUnits, Order, OrderLine, Shipment, ShipmentLine

# What sells units of an order in the ledger: the order, and of a unit that replaces another one its own line.
CAUSES: Final = (Order._meta.label_lower, OrderLine._meta.label_lower)
_FIGURES: Final = {
    field.name: F(f"unit_counts__{field.name}") for field in LineUnits._meta.fields if not field.primary_key
}


def lines() -> QuerySet[Any]:
    """Return order lines with what became of their units, all in units.

    `refunded`, `restocked`: gone; a unit that was refunded and came back to stock is one unit, so the greater counts.
    `refunded_sent`: refunded ones of which people said that they had been sent: no other unit stays for them.
    `sent`: in shipments that have left; `came_back`: those of them whose shipment came back. What is gone is first
    what came back, the rest is not to be sent. `cancelled`: gone as well, and in stock again; `cancelled_back` those of
    them that are among the refunded, too: a refund that failed gave nothing back, and nothing was owed for a free unit.
    `paid_by_returns`, `came_by_returns`: those of the gone ones that had been sent and came back by a return of goods:
    they are not to be sent again, and no other unit stays for them.
    `prepared`: in shipments that are being packed, `packed` of them packed.
    `replaced`: units for which another one is sent, or will be; what was paid for them is with that one.
    `unsent`: still in the house and to be sent; `left`: those of them in no shipment. `picked`: taken from their bins.
    """
    rows: QuerySet[Any] = OrderLine.everything.annotate(**_FIGURES)
    return rows


def sold() -> QuerySet[Any]:
    """Return the lines that were sold with their orders, as `lines`; without those that replace units later."""
    return lines().filter(replaces=None)


def have_units_left(keys: Iterable[UUID]) -> Q:
    """Return the condition that something is left to send that is in no shipment, asked about these orders alone."""
    left = lines().filter(order__in=list(keys), order__status=Order.Status.CONFIRMED, left__gt=0)
    return Q(pk__in=left.values("order"))


def keys_outside_shipments() -> list[UUID]:
    """Return the keys of the confirmed orders that have a unit in no shipment, whether it is to be sent or not.

    One query, whose rows are counted by indexes. It leaves out what is on its way, so that nothing dear is asked about
    it. Keys and no sub-query, which would be counted wherever a statement names it, and whose rows are guessed wrongly.
    """
    boxes = ShipmentLine.objects.filter(order_line=OuterRef("pk"), shipment__sent_again_at=None)
    boxes = boxes.exclude(shipment__status=Shipment.Status.CANCELLED).order_by()
    in_boxes = boxes.values("order_line").annotate(units=Sum("quantity")).values("units")
    rows = OrderLine.everything.filter(
        order__status=Order.Status.CONFIRMED, quantity__gt=Coalesce(Subquery(in_boxes), 0)
    )
    return list(rows.order_by("order").values_list("order", flat=True).distinct())


def keys_not_sent() -> list[UUID]:
    """Return the keys of the confirmed orders that have a unit in no shipment, or in one that has not left.

    Two queries. Of all others nothing is to be picked or packed.
    """
    pending = Shipment.objects.filter(
        status=Shipment.Status.PENDING, order__status=Order.Status.CONFIRMED
    ).order_by()
    return list({*keys_outside_shipments(), *pending.values_list("order", flat=True)})
