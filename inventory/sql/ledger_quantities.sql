-- What the books say of levels now, or as of a moment gone by: on hand less what moved since. One snapshot, no locks.
SELECT level.id,
       level.on_hand - coalesce((SELECT sum(movement.quantity)
                                   FROM inventory_stockmovement AS movement
                                  WHERE movement.level_id = level.id
                                    AND movement.occurred_at > %(counted_at)s::timestamptz), 0),
       coalesce(%(counted_at)s::timestamptz, statement_timestamp())
  FROM inventory_stocklevel AS level
 WHERE level.id = ANY (%(level_ids)s::uuid[])
