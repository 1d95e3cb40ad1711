-- The sums of entries by day and currency. Call: shop/reports/rebuilding.py. Parameter: days.
SELECT entry.day, entry.currency,
       count(*) FILTER (WHERE kind = 'sale') AS orders,
       count(*) FILTER (WHERE is_undone) AS undone,
       coalesce(sum(entry.units), 0) AS units,
       coalesce(max(line.units_returned), 0) AS units_returned,
       sum(goods) AS goods, sum(discounts) AS discounts, sum(shipping) AS shipping, sum(taxes) AS taxes,
       sum(interest) AS interest, sum(other) AS other,
       coalesce(sum(amount) FILTER (WHERE kind = 'sale'), 0) AS gross,
       -coalesce(sum(amount) FILTER (WHERE kind NOT IN ('sale', 'waived', 'late')), 0) AS returned,
       coalesce(sum(amount) FILTER (WHERE kind IN ('waived', 'late')), 0) AS interest_after,
       sum(kept) AS kept
  FROM reports_salesentry AS entry
  LEFT JOIN (SELECT day, currency, sum(units_returned) AS units_returned
               FROM reports_soldline WHERE day = ANY (%(days)s) GROUP BY day, currency) AS line
    ON line.day = entry.day AND line.currency = entry.currency
 WHERE entry.day = ANY (%(days)s)
 GROUP BY entry.day, entry.currency
