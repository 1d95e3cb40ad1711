-- Say whether a product's drops let this cart or account buy now, by the database's clock: one row. Locks nothing.
--
-- is_open   a product in no active drop is sold at any time; one in several, while any of them is open: its window
--           has begun (or the buyer is let in early) and has not ended
-- opens_at  the earliest opening that lies ahead
-- Plain SQL, so that PostgreSQL writes it into the statement that asks, whose plan is kept: every statement that sells
-- or shows what sells asks here (inventory/sql/sellable_levels.sql, inventory/sql/sellability.sql, orders/sql/cart_options.sql).
CREATE OR REPLACE FUNCTION catalog_drop_window(in_product_id uuid, in_cart_id uuid, in_user_id uuid)
RETURNS TABLE (is_open boolean, opens_at timestamptz)
LANGUAGE sql STABLE AS $function$
    SELECT coalesce(bool_or((collection.starts_at IS NULL OR collection.starts_at <= statement_timestamp()
                             OR catalog_let_in_early(collection.id, in_cart_id, in_user_id))
                        AND (collection.ends_at IS NULL OR collection.ends_at > statement_timestamp())), TRUE),
           min(collection.starts_at) FILTER (WHERE collection.starts_at > statement_timestamp())
      FROM catalog_collectionproduct AS entry
      JOIN catalog_collection AS collection ON collection.id = entry.collection_id
     WHERE entry.product_id = in_product_id AND collection.kind = 'drop' AND collection.is_active
$function$
