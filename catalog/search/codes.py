"""Rows of variants by SKU or barcode: those with exactly the code that was typed, and those whose code begins so."""

import re
from typing import Final

from shop.core import codes

# Of the codes that begin so, as many as a list of answers has at most.
_MOST: Final = 480
_SHORTEST: Final = 3
BEGINS, IS = 10, 11
_ROWS: Final = """
SELECT listing.ordinal, {kind}
  FROM catalog_variant AS variant
  LEFT JOIN (catalog_variantvalue AS colour
             JOIN catalog_option AS option ON option.id = colour.option_id AND option.kind = 'colour')
    ON colour.variant_id = variant.id
  JOIN catalog_listing AS listing
    ON listing.product_id = variant.product_id AND listing.colour_id IS NOT DISTINCT FROM colour.value_id
 WHERE variant.is_active AND listing.is_shown AND {condition}
"""
# The folded barcode is written as its index has it (`shop.core.codes.folded_barcode`).
_BARCODE: Final = r"""
variant.barcode <> '' AND CASE WHEN variant.barcode ~ '^[0-9]{12,14}$' THEN lpad(variant.barcode, 14, '0')
                               ELSE upper(variant.barcode) END = %(barcode)s
"""
# Each has an index of its own, and stops by itself: a prefix of barcodes may be that of all.
STATEMENT: Final = " UNION ALL ".join(
    [
        _ROWS.format(kind=IS, condition="upper(variant.sku) = %(sku)s"),
        _ROWS.format(kind=IS, condition=_BARCODE),
        f"({_ROWS.format(kind=BEGINS, condition='upper(variant.sku) LIKE %(begun)s')} LIMIT {_MOST})",
        f"({_ROWS.format(kind=BEGINS, condition='variant.barcode LIKE %(begun)s')} LIMIT {_MOST})",
    ]
)


def parameters(folded: str) -> dict[str, str]:
    """Return the parameters of the statement for a folded text; none where it is several words, or too short."""
    if " " in folded or len(folded) < _SHORTEST:
        return {}
    return {
        "sku": codes.fold(folded),
        "barcode": codes.fold_barcode(folded),
        "begun": re.sub(r"([\\%_])", r"\\\1", folded.upper()) + "%",
    }
