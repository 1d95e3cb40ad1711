-- The sales of one day in one currency at this moment. Call: shop/reports/sales.py, which puts entries.sql in.
-- Parameters: day, currency, zone, and most: of more changes than this none is counted here, the job comes first.
--
-- What is written of the day counts, but for the orders that changed since: these are counted from their own rows.
-- Locks   none; one statement, hence one snapshot.
WITH pending AS (
    SELECT is_few, CASE WHEN is_few THEN orders ELSE '{}' END AS orders
      FROM (SELECT count(*) <= %(most)s AND NOT coalesce(bool_or(is_all), false) AS is_few,
                   coalesce(array_agg(order_id) FILTER (WHERE order_id IS NOT NULL), '{}') AS orders
              FROM (SELECT order_id, is_all FROM reports_reportchange ORDER BY id LIMIT %(most)s + 1) AS change
           ) AS found
), entry AS (
{entries}
)
SELECT count(*) FILTER (WHERE kind = 'sale') AS orders,
       count(*) FILTER (WHERE is_undone) AS undone,
       coalesce(sum(amount) FILTER (WHERE kind = 'sale'), 0) AS gross,
       -coalesce(sum(amount) FILTER (WHERE kind NOT IN ('sale', 'waived', 'late')), 0) AS returned,
       coalesce(sum(amount) FILTER (WHERE kind IN ('waived', 'late')), 0) AS interest_after,
       (SELECT is_few FROM pending) AS is_exact
  FROM (SELECT kind, amount, is_undone FROM entry WHERE day = %(day)s AND currency = %(currency)s
         UNION ALL
        SELECT kind, amount, is_undone FROM reports_salesentry
         WHERE day = %(day)s AND currency = %(currency)s AND NOT order_id = ANY ((SELECT orders FROM pending)::uuid[])
       ) AS counted
