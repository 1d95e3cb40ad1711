"""Parts of answers that several endpoints have."""

from typing import Any

from orders.models import CheckoutLine, OrderLine
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


def order_body(order: Any) -> dict[str, Any]:
    """Return what buyers and staff alike see of an order, which was read with its money and `remaining.lines`."""
    money = order.money
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
    }
