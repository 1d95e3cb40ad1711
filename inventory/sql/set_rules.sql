-- Set minimum, optimal and shelf of many levels in one statement. Never on_hand or reserved: only the ledger and the
-- holds move those. The caller has locked the levels in primary key order.
UPDATE inventory_stocklevel AS level
   SET minimum = row.minimum, optimal = row.optimal, bin = row.bin, updated_at = statement_timestamp()
  FROM unnest(%(ids)s::uuid[], %(minimums)s::int[], %(optimals)s::int[], %(bins)s::text[])
       AS row (id, minimum, optimal, bin)
 WHERE level.id = row.id
