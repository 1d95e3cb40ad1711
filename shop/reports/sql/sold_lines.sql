-- The lines of orders that count as sold, with what of each has gone back until now.
-- Call: shop/reports/rebuilding.py, when the entries of these orders are written. Parameter: orders (keys).
--
-- What was paid for a line is its total with its adjustments. Of it went back what refunds and reimbursements name; what
-- went back as a mere sum is shared out among what is left of the lines and of what belongs to no line (shipping,
-- charges of the order), each by its part, to the cent: a running sum is rounded, and each line gets the difference.
-- Where nothing is left of the order every unit has gone back.
-- Locks   none.
WITH entry AS (
    SELECT order_id, max(day) FILTER (WHERE kind = 'sale') AS day, max(currency) AS currency,
           sum(amount) FILTER (WHERE kind = 'sale') AS value, sum(amount) AS kept,
           -coalesce(sum(amount) FILTER (WHERE kind NOT IN ('sale', 'waived', 'late')), 0) AS back
      FROM reports_salesentry
     WHERE order_id = ANY (%(orders)s)
     GROUP BY order_id
), back (order_id, line_id, units, amount) AS (
    SELECT order_id, line_id, sum(units), sum(amount)
      FROM (
        SELECT p.order_id, l.order_line_id AS line_id, l.quantity AS units, l.amount
          FROM entry
          JOIN payments_payment AS p ON p.order_id = entry.order_id
          JOIN payments_refund AS r ON r.payment_id = p.id AND r.status <> 'failed'
          JOIN payments_refundline AS l ON l.refund_id = r.id
        UNION ALL
        SELECT r.order_id, l.order_line_id, l.quantity, l.amount
          FROM entry
          JOIN orders_reimbursement AS r ON r.order_id = entry.order_id AND (r.status = 'owed' OR r.counts_itself)
          JOIN orders_reimbursementline AS l ON l.reimbursement_id = r.id AND l.kind <> 'sum'
      ) AS named
     GROUP BY order_id, line_id
), line AS (
    SELECT l.id, l.order_id, l.variant_id, l.sku, l.name, l.quantity, l.total + adjusted.amount AS paid,
           coalesce(back.units, 0) AS units_back, coalesce(back.amount, 0) AS back
      FROM entry
      JOIN orders_orderline AS l ON l.order_id = entry.order_id AND l.replaces_id IS NULL
     CROSS JOIN LATERAL (
          SELECT coalesce(sum(a.amount), 0) AS amount FROM orders_orderadjustment AS a WHERE a.line_id = l.id
     ) AS adjusted
      LEFT JOIN back ON back.order_id = l.order_id AND back.line_id = l.id
), whole AS (
    SELECT entry.order_id,
           greatest(entry.back - sums.back - coalesce(rest.amount, 0), 0) AS unnamed,
           sums.weight + greatest(entry.value - sums.paid - coalesce(rest.amount, 0), 0) AS weight,
           entry.value > 0 AND entry.kept <= 0 AS is_undone
      FROM entry
      JOIN (SELECT order_id, sum(paid) AS paid, sum(back) AS back, sum(greatest(paid - back, 0)) AS weight
              FROM line GROUP BY order_id) AS sums ON sums.order_id = entry.order_id
      LEFT JOIN back AS rest ON rest.order_id = entry.order_id AND rest.line_id IS NULL
), shared AS (
    SELECT line.*, whole.is_undone, whole.weight, least(whole.unnamed, whole.weight) AS unnamed,
           sum(greatest(line.paid - line.back, 0)) OVER running AS reached,
           sum(greatest(line.paid - line.back, 0)) OVER running - greatest(line.paid - line.back, 0) AS before
      FROM line JOIN whole ON whole.order_id = line.order_id
    WINDOW running AS (PARTITION BY line.order_id ORDER BY line.id)
)
SELECT shared.id AS line_id, shared.order_id, entry.day, entry.currency, shared.variant_id, shared.sku, shared.name,
       shared.quantity AS units, shared.paid AS amount,
       CASE WHEN shared.is_undone THEN shared.quantity ELSE least(shared.units_back, shared.quantity) END AS units_returned,
       CASE WHEN shared.is_undone THEN shared.paid
            ELSE shared.back + CASE WHEN shared.weight > 0 THEN round(shared.unnamed * shared.reached / shared.weight, 2) - round(shared.unnamed * shared.before / shared.weight, 2)
                             ELSE 0 END
       END AS returned
  FROM shared JOIN entry ON entry.order_id = shared.order_id
