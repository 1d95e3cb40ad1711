"""The columns of a catalogue file, by their code, with the headings that people see."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext_lazy

from catalog.models import Option
from shop.core.spreadsheets.headings import known, plain

CATALOGUE: Final[dict[str, object]] = {
    "sku": "SKU",
    "product": gettext_lazy("Product"),
    "slug": gettext_lazy("Product address"),
    "brand": gettext_lazy("Brand"),
    "category": gettext_lazy("Category"),
    "supplier": gettext_lazy("Supplier"),
    "product_on_sale": gettext_lazy("Product on sale"),
    "variant": gettext_lazy("Variant"),
    "barcode": gettext_lazy("Barcode"),
    "price": gettext_lazy("Price"),
    "price_before": gettext_lazy("Price before"),
    "weight": gettext_lazy("Weight (g)"),
    "most_per_order": gettext_lazy("Most per order"),
    "on_sale": gettext_lazy("On sale"),
    "place": gettext_lazy("Place in the product"),
    "summary": gettext_lazy("Summary"),
    "description": gettext_lazy("Description"),
    "care": gettext_lazy("Fabric and care"),
}


def option_headings(options: Iterable[Option]) -> dict[str, Option]:
    """Return the heading of each option's column: its name, or its code where another column has that name."""
    taken = set(known(CATALOGUE))
    found: dict[str, Option] = {}
    for option in options:
        free = plain(option.name) not in taken
        found[option.name if free else option.code] = option
        taken.add(plain(option.name))
    return found
