-- What can be had now of the variants in a cart, by the database's clock: one row per line. Locks nothing.
--
-- available  free units at selling locations, plus this cart's own expired reservations that no job has swept yet
-- held       what the cart holds, until ends_at
-- reason     '' or why it is not on sale (inactive, upcoming, closed); upcoming ones open at opens_at
-- picture    the file of the variant's best picture: its own colour before any, the front first; of that the smallest
--            rendition which everything shows, once there is one (shop/core/pictures/renditions.py)
-- A function, because planning it takes longer than running it (inventory/sql/reserve.sql).
CREATE OR REPLACE FUNCTION orders_cart_options(in_cart_id uuid, in_user_id uuid)
RETURNS TABLE (variant_id uuid, available bigint, held bigint, ends_at timestamptz, reason text, opens_at timestamptz,
               picture text, asked_at timestamptz)
LANGUAGE plpgsql STABLE AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT line.variant_id,
           coalesce(stock.free, 0) + coalesce(own.stale, 0),
           coalesce(own.live, 0),
           own.ends_at,
           CASE WHEN NOT (variant.is_active AND product.is_active) THEN 'inactive'
                WHEN drops.is_open THEN ''
                WHEN drops.opens_at IS NOT NULL THEN 'upcoming'
                ELSE 'closed' END,
           drops.opens_at,
           (SELECT CASE WHEN image.renditions ->> 'file' = image.file AND image.renditions -> 'widths' -> 0 IS NOT NULL
                        THEN regexp_replace(image.file, '\.[^.]*$', '')
                             || '-r' || (image.renditions ->> 'recipe') || '-' || (image.renditions -> 'widths' ->> 0)
                             || '.' || (image.renditions -> 'formats' ->> -1)
                        ELSE image.file END::text
              FROM catalog_productimage AS image
             WHERE image.product_id = product.id
             ORDER BY CASE WHEN image.colour_id IS NULL THEN 1
                           WHEN EXISTS (SELECT 1 FROM catalog_variantvalue AS own_value
                                         WHERE own_value.variant_id = variant.id
                                           AND own_value.value_id = image.colour_id) THEN 0
                           ELSE 2 END,
                      image.view <> 'front', image.sort_order, image.id
             LIMIT 1),
           statement_timestamp()
      FROM orders_cartline AS line
      JOIN catalog_variant AS variant ON variant.id = line.variant_id
      JOIN catalog_product AS product ON product.id = variant.product_id
      LEFT JOIN LATERAL (
           SELECT sum(greatest(level.on_hand - level.reserved, 0)) AS free
             FROM inventory_stocklevel AS level
             JOIN inventory_location AS location ON location.id = level.location_id
            WHERE level.variant_id = line.variant_id AND inventory_sellable(location.is_sellable, location.kind)
           ) AS stock ON TRUE
      LEFT JOIN LATERAL (
           SELECT sum(hold.quantity) FILTER (WHERE hold.expires_at > statement_timestamp()) AS live,
                  min(hold.expires_at) FILTER (WHERE hold.expires_at > statement_timestamp()) AS ends_at,
                  sum(hold.quantity) FILTER (WHERE hold.expires_at <= statement_timestamp()) AS stale
             FROM inventory_reservation AS hold
            WHERE hold.cart_id = in_cart_id AND hold.variant_id = line.variant_id AND hold.status = 'active'
           ) AS own ON TRUE
      CROSS JOIN LATERAL catalog_drop_window(product.id, in_cart_id, in_user_id) AS drops
     WHERE line.cart_id = in_cart_id;
END
$function$
