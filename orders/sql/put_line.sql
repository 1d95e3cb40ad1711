-- Put units of a variant into a cart: every rule of a cart's line, in one call. Call: orders/cart/lines.py.
--
-- With in_reserve the line must be new, and its units are reserved in the same call: a visitor's first click is one
-- statement (cart, line and reservation), where seven went before. Without it the line is written or added to, and the
-- caller reserves in the same transaction.
--
-- Answers one row, `outcome` with what belongs to it:
--   reserved, written   the line is in the cart (line_id, quantity, price); `written`: its units are not reserved here
--   there               in_reserve, and the line is in the cart already: nothing was changed
--   refused             in_reserve, and the units could not be reserved: nothing was changed
--   gone                there is no such cart              unknown   there is no such variant
--   paying              the cart is being paid: `detail` is the session's token
--   limit               more than one purchase or, with in_bought, one customer may have: `quantity` is the limit
--   ask                 the limit counts what the account has bought in this drop: call again with in_bought
--   full                the cart has in_most_lines lines
-- Locks   the cart (SHARE: whoever freezes it for a payment goes first or waits), the line and, with in_reserve, the
--         source's turn, then the one stock level, in the common order (docs/locking.md); until this call ends when the
--         caller has no transaction of its own.
CREATE OR REPLACE FUNCTION orders_put_line(
    in_line_id uuid, in_cart_id uuid, in_new_token text, in_user_id uuid, in_variant_id uuid, in_quantity integer,
    in_bought integer, in_most_units integer, in_most_lines integer, in_asynchronous boolean, in_reserve boolean,
    in_reservation_id uuid, in_ttl interval, in_actor text, in_terms bigint[]
) RETURNS TABLE (outcome text, line_id uuid, quantity integer, price numeric, detail text)
LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    the_price numeric;
    own_limit integer;
    the_limit integer;
    paying text;
    the_line uuid;
    units integer;
BEGIN
    -- Cart, line and reservation live or die together (DURABLE_RESERVATIONS: docs/locking.md#durability).
    IF in_asynchronous THEN
        PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
    -- The cart first: what is asked about payments must be asked after its lock.
    IF in_new_token IS NULL THEN
        PERFORM 1 FROM orders_cart AS cart WHERE cart.id = in_cart_id FOR SHARE;
        IF NOT FOUND THEN
            RETURN QUERY SELECT 'gone', NULL::uuid, 0, 0::numeric, '';
            RETURN;
        END IF;
    END IF;
    SELECT variant.price, variant.max_per_order INTO the_price, own_limit
      FROM catalog_variant AS variant WHERE variant.id = in_variant_id;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'unknown', NULL::uuid, 0, 0::numeric, '';
        RETURN;
    END IF;
    SELECT session.token INTO paying FROM orders_checkoutsession AS session
     WHERE session.cart_id = in_cart_id AND session.status = 'awaiting_payment' LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT 'paying', NULL::uuid, 0, 0::numeric, paying;
        RETURN;
    END IF;
    the_limit := least(in_most_units, coalesce(nullif(own_limit, 0), in_most_units));
    IF in_quantity > the_limit THEN
        RETURN QUERY SELECT 'limit', NULL::uuid, the_limit, 0::numeric, '';
        RETURN;
    END IF;
    IF in_user_id IS NOT NULL AND own_limit IS NOT NULL THEN
        IF in_bought IS NULL THEN
            RETURN QUERY SELECT 'ask', NULL::uuid, 0, 0::numeric, '';
            RETURN;
        ELSIF in_bought > 0 AND in_bought + in_quantity > own_limit THEN
            RETURN QUERY SELECT 'limit', NULL::uuid, own_limit, 0::numeric, '';
            RETURN;
        END IF;
    END IF;
    IF in_new_token IS NOT NULL THEN
        INSERT INTO orders_cart (id, created_at, updated_at, user_id, token)
        VALUES (in_cart_id, statement_timestamp(), statement_timestamp(), NULL, in_new_token);
    ELSIF NOT EXISTS (SELECT 1 FROM orders_cartline AS line
                       WHERE line.cart_id = in_cart_id AND line.variant_id = in_variant_id)
          AND (SELECT count(*) FROM orders_cartline AS line WHERE line.cart_id = in_cart_id) >= in_most_lines THEN
        RETURN QUERY SELECT 'full', NULL::uuid, 0, 0::numeric, '';
        RETURN;
    END IF;
    INSERT INTO orders_cartline AS line (id, created_at, updated_at, cart_id, variant_id, quantity, seen_price)
    VALUES (in_line_id, statement_timestamp(), statement_timestamp(), in_cart_id, in_variant_id, in_quantity, the_price)
    ON CONFLICT (cart_id, variant_id) DO UPDATE
       SET quantity = line.quantity + EXCLUDED.quantity, seen_price = EXCLUDED.seen_price,
           updated_at = statement_timestamp()
     WHERE NOT in_reserve AND line.quantity + EXCLUDED.quantity <= the_limit
    RETURNING line.id, line.quantity INTO the_line, units;
    IF NOT FOUND THEN
        RETURN QUERY SELECT CASE WHEN in_reserve THEN 'there' ELSE 'limit' END, NULL::uuid, the_limit, 0::numeric, '';
        RETURN;
    END IF;
    IF NOT in_reserve THEN
        RETURN QUERY SELECT 'written', the_line, units, the_price, '';
        RETURN;
    END IF;
    -- The stock comes last: the hot row is locked for this statement and the commit.
    PERFORM 1 FROM inventory_reserve(in_reservation_id, in_variant_id, in_quantity, in_ttl, 'cart', in_cart_id, NULL,
                                     in_actor, '', FALSE, in_user_id, in_terms);
    IF FOUND THEN
        RETURN QUERY SELECT 'reserved', the_line, units, the_price, '';
        RETURN;
    END IF;
    DELETE FROM orders_cartline AS line WHERE line.id = the_line;
    IF in_new_token IS NOT NULL THEN
        DELETE FROM orders_cart AS cart WHERE cart.id = in_cart_id;
    END IF;
    RETURN QUERY SELECT 'refused', NULL::uuid, 0, 0::numeric, '';
END
$function$
