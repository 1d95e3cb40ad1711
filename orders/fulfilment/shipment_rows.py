"""Rows of shipments as their verbs lock and write them."""

from typing import Any
from urllib.parse import quote

from django.utils import timezone

from orders.models import Order, Shipment
from orders.shipping import carriers


def locked_with_order(shipment: Shipment) -> Shipment:
    """Lock the order, then the shipment, and return its fresh row with the order."""
    order = Order.objects.select_for_update().get(pk=shipment.order_id)
    fresh = Shipment.objects.select_for_update().get(pk=shipment.pk)
    fresh.order = order
    return fresh


def write(shipment: Shipment, **changes: Any) -> None:
    """Write these fields of a locked shipment, which is no change of its state."""
    for name, value in changes.items():
        setattr(shipment, name, value)
    shipment.save(update_fields=[*changes, "updated_at"])


def note_tracking(shipment: Shipment, number: str, url: str, carrier: str) -> None:
    """Keep what is new; what is left empty stays as it was."""
    given = {
        "tracking_number": number.strip()[:100],
        "tracking_url": (url.strip() or tracking_page(shipment, number))[:500],
        "carrier": carrier.strip()[:60],
    }
    if changes := {name: value for name, value in given.items() if value}:
        if number.strip() and shipment.labelled_at is None:
            changes["labelled_at"] = timezone.now()  # type: ignore[assignment]
        write(shipment, **changes)


def tracking_page(shipment: Shipment, number: str) -> str:
    """Return the page of a tracking number: the method's template, or its connected carrier's own; "" without one."""
    number, method = number.strip(), shipment.method
    if not number or method is None:
        return ""
    if method.tracking_url_template:
        return str(method.tracking_url_template.replace("{number}", quote(number, safe="")))
    if method.module and carriers.is_asked(method.module):
        return carriers.get(method.module).tracking_url(number)
    return ""


def copy(fresh: Shipment, to: Shipment) -> None:
    """Bring the caller's row up to date after the transaction."""
    for field in Shipment._meta.concrete_fields:
        setattr(to, field.attname, getattr(fresh, field.attname))
