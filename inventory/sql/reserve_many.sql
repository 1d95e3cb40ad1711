-- Hold several lines (in_variant_ids[n] → in_quantities[n], each variant once), all or nothing, each from one place.
-- Call: inventory/reservations/creation.py (CALL_MANY). A function for the same reason as reserve.sql.
--
-- Source  in_terms (validate_source.sql): who takes them and what one source may hold; null: nobody's limits.
-- Locks   the source's turn (advisory, only where limits hold), then every level of the variants, by primary key, until the transaction ends (the common order of docs/locking.md;
--         NO KEY UPDATE as in allocation.lock_levels).
-- Refuses by answering no row, with nothing held: some line has no place that can give it alone. The verb then takes
--         the slow path, which meets a line from several places, or tells what is short.
-- Race    the levels are locked before `chosen` reads them, and a new statement sees what is committed by then.
CREATE OR REPLACE FUNCTION inventory_reserve_many(
    in_ids uuid[], in_variant_ids uuid[], in_quantities integer[], in_ttl interval, in_purpose text, in_cart_id uuid,
    in_checkout_id uuid, in_actor text, in_asynchronous boolean, in_user_id uuid, in_terms bigint[]
) RETURNS TABLE (id uuid, variant_id uuid, quantity integer, level_id uuid, location_id uuid, expires_at timestamptz,
               first_held_at timestamptz)
LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    verdict record;
    the_more integer := 0;
    the_firsts timestamptz[] := array_fill(statement_timestamp(), ARRAY[cardinality(in_ids)]);
    the_ends timestamptz[] := array_fill(statement_timestamp() + in_ttl, ARRAY[cardinality(in_ids)]);
    are_limited boolean[] := array_fill(FALSE, ARRAY[cardinality(in_ids)]);
BEGIN
    IF in_asynchronous THEN
        PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
    IF in_terms IS NOT NULL THEN
        FOR place IN 1 .. cardinality(in_ids) LOOP
            verdict := inventory_validate_source(in_variant_ids[place], in_quantities[place], in_cart_id, in_user_id, in_ttl,
                                       in_terms, the_more);
            IF verdict.refusal <> '' THEN
                RETURN;
            END IF;
            the_firsts[place] := verdict.first_held_at;
            the_ends[place] := verdict.expires_at;
            are_limited[place] := verdict.is_limited;
            IF verdict.is_limited THEN
                the_more := the_more + in_quantities[place];
            END IF;
        END LOOP;
    END IF;
    PERFORM level.id
       FROM inventory_stocklevel AS level
      WHERE level.variant_id = ANY (in_variant_ids)
      ORDER BY level.id
        FOR NO KEY UPDATE;
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        SELECT line.id, line.quantity, line.first_held_at, line.expires_at, line.is_limited, best.level_id
          FROM unnest(in_ids, in_variant_ids, in_quantities, the_firsts, the_ends, are_limited)
            AS line (id, variant_id, quantity, first_held_at, expires_at, is_limited)
         CROSS JOIN LATERAL (
               SELECT found.level_id
                 FROM inventory_sellable_levels(line.variant_id, line.quantity, in_purpose, in_cart_id, in_user_id) AS found
                ORDER BY found.place, found.level_id
                LIMIT 1
               ) AS best
    ),
    raised AS (
        UPDATE inventory_stocklevel AS level
           SET reserved = level.reserved + chosen.quantity, updated_at = statement_timestamp()
          FROM chosen
         WHERE level.id = chosen.level_id
           AND (SELECT count(*) FROM chosen) = cardinality(in_ids)
        RETURNING chosen.id, chosen.quantity, chosen.first_held_at, chosen.expires_at, chosen.is_limited, level.id AS level_id, level.variant_id, level.location_id
    )
    INSERT INTO inventory_reservation AS reservation
           (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id,
            checkout_id, first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor,
            source_ip, source_network, source_email, source_account)
    SELECT raised.id, statement_timestamp(), statement_timestamp(), raised.level_id, raised.variant_id,
           raised.location_id, raised.quantity, 'active', in_purpose, in_cart_id, in_checkout_id,
           raised.first_held_at, raised.expires_at, NULL, '', '', '', in_actor,
           CASE WHEN raised.is_limited THEN in_terms[1] END, CASE WHEN raised.is_limited THEN in_terms[2] END,
           CASE WHEN raised.is_limited THEN in_terms[3] END, CASE WHEN raised.is_limited THEN in_user_id END
      FROM raised
    RETURNING reservation.id, reservation.variant_id, reservation.quantity, reservation.level_id, reservation.location_id, reservation.expires_at,
              CASE WHEN reservation.expires_at <> reservation.created_at + in_ttl OR reservation.first_held_at <> reservation.created_at
                   THEN reservation.first_held_at END;
END
$function$
