-- The places which can give so many units of a variant now, to this cart or account, the best first; none: it cannot be
-- held as wanted. Reads without locks. One truth for reserve.sql and reserve_many.sql.
--
-- Refuses by answering no row: nothing sellable has enough, the variant or product is off sale, its drop is not open
-- (nor open early for this cart or account), the cart would hold more of it than max_per_order.
-- Plain SQL, so that PostgreSQL writes it into the statement that asks, whose plan is kept.
CREATE OR REPLACE FUNCTION inventory_sellable_levels(
    in_variant_id uuid, in_quantity integer, in_purpose text, in_cart_id uuid, in_user_id uuid
) RETURNS TABLE (level_id uuid, place smallint)
LANGUAGE sql STABLE AS $function$
    SELECT level.id, location.priority
      FROM inventory_stocklevel AS level
      JOIN inventory_location AS location ON location.id = level.location_id
      JOIN catalog_variant AS variant ON variant.id = level.variant_id
      JOIN catalog_product AS product ON product.id = variant.product_id
     WHERE level.variant_id = in_variant_id
       AND level.on_hand - level.reserved >= in_quantity
       AND inventory_sellable(location.is_sellable, location.kind)
       AND variant.is_active AND product.is_active
       AND (SELECT drops.is_open FROM catalog_drop_window(product.id, in_cart_id, in_user_id) AS drops)
       -- Counted only where there is a limit. Two requests of one cart queue at its line, before they come here.
       AND (variant.max_per_order IS NULL OR in_purpose = 'manual'
            OR in_quantity + (SELECT coalesce(sum(own.quantity), 0)
                                FROM inventory_reservation AS own
                               WHERE own.cart_id = in_cart_id AND own.variant_id = in_variant_id
                                 AND own.status = 'active' AND own.expires_at > statement_timestamp())
               <= variant.max_per_order)
$function$
