-- Hold units of one variant at one location, in one call. Call: inventory/reservations/creation.py (CALL).
--
-- A function, because PostgreSQL then keeps the plans of its statements for as long as the connection lives: planning
-- these joins takes eight times as long as running them. Nothing of it belongs to a session, so that a PgBouncer which
-- lends connections by transaction may stand between. A change here needs a migration which installs it again.
--
-- Source  in_terms (validate_source.sql) says who takes them and what one source may hold; null: nobody's limits, as for a job.
-- Locks   the source's turn (advisory, only where limits hold), then
--         the one row of inventory_stocklevel it raises, for the length of this statement when the caller has no
--         transaction of its own (otherwise until the caller's commit). Nothing else is done while the row is held: the
--         reservation is written before, and taken back where the guard refuses.
-- Refuses by answering no row: no place can give the units to this buyer (sellable_levels.sql tells why not), or the source holds
--         what it may (validate_source.sql tells which limit).
-- Race    The place is read without locks and may be out of date when the UPDATE gets the row. READ COMMITTED then evaluates
--         the WHERE of the UPDATE again on the newest version of the row: the guard stands there, not in the first read.
--         The verb asks again, a bounded number of times, while some location still has enough.
-- Clock   statement_timestamp(): the database's, and true also inside a long transaction.
CREATE OR REPLACE FUNCTION inventory_reserve(
    in_id uuid, in_variant_id uuid, in_quantity integer, in_ttl interval, in_purpose text, in_cart_id uuid,
    in_checkout_id uuid, in_actor text, in_note text, in_asynchronous boolean, in_user_id uuid, in_terms bigint[]
) RETURNS TABLE (level_id uuid, location_id uuid, expires_at timestamptz, first_held_at timestamptz)
LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    verdict record;
    the_first timestamptz := statement_timestamp();
    the_end timestamptz := statement_timestamp() + in_ttl;
    the_source bigint[];
    the_account uuid;
BEGIN
    -- A cart reservation need not wait for the disk (DURABLE_RESERVATIONS): this transaction alone commits without flushing, hold
    -- and counter together. Here it saves BEGIN, SET LOCAL and COMMIT: three round trips of four.
    IF in_asynchronous THEN
        PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
    IF in_terms IS NOT NULL THEN
        verdict := inventory_validate_source(in_variant_id, in_quantity, in_cart_id, in_user_id, in_ttl, in_terms, 0);
        IF verdict.refusal <> '' THEN
            RETURN;
        END IF;
        the_first := verdict.first_held_at;
        the_end := verdict.expires_at;
        IF verdict.is_limited THEN
            the_source := in_terms;
            the_account := in_user_id;
        END IF;
    END IF;
    SELECT level.id, level.location_id INTO level_id, location_id
      FROM inventory_sellable_levels(in_variant_id, in_quantity, in_purpose, in_cart_id, in_user_id) AS found
      JOIN inventory_stocklevel AS level ON level.id = found.level_id
     ORDER BY found.place, found.level_id
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- The level is raised last: whoever waits for its row waits for that and the commit alone.
    INSERT INTO inventory_reservation
           (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id,
            checkout_id, first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor,
            source_ip, source_network, source_email, source_account)
    VALUES (in_id, statement_timestamp(), statement_timestamp(), level_id, in_variant_id, location_id,
            in_quantity, 'active', in_purpose, in_cart_id, in_checkout_id,
            the_first, the_end, NULL, '', '', in_note, in_actor,
            the_source[1], the_source[2], the_source[3], the_account);
    UPDATE inventory_stocklevel AS level
       SET reserved = level.reserved + in_quantity, updated_at = statement_timestamp()
     WHERE level.id = inventory_reserve.level_id AND level.on_hand - level.reserved >= in_quantity;
    IF NOT FOUND THEN
        DELETE FROM inventory_reservation WHERE id = in_id;
        RETURN;
    END IF;
    expires_at := the_end;
    -- Null: since now, as almost always. The caller need not read another timestamp.
    IF the_first <> statement_timestamp() OR the_end <> statement_timestamp() + in_ttl THEN
        first_held_at := the_first;
    END IF;
    RETURN NEXT;
END
$function$
