"""What must always be true of returns: units of each state sum up, none came back unsent, money is what was decided."""

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import register
from orders.models.returns import UNITS_TAKEN
from orders.rules import by_hand

# Inspected ≤ received, decided ≤ announced or received; of a closed return everything that came was inspected.
UNITS = """
SELECT line.id,
       jsonb_build_array('units', jsonb_build_object('received', greatest(line.quantity, coalesce(came.units, 0)),
           'inspected', coalesce(came.units, 0), 'decided', greatest(line.quantity, coalesce(came.units, 0))))
         AS expected,
       jsonb_build_array('units', jsonb_build_object('received', coalesce(came.units, 0),
           'inspected', coalesce(seen.units, 0), 'decided', coalesce(decided.units, 0))) AS found,
       NULL::uuid AS level_id
  FROM orders_returnline AS line
  JOIN orders_return AS rma ON rma.id = line.rma_id
  LEFT JOIN (SELECT line_id, sum(quantity) AS units FROM orders_returnreceiptline GROUP BY line_id) AS came
    ON came.line_id = line.id
  LEFT JOIN (SELECT line_id, sum(quantity) AS units FROM orders_inspection GROUP BY line_id) AS seen
    ON seen.line_id = line.id
  LEFT JOIN (SELECT d.line_id, sum(d.quantity) AS units
               FROM orders_returndecisionline AS d
               JOIN orders_returndecision AS made ON made.id = d.decision_id AND made.withdrawn_at IS NULL
              GROUP BY d.line_id) AS decided ON decided.line_id = line.id
 WHERE coalesce(seen.units, 0) > coalesce(came.units, 0)
    OR coalesce(decided.units, 0) > greatest(line.quantity, coalesce(came.units, 0))
    OR (rma.status = 'closed' AND coalesce(seen.units, 0) <> coalesce(came.units, 0))
    OR (rma.status IN ('requested', 'rejected', 'cancelled', 'expired') AND coalesce(came.units, 0) > 0)
"""

# What is in a return was sent before; so was all that came by the returns of an order, and all that was paid for. A
# unit announced in one return may come in the parcel of another: then more is announced and received than was sent.
SENT = """
SELECT taken.id,
       jsonb_build_array('sent', jsonb_build_object('units', coalesce(sent.units, 0))) AS expected,
       jsonb_build_array('sent', jsonb_build_object('units', taken.units)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT l.order_line_id AS id, greatest(max(:units_taken), sum(counted.came), sum(counted.paid)) AS units
          FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id
         CROSS JOIN LATERAL (
             SELECT coalesce((SELECT sum(c.quantity) FROM orders_returnreceiptline c WHERE c.line_id = l.id), 0)
                  - coalesce((SELECT sum(i.quantity) FROM orders_inspection i
                               WHERE i.line_id = l.id AND i.disposition = 'send_back'), 0) AS came,
                    coalesce((SELECT sum(d.quantity) FROM orders_returndecisionline d
                                JOIN orders_returndecision m ON m.id = d.decision_id
                               WHERE d.line_id = l.id AND m.reimbursement_id IS NOT NULL), 0) AS paid) AS counted
         GROUP BY l.order_line_id) AS taken
  LEFT JOIN (SELECT l.order_line_id, sum(l.quantity) AS units
               FROM orders_shipmentline l JOIN orders_shipment s ON s.id = l.shipment_id
              WHERE s.status IN ('shipped', 'delivered', 'returned') GROUP BY l.order_line_id) AS sent
    ON sent.order_line_id = taken.id
 WHERE taken.units > coalesce(sent.units, 0)
""".replace(":units_taken", UNITS_TAKEN)

# A decision is the sum of its lines and the freight, and what was owed for it is exactly that.
MONEY = """
SELECT decision.id,
       jsonb_build_array('money', jsonb_build_object('amount', coalesce(lines.amount, 0) + decision.freight,
           'kept', coalesce(lines.withheld, 0))) AS expected,
       jsonb_build_array('money', jsonb_build_object('amount', coalesce(owed.amount, decision.total),
           'kept', decision.withheld)) AS found,
       NULL::uuid AS level_id
  FROM orders_returndecision AS decision
  LEFT JOIN (SELECT decision_id, sum(amount) AS amount, sum(withheld) AS withheld
               FROM orders_returndecisionline GROUP BY decision_id) AS lines ON lines.decision_id = decision.id
  LEFT JOIN orders_reimbursement AS owed ON owed.id = decision.reimbursement_id
 WHERE decision.total <> coalesce(lines.amount, 0) + decision.freight
    OR decision.withheld <> coalesce(lines.withheld, 0)
    OR owed.amount <> decision.total
"""

