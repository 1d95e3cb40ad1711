"""Rows of variants by SKU or barcode: those with exactly the code that was typed, and those whose code begins so."""

from typing import Final

from shop.core import codes
from shop.core.database.kept_queries import Asked, named

# Of the codes that begin so, as many as a list of answers has at most.
_MOST: Final = 480
_SHORTEST: Final = 3
BEGINS, IS = 10, 11
_ROWS: Final = """
SELECT listing.ordinal, {kind}
  FROM {variants} AS variant
  LEFT JOIN (catalog_variantvalue AS colour
             JOIN catalog_option AS option ON option.id = colour.option_id AND option.kind = 'colour')
    ON colour.variant_id = variant.id
  JOIN catalog_listing AS listing
    ON listing.product_id = variant.product_id AND listing.colour_id IS NOT DISTINCT FROM colour.value_id
 WHERE listing.is_shown
"""
_IS: Final = "(SELECT id, product_id FROM catalog_variant WHERE is_active AND {condition})"
# The folded barcode is written as its index has it (`shop.core.codes.folded_barcode`).
_BARCODE: Final = r"""
barcode <> '' AND CASE WHEN barcode ~ '^[0-9]{12,14}$' THEN lpad(barcode, 14, '0') ELSE upper(barcode) END
= %(barcode)s
"""
# What LIKE becomes where the beginning is known: a plan that is kept does not know it. In the order of the index, so
# that it stops after as many: a prefix of barcodes may be that of all.
_BEGINS: Final = """
(SELECT id, product_id FROM catalog_variant
  WHERE is_active AND {code} ~>=~ %(begun)s AND {code} ~<~ %(ended)s
  ORDER BY {code} USING ~<~ LIMIT {most})
"""
_STATEMENT: Final = " UNION ALL ".join(
    _ROWS.format(kind=kind, variants=variants)
    for kind, variants in (
        (IS, _IS.format(condition="upper(sku) = %(sku)s")),
        (IS, _IS.format(condition=_BARCODE)),
        (BEGINS, _BEGINS.format(code="upper(sku)", most=_MOST)),
        (BEGINS, _BEGINS.format(code="barcode", most=_MOST)),
    )
)
# Comes after all that a code goes on with.
_LAST: Final = "\U0010ffff"


def asked(folded: str) -> tuple[Asked[tuple[int, int]], ...]:
    """Return the statement for a folded text, whose plan is kept; none where it is several words, or too short."""
    if " " in folded or len(folded) < _SHORTEST:
        return ()
    begun = folded.upper()
    given = {
        "sku": codes.fold(folded),
        "barcode": codes.fold_barcode(folded),
        "begun": begun,
        "ended": begun + _LAST,
    }
    return (named(_STATEMENT, given),)
