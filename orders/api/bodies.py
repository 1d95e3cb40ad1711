"""Parts of answers that several endpoints have."""

from typing import Any

from orders.models import CheckoutLine, OrderLine


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
