-- Judge whether a source may hold so many units more of a variant, and until when: asked by reserve.sql and
-- reserve_many.sql before they look at the stock, and by the verb to tell a refusal. `refusal` is '' or what stands in
-- the way: cart, account, email, ip, network (with `most` and what is `held`), or age (with `again_at`).
--
-- in_terms, made by inventory/reservations/source_limits.py (Terms.as_array): [1] key of the address, [2] key of its network, [3] key of
-- the confirmed e-mail; units per [4] cart, [5] account, [6] e-mail, [7] address, [8] network; per cent of the variant's
-- units on hand per [9] address, [10] network; [11] how many times as much people who are signed in may hold;
-- [12] 1: limits hold for all goods, not only in drops; seconds: [13] hold of a guest in a drop, [14] its greatest age,
-- [15] greatest age of a reservation, [16] pause after which an age begins again; [17] 1: the units are about to be paid;
-- [18] 1: the cart is written by this very call, so it has held nothing and nobody else knows it.
-- in_more: units that the same call takes before these.
--
-- Locks   one advisory lock for the network, the account or e-mail and the cart, in the order of their numbers, until the
--         transaction ends: of two carts of one source the second counts after the first has committed. Only where
--         limits hold, and always before a stock level (docs/locking.md).
-- Race    the locks are a statement of their own: the counts below them see what was committed by then.
-- Cost    index lookups; the rows counted are those that the source holds, so at most what it may hold.
CREATE OR REPLACE FUNCTION inventory_validate_source(
    in_variant_id uuid, in_quantity integer, in_cart_id uuid, in_user_id uuid, in_ttl interval, in_terms bigint[],
    in_more integer,
    OUT refusal text, OUT most bigint, OUT reserved bigint, OUT again_at timestamptz, OUT first_held_at timestamptz,
    OUT expires_at timestamptz, OUT is_limited boolean
) LANGUAGE plpgsql AS $function$
#variable_conflict use_variable
DECLARE
    the_now CONSTANT timestamptz := statement_timestamp();
    is_guest CONSTANT boolean := in_user_id IS NULL;
    is_new CONSTANT boolean := in_terms[18] IS NOT DISTINCT FROM 1;
    the_turn text;
    wanted CONSTANT bigint := in_quantity + in_more;
    greatest_age interval := make_interval(secs => in_terms[15]);
    ended_at timestamptz;
    of_ip bigint;
    of_network bigint;
    guests_of_ip bigint;
    guests_of_network bigint;
    on_hand bigint;
    may_ip bigint;
    may_network bigint;
