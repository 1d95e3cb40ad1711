"""The columns of a stock file, by their code, with the headings that people see."""

from typing import Final

from django.utils.translation import gettext_lazy

STOCK: Final[dict[str, object]] = {
    "sku": "SKU",
    "location": gettext_lazy("Location"),
    "act": gettext_lazy("Movement"),
    "quantity": gettext_lazy("Quantity"),
    "unit_cost": gettext_lazy("Unit cost"),
    "reference": gettext_lazy("Reference"),
    "note": gettext_lazy("Note"),
    "minimum": gettext_lazy("Minimum"),
    "optimal": gettext_lazy("Optimal"),
    "bin": gettext_lazy("Shelf"),
}
# Further columns of a stock export; an import ignores them.
STOCK_INFORMATIVE: Final[dict[str, object]] = {
    "product": gettext_lazy("Product"),
    "variant": gettext_lazy("Variant"),
    "barcode": gettext_lazy("Barcode"),
    "on_hand": gettext_lazy("On hand"),
    "reserved": gettext_lazy("Reserved"),
    "available": gettext_lazy("Available"),
}
