"""Invariants of exchanges and claims, registered with the stock's own rules."""

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.rule_messages import Part

# A replacement moves what may go back of an order from one line to another, and never adds to it;
# what it reserves is of an open exchange or an approved claim, and no more than its units.
CREDITED = """
SELECT line.id,
       jsonb_build_array('worth', jsonb_build_object('units', line.quantity,
           'amount', line.total + adjusted.amount)) AS expected,
       jsonb_build_array('worth', jsonb_build_object('units', gone.units + back.units,
           'amount', gone.credit + back.amount)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT replaced_id, count(*) AS units, sum(credit) AS credit
          FROM orders_replacement WHERE dropped_at IS NULL GROUP BY replaced_id) AS gone
  JOIN orders_orderline AS line ON line.id = gone.replaced_id
 CROSS JOIN LATERAL (SELECT coalesce(sum(a.amount), 0) AS amount FROM orders_orderadjustment AS a
                      WHERE a.line_id = line.id) AS adjusted
 CROSS JOIN LATERAL (
     SELECT coalesce(sum(named.units), 0) AS units, coalesce(sum(named.amount), 0) AS amount
       FROM (SELECT l.quantity AS units, l.amount + l.withheld AS amount
               FROM payments_refundline AS l JOIN payments_refund AS r ON r.id = l.refund_id
              WHERE l.order_line_id = line.id AND r.status <> 'failed'
             UNION ALL
             SELECT l.quantity, l.amount + l.withheld
               FROM orders_reimbursementline AS l JOIN orders_reimbursement AS r ON r.id = l.reimbursement_id
              WHERE l.order_line_id = line.id AND (r.status = 'owed' OR r.counts_itself)) AS named
      ) AS back
 WHERE gone.units + back.units > line.quantity OR gone.credit + back.amount > line.total + adjusted.amount
"""

WORTH = """
SELECT unit.id,
       jsonb_build_array('line', jsonb_build_object('amount', unit.price)) AS expected,
       jsonb_build_array('line', jsonb_build_object('amount', line.total)) AS found, NULL::uuid AS level_id
  FROM orders_orderline AS line
  LEFT JOIN orders_replacement AS unit ON unit.line_id = line.id
 WHERE line.replaces_id IS NOT NULL
   AND (unit.id IS NULL OR unit.price <> line.total OR line.quantity <> 1 OR unit.replaced_id <> line.replaces_id)
"""

RESERVED = """
SELECT coalesce(reserved.owner, wanted.owner) AS id,
       jsonb_build_array('reserved', jsonb_build_object('units', coalesce(wanted.units, 0))) AS expected,
       jsonb_build_array('reserved', jsonb_build_object('units', reserved.units)) AS found, NULL::uuid AS level_id
  FROM (SELECT checkout_id AS owner, variant_id, sum(quantity) AS units
          FROM inventory_reservation
         WHERE status = 'active' AND purpose = 'exchange' AND expires_at > statement_timestamp()
         GROUP BY checkout_id, variant_id) AS reserved
  LEFT JOIN (SELECT coalesce(unit.exchange_id, unit.claim_id) AS owner, unit.variant_id, count(*) AS units
               FROM orders_replacement AS unit
               LEFT JOIN orders_exchange AS exchange ON exchange.id = unit.exchange_id
               LEFT JOIN orders_claim AS claim ON claim.id = unit.claim_id
              WHERE unit.dropped_at IS NULL AND unit.line_id IS NULL
                AND (exchange.status = 'requested' OR claim.status = 'approved')
              GROUP BY 1, unit.variant_id) AS wanted
    ON wanted.owner = reserved.owner AND wanted.variant_id = reserved.variant_id
 WHERE reserved.units > coalesce(wanted.units, 0)
"""


def _explain_replaced(violation: Violation) -> Iterator[Part]:
    yield "replaced-within-paid", {"expected": violation.expected, "found": violation.found}


def _explain_line(violation: Violation) -> Iterator[Part]:
    yield "replacement-line", {"expected": violation.expected, "found": violation.found}


def _explain_reserved(violation: Violation) -> Iterator[Part]:
    yield "replacement-reserved", {"expected": violation.expected, "found": violation.found}


register(
    Rule(
        "replaced-within-paid",
        _("no unit is replaced and paid back as well"),
        "orders.orderline",
        CREDITED,
        {
            "replaced-within-paid": _(
                "Of this line there were %(expected)s, and %(found)s were replaced or paid back. Rows were changed by "
                "hand. Nothing is repaired by itself: find out which unit counts twice."
            )
        },
        _explain_replaced,
        SHOP,
        {"worth": _("%(units)s units worth %(amount)s")},
    ),
    Rule(
        "replacement-line",
        _("a line that replaces a unit is what was agreed"),
        "orders.replacement",
        WORTH,
        {
            "replacement-line": _(
                "Agreed were %(expected)s, its line says %(found)s. The line was changed by hand. Nothing is repaired "
                "by itself: compare with the exchange or the claim."
            )
        },
        _explain_line,
        SHOP,
        {"line": _("one unit worth %(amount)s")},
    ),
    Rule(
        "replacement-reserved",
        _("what is reserved for exchanges is waited for"),
        "orders.replacement",
        RESERVED,
        {
            "replacement-reserved": _(
                "An exchange or a claim waits for %(expected)s, and %(found)s are reserved for it. A reservation was "
                "changed by hand: release it."
            )
        },
        _explain_reserved,
        SHOP,
        {"reserved": _("%(units)s units of a variant")},
    ),
)