# Each counted unit of a variant was booked into the ledger by the movement of its line.
LEDGER = """
SELECT line.id,
       jsonb_build_array('booked', jsonb_build_object('units', line.quantity)) AS expected,
       jsonb_build_array('booked', jsonb_build_object('units', coalesce(movement.quantity, 0))) AS found,
       movement.level_id AS level_id
  FROM orders_returnreceiptline AS line
  LEFT JOIN inventory_stockmovement AS movement ON movement.id = line.movement_id
 WHERE line.movement_id IS NOT NULL AND movement.quantity IS DISTINCT FROM line.quantity
"""


# Each unit is paid back as it was decided about, its kept fee included.
OWED = """
SELECT told.id,
       jsonb_build_array('paid', jsonb_build_object('units', told.quantity, 'amount', told.amount,
           'kept', told.withheld)) AS expected,
       jsonb_build_array('paid', jsonb_build_object('units', coalesce(owed.quantity, 0),
           'amount', coalesce(owed.amount, 0), 'kept', coalesce(owed.withheld, 0))) AS found,
       NULL::uuid AS level_id
  FROM orders_returndecision AS decision
  JOIN orders_returndecisionline AS told ON told.decision_id = decision.id
  JOIN orders_returnline AS line ON line.id = told.line_id
  LEFT JOIN orders_reimbursementline AS owed
    ON owed.reimbursement_id = decision.reimbursement_id AND owed.order_line_id = line.order_line_id
 WHERE decision.reimbursement_id IS NOT NULL
   AND (told.quantity, told.amount, told.withheld)
       IS DISTINCT FROM (owed.quantity, owed.amount, owed.withheld)
"""

# What became of inspected units is a movement of as many of them, none where they stay in quarantine.
MOVED = """
SELECT seen.id,
       jsonb_build_array('moved', jsonb_build_object('kind', wanted.kind, 'units', seen.units)) AS expected,
       jsonb_build_array('moved', jsonb_build_object('kind', coalesce(movement.kind, '-'),
           'units', coalesce(abs(movement.quantity), 0))) AS found,
       movement.level_id AS level_id
  FROM (SELECT i.id, i.line_id, i.disposition, i.location_id, i.movement_id,
               CASE WHEN i.movement_id IS NULL THEN i.quantity
                    ELSE sum(i.quantity) OVER (PARTITION BY i.movement_id) END AS units
          FROM orders_inspection AS i) AS seen
  JOIN orders_returnline AS line ON line.id = seen.line_id
  JOIN orders_orderline AS sold ON sold.id = line.order_line_id
 CROSS JOIN LATERAL (SELECT CASE seen.disposition WHEN 'restock' THEN 'transfer_in' WHEN 'write_off' THEN 'loss'
                                 WHEN 'send_back' THEN 'adjustment' ELSE '-' END AS kind) AS wanted
  LEFT JOIN inventory_stockmovement AS movement ON movement.id = seen.movement_id
 WHERE sold.variant_id IS NOT NULL
   AND (coalesce(movement.kind, '-') <> wanted.kind OR movement.variant_id <> sold.variant_id
        OR abs(movement.quantity) < seen.units
        OR (seen.disposition = 'restock' AND movement.location_id IS DISTINCT FROM seen.location_id))
"""

_UNITS = _("%(units)s units")

register(
    by_hand(
        "return-units",
        _("units of returns sum up"),
        "orders.returnline",
        UNITS,
        units=_("%(received)s received, %(inspected)s inspected, %(decided)s decided"),
    ),
    by_hand("return-sent", _("no more comes back than was sent"), "orders.orderline", SENT, sent=_UNITS),
    by_hand(
        "return-money",
        _("what is paid for a return is what was decided"),
        "orders.returndecision",
        MONEY,
        money=_("%(amount)s to the buyer, %(kept)s kept"),
    ),
    by_hand(
        "return-owed",
        _("each returned unit is paid back as it was decided"),
        "orders.returndecisionline",
        OWED,
        paid=_("%(units)s units, %(amount)s to the buyer, %(kept)s kept"),
    ),
    by_hand(
        "return-booked",
        _("units received back are in the ledger"),
        "orders.returnreceiptline",
        LEDGER,
        booked=_UNITS,
    ),
    by_hand(
        "return-moved",
        _("what became of inspected units is in the ledger"),
        "orders.inspection",
        MOVED,
        moved=_("%(units)s units by a movement of the kind %(kind)s"),
    ),
)
