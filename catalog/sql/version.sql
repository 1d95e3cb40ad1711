-- Say which version of the catalogue there is, and what else decides what a visitor is shown: one row. Locks nothing.
--
-- changes, changed_at  how many changes were committed, and when the last was made (microseconds since 1970, UTC): the two
--                      of a restored backup differ from those of what was lost
-- windows     how many openings and closings of drops have passed: what changes by time alone
-- at          the database's clock, by which the answer is made
-- hint, hinted_at  from how many units on the triggers note availability, and since when; null: from all
-- early       the drops ahead that are open early for this cart or account
-- PL/pgSQL keeps the plan for the life of the connection; STABLE: one snapshot for all of it.
CREATE OR REPLACE FUNCTION catalog_version(in_cart_id uuid, in_user_id uuid)
RETURNS TABLE (changes bigint, changed_at bigint, windows bigint, at timestamptz, hint smallint, hinted_at timestamptz,
               early uuid[])
LANGUAGE plpgsql STABLE AS $function$
#variable_conflict use_column
BEGIN
    SELECT coalesce(sum(change.changes), 0), coalesce(extract(epoch FROM max(change.changed_at)) * 1000000, 0)
      INTO changes, changed_at
      FROM catalog_catalogchange AS change;
    SELECT count(*) FILTER (WHERE drops.starts_at <= statement_timestamp())
           + count(*) FILTER (WHERE drops.ends_at <= statement_timestamp())
      INTO windows
      FROM catalog_collection AS drops
     WHERE drops.kind = 'drop' AND drops.is_active;
    SELECT known.units, known.changed_at INTO hint, hinted_at FROM catalog_lowstockhint AS known WHERE known.id = 1;
    early := '{}';
    IF in_cart_id IS NOT NULL OR in_user_id IS NOT NULL THEN
        early := ARRAY (
            SELECT drops.id
              FROM catalog_collection AS drops
             WHERE drops.kind = 'drop' AND drops.is_active AND drops.starts_at > statement_timestamp()
               AND (drops.ends_at IS NULL OR drops.ends_at > statement_timestamp())
               AND catalog_let_in_early(drops.id, in_cart_id, in_user_id)
        );
    END IF;
    at := statement_timestamp();
    RETURN NEXT;
END
$function$
