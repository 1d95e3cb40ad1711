-- Sums of products that are not those of the rows which they sum up: days those of sold lines, weeks and months those
-- of the days. Call: shop/reports/invariants.py.
--
-- They are written in one transaction: they differ only where somebody changed rows by hand. Weeks and months are left
-- out while the job has not written all of them yet (shop/reports/product_periods.py). One day, week or month after the
-- other: all of them at once would be sorted on the disk.
-- Locks   none; one statement, hence one snapshot.
WITH day_there AS MATERIALIZED (
    SELECT DISTINCT day FROM reports_productday
), whole AS (
    SELECT NOT EXISTS (
        SELECT 1 FROM day_there
         WHERE day < coalesce((SELECT min(first_day) FROM reports_productperiod WHERE grain = 'month'), 'infinity')
    ) AS is_whole
), span (grain, first_day, last_day) AS (
    SELECT 'day', day, day FROM (SELECT day FROM reports_soldline UNION SELECT day FROM day_there) AS sold
     UNION ALL
    SELECT grain, first_day, (first_day + ('1 ' || grain)::interval)::date - 1
      FROM (SELECT grain, date_trunc(grain, day::timestamp)::date AS first_day
              FROM day_there, (VALUES ('week'), ('month')) AS length (grain)
             UNION
            SELECT grain, first_day FROM reports_productperiod) AS longer, whole
     WHERE is_whole
)
SELECT id,
       jsonb_build_array(grain, jsonb_build_object('day', first_day, 'sku', sku, 'units', units,
                                                   'kept', amount - returned)) AS expected,
       jsonb_build_array(grain, jsonb_build_object('day', first_day, 'sku', sku, 'units', found_units,
                                                   'kept', found_amount - found_returned)) AS found,
       NULL::uuid AS level_id
  FROM span
 CROSS JOIN LATERAL (
    SELECT sku, coalesce(max(id), 0) AS id,
           coalesce(sum(units) FILTER (WHERE id IS NULL), 0) AS units,
           coalesce(sum(amount) FILTER (WHERE id IS NULL), 0) AS amount,
           coalesce(sum(units_returned) FILTER (WHERE id IS NULL), 0) AS units_returned,
           coalesce(sum(returned) FILTER (WHERE id IS NULL), 0) AS returned,
           coalesce(sum(units) FILTER (WHERE id IS NOT NULL), 0) AS found_units,
           coalesce(sum(amount) FILTER (WHERE id IS NOT NULL), 0) AS found_amount,
           coalesce(sum(units_returned) FILTER (WHERE id IS NOT NULL), 0) AS found_units_returned,
           coalesce(sum(returned) FILTER (WHERE id IS NOT NULL), 0) AS found_returned
      FROM (
        SELECT NULL::bigint AS id, currency, variant_id, sku, units, amount, units_returned, returned
          FROM reports_soldline WHERE span.grain = 'day' AND day = span.first_day
         UNION ALL
        SELECT id, currency, variant_id, sku, units, amount, units_returned, returned
          FROM reports_productday WHERE span.grain = 'day' AND day = span.first_day
         UNION ALL
        SELECT NULL, currency, variant_id, sku, units, amount, units_returned, returned
          FROM reports_productday WHERE span.grain <> 'day' AND day BETWEEN span.first_day AND span.last_day
         UNION ALL
        SELECT id, currency, variant_id, sku, units, amount, units_returned, returned
          FROM reports_productperiod AS period
         WHERE period.grain = span.grain AND period.first_day = span.first_day
      ) AS term
     GROUP BY currency, variant_id, sku
 ) AS summed
 WHERE (units, amount, units_returned, returned)
       IS DISTINCT FROM (found_units, found_amount, found_units_returned, found_returned)
