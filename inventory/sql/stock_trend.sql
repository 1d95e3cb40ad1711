-- What lay at each level on each of the last days, oldest first, today's last: one look-up in the index
-- stockmovement_instant for each level and day, whatever the length of the ledger.
SELECT level.id,
       array_agg(COALESCE(balance.on_hand_after, 0) ORDER BY day.ago DESC)
  FROM unnest(%(levels)s::uuid[]) AS level (id)
 CROSS JOIN generate_series(0, %(days)s - 1) AS day (ago)
  LEFT JOIN LATERAL (
       SELECT movement.on_hand_after
         FROM inventory_stockmovement AS movement
        WHERE movement.level_id = level.id
          AND movement.occurred_at <= statement_timestamp() - make_interval(days => day.ago)
        ORDER BY movement.occurred_at DESC, movement.id DESC
        LIMIT 1) AS balance ON TRUE
 GROUP BY level.id
