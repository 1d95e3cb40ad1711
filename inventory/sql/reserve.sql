-- Hold units of one variant at one location, in one statement.
--
-- Locks   the one row of inventory_stocklevel it raises, for the length of this statement when the caller has no
--         transaction of its own (otherwise until the caller's commit). Nothing else is done while the row is held.
-- Refuses by answering no row: nothing sellable has enough, the variant or product is off sale, its drop is not open.
-- Race    `place` reads without locks and may be out of date when `held` gets the row. READ COMMITTED then evaluates
--         the WHERE of `held` again on the newest version of the row: the guard stands there, not in `place`.
--         The verb asks again, a bounded number of times, while some location still has enough.
-- Clock   statement_timestamp(): the database's, and true also inside a long transaction.
WITH place AS MATERIALIZED (
    SELECT level.id
      FROM inventory_stocklevel AS level
      JOIN inventory_location AS location ON location.id = level.location_id
      JOIN catalog_variant AS variant ON variant.id = level.variant_id
      JOIN catalog_product AS product ON product.id = variant.product_id
     WHERE level.variant_id = %(variant_id)s
       AND level.on_hand - level.reserved >= %(quantity)s
       AND location.is_sellable AND location.kind <> 'quarantine'
       AND variant.is_active AND product.is_active
       -- A product in no active drop is sold at any time; one in several, while any of them is open.
       AND (SELECT coalesce(bool_or((collection.starts_at IS NULL OR collection.starts_at <= statement_timestamp())
                                AND (collection.ends_at IS NULL OR collection.ends_at > statement_timestamp())), TRUE)
              FROM catalog_collectionproduct AS entry
              JOIN catalog_collection AS collection ON collection.id = entry.collection_id
             WHERE entry.product_id = product.id AND collection.kind = 'drop' AND collection.is_active)
     ORDER BY location.priority, level.id
     LIMIT 1
),
held AS (
    UPDATE inventory_stocklevel AS level
       SET reserved = level.reserved + %(quantity)s, updated_at = statement_timestamp()
      FROM place
     WHERE level.id = place.id
       AND level.on_hand - level.reserved >= %(quantity)s
    RETURNING level.id, level.variant_id, level.location_id
),
-- A cart hold need not wait for the disk (DURABLE_HOLDS): this transaction alone commits without flushing, hold and
-- counter together. set_config(…, is_local => true) inside the statement saves BEGIN, SET LOCAL and COMMIT: three
-- round trips of four.
commit_mode AS MATERIALIZED (
    SELECT CASE WHEN %(asynchronous)s THEN set_config('synchronous_commit', 'off', TRUE) END AS mode
)
INSERT INTO inventory_reservation
       (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id, checkout_id,
        first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor)
SELECT %(id)s, statement_timestamp(), statement_timestamp(), held.id, held.variant_id, held.location_id,
       %(quantity)s, 'active', %(purpose)s, %(cart_id)s, %(checkout_id)s,
       statement_timestamp(), statement_timestamp() + %(ttl)s, NULL, '', '', %(note)s, %(actor)s
  FROM held, commit_mode
RETURNING *
