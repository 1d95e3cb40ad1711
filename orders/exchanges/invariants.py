"""Invariants of exchanges and claims, registered with the stock's own rules."""

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.rule_messages import Part
from orders.rules import by_hand

# A replacement moves what may go back of an order from one line to another, and never adds to it
# (`orders.reimbursements.invariants`); its own line is worth what was agreed.
WORTH = """
SELECT unit.id,
       jsonb_build_array('line', jsonb_build_object('amount', unit.price)) AS expected,
       jsonb_build_array('line', jsonb_build_object('amount', line.total)) AS found, NULL::uuid AS level_id
  FROM orders_orderline AS line
  LEFT JOIN orders_replacement AS unit ON unit.line_id = line.id
 WHERE line.replaces_id IS NOT NULL
   AND (unit.id IS NULL OR unit.price <> line.total OR line.quantity <> 1 OR unit.replaced_id <> line.replaces_id)
"""

# What is reserved is of an open exchange or an approved claim, and no more than its units.
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

# An open exchange waits with its units, a released one has made lines of them, a cancelled one has dropped them; its
# units cost the difference that was agreed, and what was paid beyond it went back (less what a bank took, and what had
# gone back by another way).
SETTLED = """
SELECT exchange.id,
       jsonb_build_array('given', jsonb_build_object('units', CASE exchange.status WHEN 'cancelled' THEN 0
               ELSE greatest(new.units, 1) END,
           'sent', CASE exchange.status WHEN 'released' THEN new.units ELSE 0 END, 'amount', due.amount)) AS expected,
       jsonb_build_array('given', jsonb_build_object('units', new.units, 'sent', new.sent,
           'amount', kept.amount)) AS found,
       NULL::uuid AS level_id
  FROM orders_exchange AS exchange
 CROSS JOIN LATERAL (
     SELECT count(*) AS units, count(line_id) AS sent, coalesce(sum(price - credit + fee), 0) AS difference
       FROM orders_replacement WHERE exchange_id = exchange.id AND dropped_at IS NULL) AS new
  LEFT JOIN orders_exchangecharge AS charge ON charge.exchange_id = exchange.id
  LEFT JOIN orders_reimbursement AS owed ON owed.id = exchange.reimbursement_id
 CROSS JOIN LATERAL (
     SELECT CASE exchange.status WHEN 'requested' THEN exchange.settlement
                 WHEN 'released' THEN new.difference ELSE 0 END AS amount) AS due
 CROSS JOIN LATERAL (
     SELECT CASE WHEN exchange.status = 'requested' THEN new.difference
                 ELSE CASE charge.status WHEN 'paid' THEN charge.amount ELSE 0 END - coalesce(owed.amount, 0)
             END AS amount) AS kept
 WHERE (exchange.status = 'cancelled') <> (new.units = 0)
    OR new.sent <> CASE exchange.status WHEN 'released' THEN new.units ELSE 0 END
    OR kept.amount < due.amount + exchange.not_paid_back
    OR kept.amount > due.amount + exchange.not_paid_back + coalesce(charge.lost, 0)
    OR (exchange.status = 'requested' AND charge.amount <> exchange.settlement)
"""


def _explain_line(violation: Violation) -> Iterator[Part]:
    yield "replacement-line", {"expected": violation.expected, "found": violation.found}


def _explain_reserved(violation: Violation) -> Iterator[Part]:
    yield "replacement-reserved", {"expected": violation.expected, "found": violation.found}


register(
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
    by_hand(
        "exchange-settled",
        _("an exchange sends and costs what was agreed"),
        "orders.exchange",
        SETTLED,
        given=_("%(units)s new units, %(sent)s of them lines of the order, and %(amount)s"),
    ),
)
