-- Days whose sums are not those of their entries and lines. Call: shop/reports/invariants.py.
--
-- Both are written in one transaction: they differ only where somebody changed rows by hand.
-- Locks   none; one statement, hence one snapshot.
SELECT coalesce(summed.id, 0) AS id,
       jsonb_build_array('day', jsonb_build_object(
           'day', coalesce(entry.day, summed.day), 'orders', coalesce(entry.orders, 0),
           'units', coalesce(entry.units, 0), 'net', coalesce(entry.net, 0))) AS expected,
       jsonb_build_array('day', jsonb_build_object(
           'day', coalesce(entry.day, summed.day), 'orders', coalesce(summed.orders, 0),
           'units', coalesce(product.units, 0),
           'net', coalesce(summed.gross - summed.returned + summed.interest_after, 0))) AS found,
       NULL::uuid AS level_id
  FROM (SELECT day, currency, count(*) FILTER (WHERE kind = 'sale') AS orders, sum(units) AS units,
               sum(amount) AS net, sum(kept) AS kept
          FROM reports_salesentry GROUP BY day, currency) AS entry
  FULL JOIN reports_salesday AS summed ON summed.day = entry.day AND summed.currency = entry.currency
  LEFT JOIN (SELECT day, currency, sum(units) AS units FROM reports_productday GROUP BY day, currency) AS product
    ON product.day = coalesce(entry.day, summed.day)
   AND product.currency = coalesce(entry.currency, summed.currency)
 WHERE (entry.orders, entry.units, entry.units, entry.net, entry.kept) IS DISTINCT FROM
       (summed.orders, summed.units, coalesce(product.units, 0),
        summed.gross - summed.returned + summed.interest_after, summed.kept)
