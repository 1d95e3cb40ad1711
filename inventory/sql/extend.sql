-- Move the end of active reservations later, never earlier. The caller fills in which holds (condition) and to when (until).
--
-- Locks   the reservations by (level, key), the order in which every other verb locks them; no stock level.
-- Race    a reservation that expiry or conversion ended first is no longer active on its newest version: it is left alone.
WITH locked AS MATERIALIZED (
    SELECT reservation.id
      FROM inventory_reservation AS reservation
     WHERE reservation.status = 'active' AND {condition}
     ORDER BY reservation.level_id, reservation.id
       FOR UPDATE
)
UPDATE inventory_reservation AS reservation
   SET expires_at = greatest(reservation.expires_at, {until}), updated_at = statement_timestamp()
  FROM locked
 WHERE reservation.id = locked.id AND reservation.status = 'active'
RETURNING reservation.variant_id, reservation.quantity, reservation.expires_at
