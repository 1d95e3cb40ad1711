-- Sums of products that are not those of the rows which they sum up: days those of sold lines, weeks and months those
-- of the days. Call: shop/reports/invariants.py.
--
-- They are written in one transaction: they differ only where somebody changed rows by hand. Weeks and months are left
-- out while the job has not written all of them yet (shop/reports/product_periods.py).
-- Locks   none; one statement, hence one snapshot.
WITH counted AS (
    SELECT NOT EXISTS (
        SELECT 1 FROM reports_productday
         WHERE day < coalesce((SELECT min(first_day) FROM reports_productperiod WHERE grain = 'month'), 'infinity')
    ) AS is_whole
), term (grain, first_day, currency, variant_id, sku, id, is_sum, units, amount, units_returned, returned) AS (
    SELECT 'day', day, currency, variant_id, sku, id, true, units, amount, units_returned, returned
      FROM reports_productday
     UNION ALL
    SELECT 'day', day, currency, variant_id, sku, NULL, false, units, amount, units_returned, returned
      FROM reports_soldline
     UNION ALL
    SELECT grain, first_day, currency, variant_id, sku, id, true, units, amount, units_returned, returned
      FROM reports_productperiod, counted WHERE is_whole
     UNION ALL
    SELECT grain, date_trunc(grain, day::timestamp)::date, currency, variant_id, sku, NULL, false,
           units, amount, units_returned, returned
      FROM reports_productday, counted, (VALUES ('week'), ('month')) AS length (grain) WHERE is_whole
), summed AS (
    SELECT grain, first_day, sku, coalesce(max(id), 0) AS id,
           coalesce(sum(units) FILTER (WHERE NOT is_sum), 0) AS units,
           coalesce(sum(units) FILTER (WHERE is_sum), 0) AS found_units,
           coalesce(sum(amount - returned) FILTER (WHERE NOT is_sum), 0) AS kept,
           coalesce(sum(amount - returned) FILTER (WHERE is_sum), 0) AS found_kept,
           count(*) FILTER (WHERE NOT is_sum) > 0 AS is_due, count(*) FILTER (WHERE is_sum) > 0 AS is_there,
           coalesce(sum(amount) FILTER (WHERE NOT is_sum), 0) AS amount,
           coalesce(sum(amount) FILTER (WHERE is_sum), 0) AS found_amount,
           coalesce(sum(units_returned) FILTER (WHERE NOT is_sum), 0) AS units_returned,
           coalesce(sum(units_returned) FILTER (WHERE is_sum), 0) AS found_units_returned
      FROM term
     GROUP BY grain, first_day, currency, variant_id, sku
)
SELECT id,
       jsonb_build_array(grain, jsonb_build_object('day', first_day, 'sku', sku, 'units', units, 'kept', kept)) AS expected,
       jsonb_build_array(grain, jsonb_build_object('day', first_day, 'sku', sku, 'units', found_units,
                                                   'kept', found_kept)) AS found,
       NULL::uuid AS level_id
  FROM summed
 WHERE (is_due, units, kept, amount, units_returned)
       IS DISTINCT FROM (is_there, found_units, found_kept, found_amount, found_units_returned)
