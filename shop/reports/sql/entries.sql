-- What orders add to the sales and take from them: one row for each fact (docs/reports.md says which, and of which day).
-- Call: shop/reports/rebuilding.py, shop/reports/pending.py. Parameters: orders (keys), zone (the shop's time zone).
--
-- An order counts once something was paid for it, or it is free, or sold in instalments whose first is paid; never one
-- that was cancelled before anything was paid.
-- Paid at once: it is worth what its payments brought, and loses refunds that have not failed, what is owed, what banks
-- took, and what a provider says has gone back beyond the refunds known here.
-- In instalments: it is worth its total. What goes back is in the events of its instalments, and a payment that a bank
-- took back is owed again: refunds, charge-backs and debts are not counted beside them.
-- A payment in another currency than its order's counts as the same part of the order's total.
-- Locks   none; one statement, hence one snapshot.
WITH sold AS MATERIALIZED (
    SELECT o.id, o.placed_at, o.currency, o.total, o.subtotal, o.shipping_total, plan.id AS plan_id,
           coalesce(paid.amount, o.total) AS value
      FROM orders_order AS o
      LEFT JOIN orders_installmentplan AS plan ON plan.order_id = o.id
      LEFT JOIN LATERAL (
          SELECT sum(CASE WHEN p.currency = o.currency THEN p.amount ELSE o.total END) AS amount
            FROM payments_payment AS p
           WHERE p.order_id = o.id AND p.role = 'order' AND plan.id IS NULL
      ) AS paid ON true
     WHERE o.id = ANY (%(orders)s)
       AND (plan.id IS NULL OR plan.status NOT IN ('awaiting', 'cancelled'))
       AND (o.status <> 'cancelled'
            OR EXISTS (SELECT 1 FROM payments_payment AS p WHERE p.order_id = o.id AND p.role = 'order'))
), payment AS (
    SELECT p.id, p.order_id, p.amount, p.refunded_amount, p.charged_back_amount, live.amount AS live,
           CASE WHEN p.currency = sold.currency OR p.amount = 0 THEN 1 ELSE sold.total / p.amount END AS rate
      FROM sold
      JOIN payments_payment AS p ON p.order_id = sold.id AND p.role = 'order'
     CROSS JOIN LATERAL (
          SELECT coalesce(sum(r.amount), 0) AS amount
            FROM payments_refund AS r
           WHERE r.payment_id = p.id AND r.status <> 'failed'
     ) AS live
     WHERE sold.plan_id IS NULL
), part AS (
    SELECT sold.id AS order_id,
           coalesce(sum(a.amount) FILTER (WHERE a.kind = 'tax'), 0) AS taxes,
           coalesce(sum(a.amount) FILTER (WHERE a.kind = 'tax' AND a.target = 'shipping'), 0) AS of_shipping,
           coalesce(sum(a.amount) FILTER (WHERE a.kind = 'financing'), 0) AS interest,
           coalesce(sum(a.amount) FILTER (WHERE a.amount < 0 AND a.target <> 'shipping' AND a.kind <> 'tax'), 0)
             AS discounts
      FROM sold
      LEFT JOIN orders_orderadjustment AS a ON a.order_id = sold.id
     GROUP BY sold.id
), fact (order_id, kind, source, at, amount) AS (
    SELECT id, 'sale', id, placed_at, value FROM sold
    UNION ALL
    SELECT payment.order_id, 'refund', r.id, r.created_at, -round(r.amount * payment.rate, 2)
      FROM payment JOIN payments_refund AS r ON r.payment_id = payment.id AND r.status <> 'failed'
    UNION ALL
    SELECT payment.order_id, 'unlisted', payment.id, sold.placed_at,
           -round((payment.refunded_amount - payment.live) * payment.rate, 2)
      FROM payment JOIN sold ON sold.id = payment.order_id
     WHERE payment.refunded_amount > payment.live
    UNION ALL
    SELECT payment.order_id, 'charge_back', payment.id, coalesce(lost.at, sold.placed_at),
           -round(least(payment.charged_back_amount,
                        payment.amount - greatest(payment.live, payment.refunded_amount)) * payment.rate, 2)
      FROM payment JOIN sold ON sold.id = payment.order_id
     CROSS JOIN LATERAL (
          SELECT max(closed_at) AS at FROM payments_dispute WHERE payment_id = payment.id AND status = 'lost'
     ) AS lost
     WHERE least(payment.charged_back_amount,
                 payment.amount - greatest(payment.live, payment.refunded_amount)) > 0
    UNION ALL
    SELECT sold.id, 'owed', owed.id, owed.created_at, -owed.amount
      FROM sold JOIN orders_reimbursement AS owed ON owed.order_id = sold.id AND owed.status = 'owed'
     WHERE sold.plan_id IS NULL
    UNION ALL
    SELECT sold.id,
           CASE event.kind WHEN 'waived' THEN 'waived' WHEN 'late' THEN 'late' WHEN 'reduced' THEN 'fallen'
                ELSE 'refund' END,
           event.id, event.created_at,
           CASE WHEN event.kind IN ('late', 'restored') THEN event.amount ELSE -event.amount END
      FROM sold
      JOIN orders_installment AS i ON i.plan_id = sold.plan_id
      JOIN orders_installmentevent AS event ON event.installment_id = i.id
     WHERE event.kind IN ('waived', 'late', 'reduced', 'refunded', 'restored')
), counted AS (
    SELECT order_id, sum(amount) AS kept FROM fact GROUP BY order_id
)
SELECT fact.order_id, fact.kind, fact.source, fact.at, (fact.at AT TIME ZONE %(zone)s)::date AS day, sold.currency,
       fact.amount,
       CASE WHEN is_sale THEN sold.subtotal ELSE 0 END AS goods,
       CASE WHEN is_sale THEN part.discounts ELSE 0 END AS discounts,
       CASE WHEN is_sale THEN sold.shipping_total - part.of_shipping ELSE 0 END AS shipping,
       CASE WHEN is_sale THEN part.taxes ELSE 0 END AS taxes,
       CASE WHEN is_sale THEN part.interest ELSE 0 END AS interest,
       CASE WHEN is_sale THEN sold.value - sold.subtotal - part.discounts - sold.shipping_total + part.of_shipping
                              - part.taxes - part.interest ELSE 0 END AS other,
       CASE WHEN is_sale THEN
           (SELECT coalesce(sum(line.quantity), 0) FROM orders_orderline AS line
             WHERE line.order_id = sold.id AND line.replaces_id IS NULL)
       ELSE 0 END AS units,
       CASE WHEN is_sale THEN counted.kept ELSE 0 END AS kept,
       is_sale AND sold.value > 0 AND counted.kept <= 0 AS is_undone
  FROM fact
  JOIN sold ON sold.id = fact.order_id
  JOIN part ON part.order_id = fact.order_id
  JOIN counted ON counted.order_id = fact.order_id
 CROSS JOIN LATERAL (SELECT fact.kind = 'sale' AS is_sale) AS of
