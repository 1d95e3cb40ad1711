"""The rule that compares the rows of the lists (`catalog/models/listing.py`) with the catalogue and the stock.

A product whose change is noted and waits for its job is passed over for five minutes; after that its rows are late,
and reported. Rows are made again by `manage.py rebuild_listing`, or by the job of that name: they have no figures of
their own that could be lost.
"""

from typing import Final

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, register

# Of each product and colour: the lowest price, and how many option values of it there are to sell.
LISTING: Final = """
WITH waiting AS MATERIALIZED (
    SELECT kind, key FROM catalog_listingmark WHERE made_at > statement_timestamp() - interval '5 minutes'
),
free AS (
    SELECT level.variant_id, sum(level.on_hand - level.reserved) AS units
      FROM inventory_stocklevel AS level
      JOIN inventory_location AS location ON location.id = level.location_id
     WHERE inventory_sellable(location.is_sellable, location.kind)
     GROUP BY level.variant_id
),
made AS (
    SELECT product.id AS product_id, colour.value_id AS colour_id, min(variant.price) AS price,
           count(DISTINCT link.value_id) FILTER (WHERE free.units > 0) AS in_stock
      FROM catalog_product AS product
      LEFT JOIN catalog_variant AS variant ON variant.product_id = product.id AND variant.is_active
      LEFT JOIN free ON free.variant_id = variant.id
      LEFT JOIN (catalog_variantvalue AS colour
                 JOIN catalog_option AS option ON option.id = colour.option_id AND option.kind = 'colour')
        ON colour.variant_id = variant.id
      LEFT JOIN catalog_variantvalue AS link ON link.variant_id = variant.id
     WHERE product.is_active
     GROUP BY product.id, colour.value_id
),
shown AS (
    SELECT product_id, colour_id, price, cardinality(in_stock_ids) AS in_stock FROM catalog_listing WHERE is_shown
)
SELECT coalesce(made.product_id, shown.product_id) AS id,
       CASE WHEN made.product_id IS NULL THEN jsonb_build_array('none', jsonb_build_object())
            ELSE jsonb_build_array('row', jsonb_build_object('price', made.price, 'values', made.in_stock))
       END AS expected,
       CASE WHEN shown.product_id IS NULL THEN jsonb_build_array('none', jsonb_build_object())
            ELSE jsonb_build_array('row', jsonb_build_object('price', shown.price, 'values', shown.in_stock))
       END AS found,
       NULL::uuid AS level_id
  FROM made
  FULL JOIN shown ON shown.product_id = made.product_id
   AND coalesce(shown.colour_id, shown.product_id) = coalesce(made.colour_id, made.product_id)
 WHERE (made.product_id IS NULL OR shown.product_id IS NULL
        OR made.price IS DISTINCT FROM shown.price OR made.in_stock <> shown.in_stock)
   AND NOT EXISTS (SELECT FROM waiting WHERE kind NOT IN ('product', 'later', 'variant'))
   AND NOT EXISTS (SELECT FROM waiting WHERE key = coalesce(made.product_id, shown.product_id)::text)
   AND NOT EXISTS (SELECT FROM waiting JOIN catalog_variant AS variant ON variant.id::text = waiting.key
                    WHERE waiting.kind = 'variant'
                      AND variant.product_id = coalesce(made.product_id, shown.product_id))
"""

register(
    Rule(
        "listing",
        _("the lists show what the catalogue and the stock have"),
        "catalog.product",
        LISTING,
        {
            "listing": _(
                "A list or a search may show another price, or a size that is sold out. Is the worker running? "
                "The job rebuild_listing makes the rows again; nothing is lost by it."
            )
        },
        scope=SHOP,
        answers={"none": _("no row"), "row": _("price %(price)s, %(values)s values in stock")},
    )
)
