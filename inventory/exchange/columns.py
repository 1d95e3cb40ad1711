"""Headings of columns: what an export writes above them, and what an import understands.

An export writes the headings in the reader's language; an import knows them in every language of the shop, by their
code, and without regard to case, accents and signs. A heading nobody knows is refused: a misspelt "Prize" must not be
passed over in silence.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Option
from shop.core.spreadsheets.sheets import Sheet, Unreadable

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
# What an export of the stock tells besides; an import passes over it.
STOCK_INFORMATIVE: Final[dict[str, object]] = {
    "product": gettext_lazy("Product"),
    "variant": gettext_lazy("Variant"),
    "barcode": gettext_lazy("Barcode"),
    "on_hand": gettext_lazy("On hand"),
    "reserved": gettext_lazy("Reserved"),
    "available": gettext_lazy("Available"),
}


def plain(text: str) -> str:
    """Return a heading without case, accents, spaces and signs: `Código de barras` → `codigodebarras`."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]", "", bare)


def known(labels: Mapping[str, object]) -> dict[str, str]:
    """Return code by plain heading, in every language of the shop."""
    found = {plain(code): code for code in labels}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for code, label in labels.items():
                found.setdefault(plain(str(label)), code)
    return found


def option_headings(options: Iterable[Option]) -> dict[str, Option]:
    """Return the heading of each option's column: its name, or its code where another column has that name."""
    taken = set(known(CATALOGUE))
    found: dict[str, Option] = {}
    for option in options:
        free = plain(option.name) not in taken
        found[option.name if free else option.code] = option
        taken.add(plain(option.name))
    return found


def places(sheet: Sheet, labels: Mapping[str, object], options: Iterable[Option] = ()) -> dict[str, int]:
    """Return the place of each known column of a sheet by its code (`option:<code>` for an option's).

    Raises: Unreadable for unknown or repeated headings, or without the SKU.
    """
    codes = known(labels)
    for option in options:
        for name in (option.name, option.code):
            codes.setdefault(plain(name), f"option:{option.code}")
    found: dict[str, int] = {}
    for place, heading in enumerate(sheet.headings):
        if not heading and not any(len(cells) > place and cells[place] for _row, cells in sheet.rows):
            continue
        code = codes.get(plain(heading)) or codes.get(plain(heading.removeprefix("option:")))
        if code is None:
            known_ones = ", ".join(str(label) for label in labels.values())
            raise Unreadable(
                _("The column “%(heading)s” is not known. Known are: %(known)s.")
                % {"heading": heading[:60] or "?", "known": known_ones}
            )
        if code in found:
            raise Unreadable(_("The column “%s” is there twice.") % heading[:60])
        found[code] = place
    if "sku" not in found:
        raise Unreadable(_("The file needs a column with the heading “SKU”."))
    return found
