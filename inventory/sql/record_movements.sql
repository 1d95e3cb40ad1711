-- Write lines of the ledger, many in one statement. The trigger apply_to_level moves on_hand for each line and fills
-- on_hand_after, occurred_at and id; it runs in the order of the rows, so that levels are locked by primary key.
INSERT INTO inventory_stockmovement
       (level_id, variant_id, location_id, kind, quantity, unit_cost, reference, cause_type, cause_id, note, actor,
        occurred_at, on_hand_after)
SELECT level.id, level.variant_id, level.location_id, %(kind)s, row.quantity, row.unit_cost, row.reference,
       %(cause_type)s, %(cause_id)s::uuid, row.note, %(actor)s, NULL, 0
  FROM unnest(%(level_ids)s::uuid[], %(quantities)s::int[], %(unit_costs)s::numeric[], %(references)s::text[],
              %(notes)s::text[]) WITH ORDINALITY AS row (level_id, quantity, unit_cost, reference, note, place)
  JOIN inventory_stocklevel AS level ON level.id = row.level_id
 ORDER BY level.id, row.place
RETURNING id, level_id, variant_id, location_id, kind, quantity, unit_cost, reference, cause_type, cause_id, note,
          actor, occurred_at, on_hand_after
