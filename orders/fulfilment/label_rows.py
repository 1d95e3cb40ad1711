"""Reading labels: the row that is live of each shipment, never with the file itself."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from orders.models import LabelPurchase, Shipment


def rows() -> QuerySet[Any]:
    """Return labels with their voids; `lacks_file`: the carrier's PDF is not here (yet)."""
    lacks_file = ExpressionWrapper(Q(pdf=None), output_field=BooleanField())
    found: QuerySet[Any] = LabelPurchase.objects.annotate(lacks_file=lacks_file)
    return found.select_related("void").defer("pdf")


def live(shipment: Shipment) -> LabelPurchase | None:
    """Return the attempt of a shipment that keeps others from beginning, or None."""
    found = rows().filter(shipment=shipment, status__in=LabelPurchase.LIVE)
    label: LabelPurchase | None = found.select_related("shipment__order", "void").first()
    return label


def live_of(shipments: Collection[Shipment]) -> dict[UUID, LabelPurchase]:
    """Return the live attempt of each of these shipments that has one, by the shipment's key; one query."""
    found = rows().filter(shipment__in=shipments, status__in=LabelPurchase.LIVE).defer("pdf", "raw")
    by_key = {}
    known = {one.pk: one for one in shipments}
    for row in found:
        row.shipment = known[row.shipment_id]
        by_key[row.shipment_id] = row
    return by_key
