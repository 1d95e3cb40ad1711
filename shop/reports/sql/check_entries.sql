-- Orders of which another sum is left by their own rows than by the entries of the reports, or on another day.
-- Call: shop/reports/invariants.py, which writes the shop's time zone into it.
--
-- Added up in another way than entries.sql writes them: from the sums that orders, payments and instalments keep. What
-- was changed and is not counted yet is left out.
-- Locks   none; one statement, hence one snapshot.
WITH refund AS (
    SELECT payment_id, sum(amount) AS amount FROM payments_refund WHERE status <> 'failed' GROUP BY payment_id
), paid AS (
    SELECT p.order_id, sum(CASE WHEN p.currency = o.currency THEN p.amount ELSE o.total END) AS amount,
           sum(round(least(greatest(coalesce(refund.amount, 0), p.refunded_amount) + p.charged_back_amount, p.amount)
                     * CASE WHEN p.currency = o.currency OR p.amount = 0 THEN 1 ELSE o.total / p.amount END, 2)) AS back
      FROM payments_payment AS p
      JOIN orders_order AS o ON o.id = p.order_id
      LEFT JOIN refund ON refund.payment_id = p.id
     WHERE p.role = 'order'
     GROUP BY p.order_id
), plan AS (
    SELECT plan.order_id, plan.status, sum(i.late - i.waived - i.reduced) AS amount
      FROM orders_installmentplan AS plan JOIN orders_installment AS i ON i.plan_id = plan.id
     GROUP BY plan.order_id, plan.status
), owed AS (
    SELECT order_id, sum(amount) AS amount FROM orders_reimbursement WHERE status = 'owed' GROUP BY order_id
), expected AS (
    SELECT o.id, o.placed_at,
           CASE WHEN plan.order_id IS NOT NULL THEN o.total + plan.amount
                ELSE coalesce(paid.amount - paid.back, o.total) - coalesce(owed.amount, 0) END AS kept
      FROM orders_order AS o
      LEFT JOIN paid ON paid.order_id = o.id
      LEFT JOIN plan ON plan.order_id = o.id
      LEFT JOIN owed ON owed.order_id = o.id
     WHERE (plan.order_id IS NULL OR plan.status NOT IN ('awaiting', 'cancelled'))
       AND (o.status <> 'cancelled' OR paid.order_id IS NOT NULL)
), entry AS (
    SELECT order_id, sum(amount) AS kept, max(at) FILTER (WHERE kind = 'sale') AS placed_at,
           bool_and(day = (at AT TIME ZONE '{zone}')::date) AS is_of_day
      FROM reports_salesentry GROUP BY order_id
)
SELECT coalesce(expected.id, entry.order_id) AS id, coalesce(expected.kept, 0) AS expected,
       coalesce(entry.kept, 0) AS found, NULL::uuid AS level_id
  FROM expected FULL JOIN entry ON entry.order_id = expected.id
 WHERE (expected.kept, expected.placed_at, true) IS DISTINCT FROM (entry.kept, entry.placed_at, entry.is_of_day)
   AND NOT EXISTS (SELECT 1 FROM reports_reportchange WHERE is_all)
   AND NOT EXISTS (SELECT 1 FROM reports_reportchange AS change
                    WHERE change.order_id = coalesce(expected.id, entry.order_id))
