-- Move the end of active holds later, never earlier. The caller fills in which holds (condition) and to when (until).
--
-- Locks   the holds by (level, key), the order in which every other verb locks them; no stock level.
-- Race    a hold that expiry or conversion ended first is no longer active on its newest version: it is left alone.
WITH locked AS MATERIALIZED (
    SELECT hold.id
      FROM inventory_reservation AS hold
     WHERE hold.status = 'active' AND {condition}
     ORDER BY hold.level_id, hold.id
       FOR UPDATE
)
UPDATE inventory_reservation AS hold
   SET expires_at = greatest(hold.expires_at, {until}), updated_at = statement_timestamp()
  FROM locked
 WHERE hold.id = locked.id AND hold.status = 'active'
RETURNING hold.variant_id, hold.quantity, hold.expires_at
