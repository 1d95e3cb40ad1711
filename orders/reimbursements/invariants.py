"""What must always be true of the money that goes back of an order: never more than was paid for it, line by line."""

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import register
from orders.rules import by_hand

# The sums of an order are those of the lines that were sold with it and of its adjustments: what may go back is
# computed from these.
ADDS_UP = """
SELECT purchase.id,
       jsonb_build_array('sums', jsonb_build_object('lines', coalesce(sold.total, 0),
           'shipping', coalesce(adjusted.shipping, 0), 'others', coalesce(adjusted.others, 0))) AS expected,
       jsonb_build_array('sums', jsonb_build_object('lines', purchase.subtotal,
           'shipping', purchase.shipping_total, 'others', purchase.adjustment_total)) AS found,
       NULL::uuid AS level_id
  FROM orders_order AS purchase
  LEFT JOIN (SELECT order_id, sum(total) AS total FROM orders_orderline WHERE replaces_id IS NULL GROUP BY order_id)
    AS sold ON sold.order_id = purchase.id
  LEFT JOIN (SELECT order_id, sum(amount) FILTER (WHERE target = 'shipping') AS shipping,
                    sum(amount) FILTER (WHERE target <> 'shipping') AS others
               FROM orders_orderadjustment GROUP BY order_id) AS adjusted ON adjusted.order_id = purchase.id
 WHERE (purchase.subtotal, purchase.shipping_total, purchase.adjustment_total)
       <> (coalesce(sold.total, 0), coalesce(adjusted.shipping, 0), coalesce(adjusted.others, 0))
"""

# A unit goes back once: by a refund, by what is owed or counts by itself, or by a unit that replaces it. What was
# paid for it is its share of the line's total and adjustments, and a kept fee is a part of that.
UNITS = """
SELECT line.id,
       jsonb_build_array('worth', jsonb_build_object('units', line.quantity,
           'amount', line.total + adjusted.amount)) AS expected,
       jsonb_build_array('worth', jsonb_build_object('units', gone.units, 'amount', gone.amount)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT each.line_id, sum(each.units) AS units, sum(each.amount) AS amount
          FROM (SELECT l.order_line_id AS line_id, l.quantity AS units, l.amount + l.withheld AS amount
                  FROM payments_refundline AS l JOIN payments_refund AS r ON r.id = l.refund_id
                 WHERE l.order_line_id IS NOT NULL AND r.status <> 'failed'
                 UNION ALL
                SELECT l.order_line_id, l.quantity, l.amount + l.withheld
                  FROM orders_reimbursementline AS l JOIN orders_reimbursement AS r ON r.id = l.reimbursement_id
                 WHERE l.kind IN ('line', 'credit') AND (r.status = 'owed' OR r.counts_itself)
                 UNION ALL
                SELECT replaced_id, 1, credit FROM orders_replacement WHERE dropped_at IS NULL) AS each
         GROUP BY each.line_id) AS gone
  JOIN orders_orderline AS line ON line.id = gone.line_id
 CROSS JOIN LATERAL (SELECT coalesce(sum(a.amount), 0) AS amount FROM orders_orderadjustment AS a
                      WHERE a.line_id = line.id) AS adjusted
 WHERE gone.units > line.quantity OR gone.amount > line.total + adjusted.amount
"""

CHARGES = """
SELECT purchase.id,
       jsonb_build_array('charges', jsonb_build_object('amount', purchase.shipping_total + others.amount)) AS expected,
       jsonb_build_array('charges', jsonb_build_object('amount', gone.amount)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT each.order_id, sum(each.amount) AS amount
          FROM (SELECT p.order_id, l.amount
                  FROM payments_refundline AS l JOIN payments_refund AS r ON r.id = l.refund_id
                  JOIN payments_payment AS p ON p.id = r.payment_id
                 WHERE l.order_line_id IS NULL AND r.status <> 'failed'
                 UNION ALL
                SELECT r.order_id, l.amount
                  FROM orders_reimbursementline AS l JOIN orders_reimbursement AS r ON r.id = l.reimbursement_id
                 WHERE l.kind = 'shipping' AND (r.status = 'owed' OR r.counts_itself)) AS each
         GROUP BY each.order_id) AS gone
  JOIN orders_order AS purchase ON purchase.id = gone.order_id
 CROSS JOIN LATERAL (SELECT coalesce(sum(a.amount), 0) AS amount FROM orders_orderadjustment AS a
                      WHERE a.order_id = purchase.id AND a.target = 'order') AS others
 WHERE gone.amount > purchase.shipping_total + others.amount
"""

# What is owed is the sum of what it is owed for.
LINES = """
SELECT owed.id,
       coalesce(lines.amount, 0)::text AS expected, owed.amount::text AS found,
       NULL::uuid AS level_id
  FROM orders_reimbursement AS owed
  LEFT JOIN (SELECT reimbursement_id, sum(amount) AS amount FROM orders_reimbursementline GROUP BY reimbursement_id)
    AS lines ON lines.reimbursement_id = owed.id
 WHERE owed.amount <> coalesce(lines.amount, 0)
"""

# Of the units that were given back as sent ones, no more than have left.
SENT = """
SELECT stated.line_id AS id,
       jsonb_build_array('sent', jsonb_build_object('units', coalesce(departed.units, 0))) AS expected,
       jsonb_build_array('sent', jsonb_build_object('units', stated.units)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT each.line_id, sum(each.units) AS units
          FROM (SELECT l.order_line_id AS line_id, l.sent AS units
                  FROM payments_refundline AS l JOIN payments_refund AS r ON r.id = l.refund_id
                 WHERE l.sent > 0 AND r.status <> 'failed'
                 UNION ALL
                SELECT l.order_line_id, l.sent
                  FROM orders_reimbursementline AS l JOIN orders_reimbursement AS r ON r.id = l.reimbursement_id
                 WHERE l.sent > 0 AND (r.status = 'owed' OR r.counts_itself)) AS each
         GROUP BY each.line_id) AS stated
  LEFT JOIN (SELECT l.order_line_id, sum(l.quantity) AS units
               FROM orders_shipmentline AS l JOIN orders_shipment AS s ON s.id = l.shipment_id
              WHERE s.status IN ('shipped', 'delivered', 'returned') GROUP BY l.order_line_id) AS departed
    ON departed.order_line_id = stated.line_id
 WHERE stated.units > coalesce(departed.units, 0)
"""

register(
    by_hand(
        "refunded-sent",
        _("no more units are paid back as sent ones than were sent"),
        "orders.orderline",
        SENT,
        sent=_("%(units)s units"),
    ),
    by_hand(
        "order-adds-up",
        _("the sums of an order are those of its lines and adjustments"),
        "orders.order",
        ADDS_UP,
        sums=_("lines of %(lines)s, shipping of %(shipping)s, other adjustments of %(others)s"),
    ),
    by_hand(
        "units-paid-back",
        _("no unit goes back twice, and no more than was paid for it"),
        "orders.orderline",
        UNITS,
        worth=_("%(units)s units worth %(amount)s"),
    ),
    by_hand(
        "charges-paid-back",
        _("no more of the shipping goes back than was paid"),
        "orders.order",
        CHARGES,
        charges=_("at most %(amount)s"),
    ),
    by_hand(
        "owed-lines",
        _("what is owed back is the sum of its lines"),
        "orders.reimbursement",
        LINES,
    ),
)
