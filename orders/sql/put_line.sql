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
-- A cart that is written by this call is nobody else's yet: nothing is asked of it, neither payments, lines nor reservations.
-- Locks   the cart (SHARE: whoever freezes it for a payment goes first or waits), the line and, with in_reserve, the
--         source's turn, then the one stock level, in the common order (docs/locking.md); until this call ends when the
--         caller has no transaction of its own.
CREATE OR REPLACE FUNCTION orders_put_line(
    in_line_id uuid, in_cart_id uuid, in_new_token text, in_user_id uuid, in_variant_id uuid, in_quantity integer,
    in_bought integer, in_most_units integer, in_most_lines integer, in_asynchronous boolean, in_reserve boolean,
    in_reservation_id uuid, in_ttl interval, in_actor text, in_terms bigint[],
    OUT outcome text, OUT line_id uuid, OUT quantity integer, OUT price numeric, OUT detail text
) LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    is_new CONSTANT boolean := in_new_token IS NOT NULL;
    is_limited boolean;
    own_limit integer;
    the_limit integer;
BEGIN
    quantity := 0;
    detail := '';
    -- Cart, line and reservation live or die together (DURABLE_RESERVATIONS: docs/locking.md#durability).
    IF in_asynchronous THEN
        PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
    -- The cart first: what is asked about payments must be asked after its lock.
    IF NOT is_new THEN
        PERFORM 1 FROM orders_cart AS cart WHERE cart.id = in_cart_id FOR SHARE;
        IF NOT FOUND THEN
            outcome := 'gone';
            RETURN;
        END IF;
    END IF;
    SELECT variant.price, variant.max_per_order, limits.is_limited INTO price, own_limit, is_limited
      FROM catalog_variant AS variant, inventory_limits(variant.product_id, in_terms) AS limits
     WHERE variant.id = in_variant_id;
    IF NOT FOUND THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    IF NOT is_new THEN
        SELECT session.token INTO detail FROM orders_checkoutsession AS session
         WHERE session.cart_id = in_cart_id AND session.status = 'awaiting_payment' LIMIT 1;
        IF FOUND THEN
            outcome := 'paying';
            RETURN;
        END IF;
        detail := '';
    END IF;
    the_limit := least(in_most_units, coalesce(nullif(own_limit, 0), in_most_units));
    IF in_quantity > the_limit THEN
        outcome := 'limit'; quantity := the_limit;
        RETURN;
    END IF;
    IF in_user_id IS NOT NULL AND own_limit IS NOT NULL THEN
        IF in_bought IS NULL THEN
            outcome := 'ask';
            RETURN;
        ELSIF in_bought > 0 AND in_bought + in_quantity > own_limit THEN
            outcome := 'limit'; quantity := own_limit;
            RETURN;
        END IF;
    END IF;
    IF is_new THEN
        WITH written AS (
            INSERT INTO orders_cart AS cart (id, created_at, updated_at, user_id, token)
            VALUES (in_cart_id, statement_timestamp(), statement_timestamp(), NULL, in_new_token)
            RETURNING cart.id
        )
        INSERT INTO orders_cartline AS line (id, created_at, updated_at, cart_id, variant_id, quantity, seen_price)
        SELECT in_line_id, statement_timestamp(), statement_timestamp(), written.id, in_variant_id, in_quantity, price
          FROM written
        RETURNING line.id, line.quantity INTO line_id, quantity;
    ELSE
        IF NOT EXISTS (SELECT 1 FROM orders_cartline AS line
                        WHERE line.cart_id = in_cart_id AND line.variant_id = in_variant_id)
           AND (SELECT count(*) FROM orders_cartline AS line WHERE line.cart_id = in_cart_id) >= in_most_lines THEN
            outcome := 'full';
            RETURN;
        END IF;
        INSERT INTO orders_cartline AS line (id, created_at, updated_at, cart_id, variant_id, quantity, seen_price)
        VALUES (in_line_id, statement_timestamp(), statement_timestamp(), in_cart_id, in_variant_id, in_quantity, price)
        ON CONFLICT (cart_id, variant_id) DO UPDATE
           SET quantity = line.quantity + EXCLUDED.quantity, seen_price = EXCLUDED.seen_price,
               updated_at = statement_timestamp()
         WHERE NOT in_reserve AND line.quantity + EXCLUDED.quantity <= the_limit
        RETURNING line.id, line.quantity INTO line_id, quantity;
        IF NOT FOUND THEN
            outcome := CASE WHEN in_reserve THEN 'there' ELSE 'limit' END; quantity := the_limit;
            RETURN;
        END IF;
    END IF;
    IF NOT in_reserve THEN
        outcome := 'written';
        RETURN;
    END IF;
    -- What a new cart takes of goods without limits is as old as this call: there is nothing to be judged but its age.
    IF is_new AND NOT is_limited AND in_terms[18] = 1 THEN
        in_ttl := least(in_ttl, make_interval(secs => in_terms[15]));
        in_terms := NULL;
    END IF;
    -- The stock comes last: the hot row is locked for this statement and the commit.
    PERFORM 1 FROM inventory_reserve(in_reservation_id, in_variant_id, in_quantity, in_ttl, 'cart', in_cart_id, NULL,
                                     in_actor, '', FALSE, in_user_id, in_terms);
    IF FOUND THEN
        outcome := 'reserved';
        RETURN;
    END IF;
    DELETE FROM orders_cartline AS line WHERE line.id = line_id;
    IF is_new THEN
        DELETE FROM orders_cart AS cart WHERE cart.id = in_cart_id;
    END IF;
    outcome := 'refused'; line_id := NULL; quantity := 0;
END
$function$
