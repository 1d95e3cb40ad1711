"""What must always be true of claims: no unit is claimed unsent or twice, and a claim gives what was decided."""

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import register
from orders.rules import by_hand

SENT = """
SELECT taken.id,
       jsonb_build_array('sent', jsonb_build_object('units', coalesce(sent.units, 0))) AS expected,
       jsonb_build_array('sent', jsonb_build_object('units', taken.units)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT l.order_line_id AS id, sum(l.quantity) AS units
          FROM orders_claimline AS l JOIN orders_claim AS c ON c.id = l.claim_id
         WHERE c.status IN ('open', 'approved', 'resolved') GROUP BY l.order_line_id) AS taken
  LEFT JOIN (SELECT l.order_line_id, sum(l.quantity) AS units
               FROM orders_shipmentline AS l JOIN orders_shipment AS s ON s.id = l.shipment_id
              WHERE s.status IN ('shipped', 'delivered', 'returned') GROUP BY l.order_line_id) AS sent
    ON sent.order_line_id = taken.id
 WHERE taken.units > coalesce(sent.units, 0)
"""

# An approved claim waits with its new units, a resolved one has sent them (unless no money was left to) and owes the
# money, any other gives nothing.
SETTLED = """
SELECT claim.id,
       jsonb_build_array('given', jsonb_build_object('units', wanted.units, 'sent', wanted.sent,
           'amount', wanted.amount)) AS expected,
       jsonb_build_array('given', jsonb_build_object('units', coalesce(new.units, 0), 'sent', coalesce(new.sent, 0),
           'amount', coalesce(owed.amount, 0))) AS found,
       NULL::uuid AS level_id
  FROM orders_claim AS claim
  LEFT JOIN (SELECT claim_id, sum(replaced) AS replaced, sum(amount) AS amount
               FROM orders_claimline GROUP BY claim_id) AS decided ON decided.claim_id = claim.id
 CROSS JOIN LATERAL (
     SELECT CASE WHEN claim.status IN ('approved', 'resolved') AND NOT claim.sends_nothing
                 THEN coalesce(decided.replaced, 0) ELSE 0 END AS units,
            CASE WHEN claim.status = 'resolved' AND NOT claim.sends_nothing
                 THEN coalesce(decided.replaced, 0) ELSE 0 END AS sent,
            CASE WHEN claim.status = 'resolved' THEN coalesce(decided.amount, 0) ELSE 0 END AS amount) AS wanted
  LEFT JOIN (SELECT claim_id, count(*) AS units, count(line_id) AS sent
               FROM orders_replacement WHERE dropped_at IS NULL AND claim_id IS NOT NULL GROUP BY claim_id) AS new
    ON new.claim_id = claim.id
  LEFT JOIN orders_reimbursement AS owed ON owed.id = claim.reimbursement_id
 WHERE (wanted.units, wanted.sent, wanted.amount)
       <> (coalesce(new.units, 0), coalesce(new.sent, 0), coalesce(owed.amount, 0))
"""

register(
    by_hand(
        "claim-sent",
        _("no more is claimed than was sent"),
        "orders.orderline",
        SENT,
        sent=_("%(units)s units"),
    ),
    by_hand(
        "claim-settled",
        _("a claim gives what was decided"),
        "orders.claim",
        SETTLED,
        given=_("%(units)s new units, %(sent)s of them lines of the order, and %(amount)s"),
    ),
)