BEGIN
    refusal := '';
    SELECT limits.is_limited INTO is_limited
      FROM catalog_variant AS variant, inventory_limits(variant.product_id, in_terms) AS limits
     WHERE variant.id = in_variant_id;
    is_limited := coalesce(is_limited, in_terms[2] IS NOT NULL AND in_terms[12] = 1);
    IF is_limited AND is_guest THEN
        in_ttl := least(in_ttl, make_interval(secs => in_terms[13]));
        greatest_age := least(greatest_age, make_interval(secs => in_terms[14]));
    END IF;

    -- What this cart holds of the variant, or let go of a moment ago, goes on being as old as it was.
    IF in_cart_id IS NOT NULL AND NOT is_new THEN
        SELECT min(reservation.first_held_at), max(reservation.ended_at) INTO first_held_at, ended_at
          FROM (SELECT own.first_held_at, NULL::timestamptz AS ended_at
                  FROM inventory_reservation AS own
                 WHERE own.cart_id = in_cart_id AND own.variant_id = in_variant_id AND own.status = 'active'
                   AND own.expires_at > the_now
                 UNION ALL
                (SELECT own.first_held_at, least(own.ended_at, own.expires_at)
                   FROM inventory_reservation AS own
                  WHERE own.cart_id = in_cart_id AND own.variant_id = in_variant_id AND own.status = 'released'
                    AND own.ended_at > the_now - make_interval(secs => in_terms[16])
                    AND own.expires_at > the_now - make_interval(secs => in_terms[16])
                  ORDER BY own.ended_at DESC
                  LIMIT 20)) AS reservation;
    END IF;
    first_held_at := coalesce(first_held_at, the_now);
    expires_at := the_now + in_ttl;
    IF in_terms[17] IS DISTINCT FROM 1 THEN
        IF first_held_at + greatest_age <= the_now THEN
            refusal := 'age';
            again_at := coalesce(ended_at, the_now) + make_interval(secs => in_terms[16]);
            RETURN;
        END IF;
        expires_at := least(expires_at, first_held_at + greatest_age);
    END IF;
    IF NOT is_limited THEN
        RETURN;
    END IF;

    IF is_new AND is_guest AND in_terms[3] IS NULL THEN
        -- As almost always in a drop: one lock, without a statement of its own.
        the_turn := pg_advisory_xact_lock(in_terms[2])::text;
    ELSE
        PERFORM pg_advisory_xact_lock(turn.number)
           FROM (SELECT DISTINCT number
                   FROM unnest(ARRAY[in_terms[2], in_terms[3], hashtextextended('holds:' || in_user_id, 0),
                                     hashtextextended('holds:' || in_cart_id, 0)]) AS number
                  WHERE number IS NOT NULL
                  ORDER BY 1) AS turn;
    END IF;

    reserved := 0;
    IF NOT is_new THEN
        SELECT coalesce(sum(reservation.quantity), 0) INTO reserved
          FROM inventory_reservation AS reservation
         WHERE reservation.cart_id = in_cart_id AND reservation.status = 'active' AND reservation.source_network IS NOT NULL
           AND reservation.expires_at > the_now;
    END IF;
    IF reserved + wanted > in_terms[4] THEN
        refusal := 'cart'; most := in_terms[4];
        RETURN;
    END IF;
    IF NOT is_guest THEN
        SELECT coalesce(sum(reservation.quantity), 0) INTO reserved
          FROM inventory_reservation AS reservation
         WHERE reservation.source_account = in_user_id AND reservation.status = 'active' AND reservation.expires_at > the_now;
        IF reserved + wanted > in_terms[5] THEN
            refusal := 'account'; most := in_terms[5];
            RETURN;
        END IF;
    END IF;
    IF in_terms[3] IS NOT NULL THEN
        SELECT coalesce(sum(reservation.quantity), 0) INTO reserved
          FROM inventory_reservation AS reservation
         WHERE reservation.source_email = in_terms[3] AND reservation.status = 'active' AND reservation.expires_at > the_now;
        IF reserved + wanted > in_terms[6] THEN
            refusal := 'email'; most := in_terms[6];
            RETURN;
        END IF;
    END IF;

    SELECT coalesce(sum(reservation.quantity), 0),
           coalesce(sum(reservation.quantity) FILTER (WHERE reservation.source_ip = in_terms[1]), 0),
           coalesce(sum(reservation.quantity) FILTER (WHERE reservation.source_account IS NULL), 0),
           coalesce(sum(reservation.quantity) FILTER (WHERE reservation.source_ip = in_terms[1] AND reservation.source_account IS NULL), 0)
      INTO of_network, of_ip, guests_of_network, guests_of_ip
      FROM inventory_reservation AS reservation
     WHERE reservation.source_network = in_terms[2] AND reservation.status = 'active' AND reservation.expires_at > the_now;
    IF of_ip + wanted <= in_terms[7] AND of_network + wanted <= in_terms[8] THEN
        RETURN;
    END IF;
    -- Of goods that there are many of, a share may be held; forty times the figure is the most that is ever counted.
    SELECT coalesce(sum(level.on_hand), 0) INTO on_hand
      FROM inventory_stocklevel AS level WHERE level.variant_id = in_variant_id;
    may_ip := greatest(in_terms[7], least(on_hand * in_terms[9] / 100, in_terms[7] * 40));
    may_network := greatest(in_terms[8], least(on_hand * in_terms[10] / 100, in_terms[8] * 40));
    -- A guest is refused by what guests hold, and by what everybody may hold together; who is signed in, by the latter.
    IF is_guest AND guests_of_ip + wanted > may_ip THEN
        refusal := 'ip'; most := may_ip; reserved := guests_of_ip;
    ELSIF of_ip + wanted > may_ip * in_terms[11] THEN
        refusal := 'ip'; most := may_ip * in_terms[11]; reserved := of_ip;
    ELSIF is_guest AND guests_of_network + wanted > may_network THEN
        refusal := 'network'; most := may_network; reserved := guests_of_network;
    ELSIF of_network + wanted > may_network * in_terms[11] THEN
        refusal := 'network'; most := may_network * in_terms[11]; reserved := of_network;
    END IF;
END
$function$
