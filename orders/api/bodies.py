"""Parts of answers that several endpoints have."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from orders.fulfilment import shipments
from orders.models import CheckoutLine, Invoice, Order, OrderLine, Shipment
from orders.pricing.purchases import charges_of


def line_body(line: CheckoutLine | OrderLine) -> dict[str, Any]:
    """Return a line of a purchase as `schemas.PurchaseLineBody` has it."""
    return {
        "variant": line.variant_id,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "total": line.total,
        "image": line.image,
    }


def shipment_body(shipment: Shipment) -> dict[str, Any]:
    """Return a shipment as `schemas.ShipmentBody` has it, read with its lines."""
    return {
        "id": shipment.pk,
        "number": shipment.number,
        "status": shipment.status,
        "kind": shipment.kind,
        "method": shipment.method_name,
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
        "tracking_url": shipment.tracking_url,
        "branch": shipment.branch_name,
        "lines": [
            {"line": line.order_line.public_number, "sku": line.order_line.sku, "quantity": line.quantity}
            for line in shipment.lines.all()
        ],
        "packed_at": shipment.packed_at,
        "shipped_at": shipment.shipped_at,
        "ready_for_pickup_at": shipment.ready_for_pickup_at,
        "delivered_at": shipment.delivered_at,
        "returned_at": shipment.returned_at,
    }


def order_body(order: Any) -> dict[str, Any]:
    """Return what buyers and staff alike see of an order, which was read with its money and `remaining.lines`."""
    money = order.money
    sent = [one for one in shipments.of_order(order) if one.status != Shipment.Status.CANCELLED]
    return {
        "number": order.number,
        "status": order.status,
        "status_text": order.status_text,
        "placed_at": order.placed_at,
        "currency": order.currency,
        "lines": [
            {**line_body(line), "number": line.public_number, "refunded": line.refunded, "left": line.left}
            for line in order.lines.all()
        ],
        "subtotal": order.subtotal,
        "charges": charges_of(order),
        "total": order.total,
        "money": {
            "state": money.state,
            "paid": money.paid,
            "refunded": money.refunded,
            "charged_back": money.charged_back,
            "due": money.due,
        },
        "contact": order,
        "shipping_name": order.shipping_name,
        "shipping_address": order.shipping_address,
        "billing_address": order.billing_address,
        "shipments": [shipment_body(one) for one in sent],
    }


def invoice_bodies(order: Order, paths: Callable[[Invoice], tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the documents that were issued for an order; `paths` says where its page and its PDF are (one query)."""
    issued = order.invoices.filter(status=Invoice.Status.AUTHORISED, erased_at=None)
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "number": row.name,
            "issued_on": row.issued_on,
            "total": row.total,
            "currency": row.currency,
            "related_to": row.related_to.name if row.related_to else "",
            "url": settings.SITE_URL + paths(row)[0],
            "pdf_url": settings.SITE_URL + paths(row)[1],
        }
        for row in issued.select_related("related_to").order_by("issued_at")
    ]
