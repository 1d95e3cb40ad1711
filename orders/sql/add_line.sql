-- Put a variant into a cart that has none of it yet, and hold its units: a new visitor's cart, the line and the hold in
-- one call, where seven statements went before. Call: orders/cart/fast_path.py.
--
-- Answers 'held' with the line; 'refused' when the units could not be held, and nothing is left behind; no row at all
-- when something else stands in the way, or the line is there already: the verb then takes the long road, which says
-- what it is. The rules are those of `carts.add`.
-- Locks   the cart (SHARE: whoever freezes it for a payment goes first or waits), the line, the source's turn, then the
--         one stock level, in the common order; until this call ends when the caller has no transaction of its own.
CREATE OR REPLACE FUNCTION orders_add_line(
    in_line_id uuid, in_cart_id uuid, in_new_token text, in_variant_id uuid, in_quantity integer,
    in_most_units integer, in_most_lines integer, in_hold_id uuid, in_ttl interval, in_actor text,
    in_asynchronous boolean, in_user_id uuid, in_terms bigint[]
) RETURNS TABLE (outcome text, price numeric)
LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    the_price numeric;
BEGIN
    -- Cart, line and hold live or die together (DURABLE_RESERVATIONS: docs/locking.md#durability).
    IF in_asynchronous THEN
        PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
    -- What an account has bought before counts against the limit too: the long road asks.
    SELECT variant.price INTO the_price
      FROM catalog_variant AS variant
     WHERE variant.id = in_variant_id AND in_quantity <= coalesce(nullif(variant.max_per_order, 0), in_most_units)
       AND (in_user_id IS NULL OR variant.max_per_order IS NULL);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF in_new_token IS NOT NULL THEN
        INSERT INTO orders_cart (id, created_at, updated_at, user_id, token)
        VALUES (in_cart_id, statement_timestamp(), statement_timestamp(), NULL, in_new_token);
    ELSE
        PERFORM 1 FROM orders_cart AS cart WHERE cart.id = in_cart_id FOR SHARE;
        IF NOT FOUND
           OR EXISTS (SELECT 1 FROM orders_checkoutsession AS session
                       WHERE session.cart_id = in_cart_id AND session.status = 'awaiting_payment')
           OR (SELECT count(*) FROM orders_cartline AS line WHERE line.cart_id = in_cart_id) >= in_most_lines THEN
            RETURN;
        END IF;
    END IF;
    INSERT INTO orders_cartline AS line (id, created_at, updated_at, cart_id, variant_id, quantity, seen_price)
    VALUES (in_line_id, statement_timestamp(), statement_timestamp(), in_cart_id, in_variant_id, in_quantity, the_price)
    ON CONFLICT (cart_id, variant_id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- The stock comes last: the hot row is held for this statement and the commit.
    PERFORM 1 FROM inventory_reserve(in_hold_id, in_variant_id, in_quantity, in_ttl, 'cart', in_cart_id, NULL,
                                     in_actor, '', FALSE, in_user_id, in_terms);
    IF FOUND THEN
        RETURN QUERY SELECT 'held', the_price;
        RETURN;
    END IF;
    DELETE FROM orders_cartline AS line WHERE line.id = in_line_id;
    IF in_new_token IS NOT NULL THEN
        DELETE FROM orders_cart AS cart WHERE cart.id = in_cart_id;
    END IF;
    RETURN QUERY SELECT 'refused', the_price;
END
$function$
