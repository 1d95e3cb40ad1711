-- Raise `reserved` at several levels which the caller's transaction has already locked, and write the reservations.
-- The check constraint stocklevel_reserved_within_on_hand is the last guard.
WITH wanted AS MATERIALIZED (
    SELECT *
      FROM unnest(%(ids)s::uuid[], %(level_ids)s::uuid[], %(quantities)s::int[], %(firsts)s::timestamptz[],
                %(ends)s::timestamptz[], %(limited)s::boolean[])
    AS row (id, level_id, quantity, first_held_at, expires_at, is_limited)
),
raised AS (
    UPDATE inventory_stocklevel AS level
       SET reserved = level.reserved + wanted.quantity, updated_at = statement_timestamp()
      FROM wanted
     WHERE level.id = wanted.level_id
    RETURNING level.id, level.variant_id, level.location_id
)
INSERT INTO inventory_reservation
       (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id, checkout_id,
        first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor,
        source_ip, source_network, source_email, source_account)
SELECT wanted.id, statement_timestamp(), statement_timestamp(), raised.id, raised.variant_id, raised.location_id,
       wanted.quantity, 'active', %(purpose)s, %(cart_id)s, %(checkout_id)s,
       coalesce(wanted.first_held_at, statement_timestamp()),
       coalesce(wanted.expires_at, statement_timestamp() + %(ttl)s), NULL, '', '', %(note)s, %(actor)s,
       CASE WHEN wanted.is_limited THEN (%(terms)s::bigint[])[1] END,
       CASE WHEN wanted.is_limited THEN (%(terms)s::bigint[])[2] END,
       CASE WHEN wanted.is_limited THEN (%(terms)s::bigint[])[3] END,
       CASE WHEN wanted.is_limited THEN %(user_id)s::uuid END
  FROM wanted JOIN raised ON raised.id = wanted.level_id
RETURNING *
