-- Say why variants cannot be held: off sale, outside the drop's window, or how much is left. Locks nothing.
--
-- One row per variant: what one location can give at most, what all can give together, whether expired reservations are
-- waiting to be released, the state of the drop windows for this cart or account (no drop at all counts as open),
-- the limit of one purchase, and how many units of it the cart holds already.
-- A function for the same reason as reserve.sql: in a drop, three of four buyers are answered by it.
CREATE OR REPLACE FUNCTION inventory_sellability(
    in_variant_ids uuid[], in_cart_id uuid DEFAULT NULL, in_user_id uuid DEFAULT NULL
)
RETURNS TABLE (variant_id uuid, is_active boolean, is_open boolean, opens_at timestamptz, best integer, total bigint,
               has_expired_reservations boolean, most smallint, own bigint)
LANGUAGE plpgsql STABLE AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT variant.id,
           variant.is_active AND product.is_active AS is_active,
           drops.is_open AS is_open,
           drops.opens_at,
           coalesce(stock.best, 0) AS best,
           coalesce(stock.total, 0) AS total,
           EXISTS (SELECT 1
                     FROM inventory_reservation AS reservation
                    WHERE reservation.status = 'active' AND reservation.expires_at <= statement_timestamp()
                      AND reservation.level_id = ANY (stock.levels)) AS has_expired_reservations,
           variant.max_per_order AS most,
           CASE WHEN variant.max_per_order IS NULL THEN 0
                ELSE (SELECT coalesce(sum(own.quantity), 0)
                        FROM inventory_reservation AS own
                       WHERE own.cart_id = in_cart_id AND own.variant_id = variant.id
                         AND own.status = 'active' AND own.expires_at > statement_timestamp())
           END AS own
      FROM catalog_variant AS variant
      JOIN catalog_product AS product ON product.id = variant.product_id
      LEFT JOIN LATERAL (
           SELECT max(level.on_hand - level.reserved) AS best,
                  sum(level.on_hand - level.reserved) AS total,
                  array_agg(level.id) AS levels
             FROM inventory_stocklevel AS level
             JOIN inventory_location AS location ON location.id = level.location_id
            WHERE level.variant_id = variant.id AND inventory_sellable(location.is_sellable, location.kind)
           ) AS stock ON TRUE
      CROSS JOIN LATERAL catalog_drop_window(product.id, in_cart_id, in_user_id) AS drops
     WHERE variant.id = ANY (in_variant_ids);
END
$function$
