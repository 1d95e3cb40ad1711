-- The sums of sold lines by day, currency and variant. Call: shop/reports/rebuilding.py. Parameter: days.
SELECT day, currency, variant_id, sku, max(name) AS name, count(DISTINCT order_id) AS orders, sum(units) AS units,
       sum(amount) AS amount, sum(units_returned) AS units_returned, sum(returned) AS returned
  FROM reports_soldline
 WHERE day = ANY (%(days)s)
 GROUP BY day, currency, variant_id, sku
