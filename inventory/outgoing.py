"""What other systems may be told of the stock: types, and the data each carries.

Published when an alert is triggered (`inventory.alerts`), which writes no event.
"""

from django.utils.translation import gettext_lazy as _

from inventory.models import AlertFiring, StockAlert
from shop.core.json_types import JsonObject
from shop.core.outgoing.publishing import contribute
from shop.core.outgoing.types import PublicType

TYPES = {
    StockAlert.Kind.LOW: "stock.low",
    StockAlert.Kind.OUT: "stock.out",
    StockAlert.Kind.OVERSTOCK: "stock.overstock",
}


def triggered(firing: AlertFiring) -> JsonObject:
    """Return the data of a triggered alert; its variant is read with it."""
    return {
        "variant": str(firing.variant_id),
        "public_number": firing.variant.public_number,
        "sku": firing.variant.sku,
        "product": str(firing.variant.product_id),
        "units": firing.figure,
        "threshold": firing.threshold,
    }


contribute(
    PublicType("stock.low", _("a variant is low in stock")),
    PublicType("stock.out", _("a variant is out of stock")),
    PublicType("stock.overstock", _("there is too much of a variant")),
)
