"""What must always be true of returns: units of each state sum up, none came back unsent, money is what was decided."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.rule_messages import Part
from orders.models.returns import UNITS_TAKEN

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

# What is in an order's returns was sent before.
SENT = """
SELECT taken.id,
       jsonb_build_array('sent', jsonb_build_object('units', coalesce(sent.units, 0))) AS expected,
       jsonb_build_array('sent', jsonb_build_object('units', taken.units)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT l.order_line_id AS id, sum(:units_taken) AS units
          FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id GROUP BY l.order_line_id) AS taken
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


def _explain(key: str) -> Callable[[Violation], Iterator[Part]]:
    def explain(violation: Violation) -> Iterator[Part]:
        yield key, {"expected": violation.expected, "found": violation.found}

    return explain


_BY_HAND = _(
    "It should be %(expected)s, the rows say %(found)s. They were changed by hand. Nothing is repaired by itself: find "
    "out what really came and was paid."
)
_WORDS = {
    "return-units": (_("units of returns sum up"), "orders.returnline", UNITS, "units"),
    "return-sent": (_("no more comes back than was sent"), "orders.orderline", SENT, "sent"),
    "return-money": (
        _("what is paid for a return is what was decided"),
        "orders.returndecision",
        MONEY,
        "money",
    ),
    "return-booked": (
        _("units received back are in the ledger"),
        "orders.returnreceiptline",
        LEDGER,
        "booked",
    ),
}
_FACTS = {
    "units": _("%(received)s received, %(inspected)s inspected, %(decided)s decided"),
    "sent": _("%(units)s units"),
    "money": _("%(amount)s to the buyer, %(kept)s kept"),
    "booked": _("%(units)s units"),
}

register(
    *(
        Rule(code, words, subject, sql, {key: _BY_HAND}, _explain(key), SHOP, {key: _FACTS[key]})
        for code, (words, subject, sql, key) in _WORDS.items()
    )
)
