-- End active reservations and give their units back, in one statement. The caller fills in which ones (condition), how many
-- at most (limit) and what to do about a level that somebody else has locked (busy: wait, or SKIP LOCKED).
--
-- Locks   the stock levels by primary key, then the reservations below them by (level, key); for this statement only when
--         the caller has no transaction of its own.
-- Race    whoever was first wins: after waiting, `locked` sees the newest version of each reservation and drops those which
--         are no longer active or, renewed in the meantime, no longer due. Only rows that this statement really ended
--         are subtracted, so that a repeated or competing release takes nothing twice.
WITH chosen AS MATERIALIZED (
    SELECT reservation.id, reservation.level_id
      FROM inventory_reservation AS reservation
     WHERE reservation.status = 'active' AND {condition}
     {limit}
),
levels AS MATERIALIZED (
    SELECT level.id
      FROM inventory_stocklevel AS level
     WHERE level.id IN (SELECT level_id FROM chosen)
     ORDER BY level.id
       FOR NO KEY UPDATE {busy}
),
locked AS MATERIALIZED (
    SELECT reservation.id
      FROM inventory_reservation AS reservation
      JOIN levels ON levels.id = reservation.level_id
     WHERE reservation.id IN (SELECT id FROM chosen) AND reservation.status = 'active' AND {condition}
     ORDER BY reservation.level_id, reservation.id
       FOR UPDATE OF reservation
),
ended AS (
    UPDATE inventory_reservation AS reservation
       SET status = 'released', ended_at = statement_timestamp(), end_reason = %(reason)s, ended_by = %(actor)s,
           source_ip = NULL, source_network = NULL, source_email = NULL, source_account = NULL,
           updated_at = statement_timestamp()
      FROM locked
     WHERE reservation.id = locked.id AND reservation.status = 'active'
    RETURNING reservation.level_id, reservation.quantity
),
freed AS (
    SELECT level_id, sum(quantity) AS quantity FROM ended GROUP BY level_id
),
lowered AS (
    UPDATE inventory_stocklevel AS level
       SET reserved = level.reserved - freed.quantity, updated_at = statement_timestamp()
      FROM freed
     WHERE level.id = freed.level_id
)
-- The job need not wait for the disk (asynchronous): what a crash takes back, it does again.
SELECT count(*), coalesce(sum(quantity), 0),
       (SELECT CASE WHEN %(asynchronous)s THEN set_config('synchronous_commit', 'off', TRUE) END)
  FROM ended
