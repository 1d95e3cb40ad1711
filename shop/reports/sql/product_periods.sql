-- The sums of products' days by week or month, currency and variant. Call: shop/reports/product_periods.py.
-- Parameters: grain ("week" or "month") and the first days of those that are to be summed up.
SELECT %(grain)s, first_day, currency, variant_id, sku, max(name) AS name, sum(orders) AS orders, sum(units) AS units,
       sum(amount) AS amount, sum(units_returned) AS units_returned, sum(returned) AS returned
  FROM unnest(%(firsts)s::date[]) AS span (first_day)
  JOIN reports_productday ON day >= first_day AND day < (first_day + ('1 ' || %(grain)s)::interval)::date
 GROUP BY first_day, currency, variant_id, sku
