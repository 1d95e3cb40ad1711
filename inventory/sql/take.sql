-- Raise `reserved` at several levels which the caller's transaction has already locked, and write the holds.
-- The check constraint stocklevel_reserved_within_on_hand is the last guard.
WITH wanted AS MATERIALIZED (
    SELECT *
      FROM unnest(%(ids)s::uuid[], %(level_ids)s::uuid[], %(quantities)s::int[]) AS row (id, level_id, quantity)
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
        first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor)
SELECT wanted.id, statement_timestamp(), statement_timestamp(), raised.id, raised.variant_id, raised.location_id,
       wanted.quantity, 'active', %(purpose)s, %(cart_id)s, %(checkout_id)s,
       statement_timestamp(), statement_timestamp() + %(ttl)s, NULL, '', '', %(note)s, %(actor)s
  FROM wanted JOIN raised ON raised.id = wanted.level_id
RETURNING *
