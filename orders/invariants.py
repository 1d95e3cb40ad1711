"""Invariants between orders and stock. Registered with the stock's own rules, which do not import orders."""

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.rule_messages import Part
from orders.fulfilment import invariants as of_fulfilment
from orders.models import Order, OrderLine
from orders.returns import invariants as of_returns

# Whatever made the order (a payment, an accepted contract), what its lines say has left the stock, no more and no less.
# A line that replaces a unit later has a sale of its own.
SOLD = """
SELECT coalesce(bought.order_id, moved.order_id) AS id,
       jsonb_build_array('units', jsonb_build_object(
           'units', coalesce(bought.units, 0), 'sku', variant.sku)) AS expected,
       jsonb_build_array('units', jsonb_build_object(
           'units', coalesce(moved.units, 0), 'sku', variant.sku)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT CASE WHEN replaces_id IS NULL THEN order_id ELSE id END AS order_id, variant_id, sum(quantity) AS units
          FROM orders_orderline
         GROUP BY 1, variant_id) AS bought
  FULL JOIN (SELECT cause_id AS order_id, variant_id, -sum(quantity) AS units
               FROM inventory_stockmovement
              WHERE kind = 'sale' AND cause_type IN ('orders.order', 'orders.orderline')
              GROUP BY cause_id, variant_id) AS moved
    ON moved.order_id = bought.order_id AND moved.variant_id = bought.variant_id
  JOIN catalog_variant AS variant ON variant.id = coalesce(bought.variant_id, moved.variant_id)
 WHERE coalesce(bought.units, 0) <> coalesce(moved.units, 0)
"""

# Each unit sold was reserved by its checkout and converted, at the level from which it was sold.
CONVERTED = """
SELECT sale.id,
       jsonb_build_array('converted', jsonb_build_object('units', coalesce(sold.units, 0))) AS expected,
       jsonb_build_array('converted', jsonb_build_object('units', coalesce(reservation.units, 0))) AS found,
       coalesce(sold.level_id, reservation.level_id) AS level_id
  FROM (SELECT checkout_id, level_id, sum(quantity) AS units
          FROM inventory_reservation
         WHERE status = 'converted' AND purpose <> 'exchange'
         GROUP BY checkout_id, level_id) AS reservation
  FULL JOIN (SELECT sale.checkout_id, movement.level_id, -sum(movement.quantity) AS units
               FROM inventory_stockmovement AS movement
               JOIN orders_order AS sale ON sale.id = movement.cause_id
              WHERE movement.kind = 'sale' AND movement.cause_type = 'orders.order'
              GROUP BY sale.checkout_id, movement.level_id) AS sold
    ON sold.checkout_id = reservation.checkout_id AND sold.level_id = reservation.level_id
  LEFT JOIN orders_order AS sale ON sale.checkout_id = coalesce(reservation.checkout_id, sold.checkout_id)
 WHERE coalesce(reservation.units, 0) <> coalesce(sold.units, 0)
"""


def _explain_sold(violation: Violation) -> Iterator[Part]:
    return _facts("sold", violation)


def _explain_converted(violation: Violation) -> Iterator[Part]:
    return _facts("converted", violation)


def _facts(key: str, violation: Violation) -> Iterator[Part]:
    order = _order_of(violation.subject_id) if violation.subject_id else None
    yield ("order", {"order": str(order)}) if order else ("no-order", {})
    yield key, {"expected": violation.expected, "found": violation.found}


def _order_of(key: object) -> Order | None:
    """Return the order with this key, or of the replacement's line with this key."""
    line = OrderLine.everything.filter(pk=str(key)).select_related("order").first()
    return line.order if line else Order.objects.filter(pk=str(key)).first()


_NAMED = {"order": _("Order %(order)s."), "no-order": _("A purchase without an order.")}

register(
    Rule(
        "order-sold",
        _("every paid order line has its sale movement"),
        "orders.order",
        SOLD,
        _NAMED
        | {
            "sold": _(
                "It was paid for %(expected)s, the ledger sold %(found)s. Either a line or a sale movement was changed "
                "by hand. Nothing is repaired by itself: decide what was really sent."
            )
        },
        _explain_sold,
        SHOP,
        {"units": _("%(units)s of %(sku)s")},
    ),
    Rule(
        "order-converted",
        _("converted holds match the sales"),
        "orders.order",
        CONVERTED,
        _NAMED
        | {
            "converted": _(
                "Its sale needs %(expected)s units at this level, its holds say %(found)s. What is sold was held "
                "before; a difference means that a hold or a movement was changed by hand."
            )
        },
        _explain_converted,
        SHOP,
        {"converted": _("%(units)s converted")},
    ),
)

# Orders paid in instalments (`orders.installments`). A plan is a copy of what was accepted, and its instalments are
# changed by their events alone.
PLAN_ADDS_UP = """
SELECT plan.id,
       jsonb_build_array('plan', jsonb_build_object('total', purchase.total, 'base', plan.base)) AS expected,
       jsonb_build_array('plan', jsonb_build_object('total', coalesce(sums.total, 0), 'base', coalesce(sums.base, 0)))
         AS found,
       NULL::uuid AS level_id
  FROM orders_installmentplan AS plan
  JOIN orders_order AS purchase ON purchase.id = plan.order_id
  LEFT JOIN (SELECT plan_id, sum(amount) AS total, sum(principal) AS base
               FROM orders_installment GROUP BY plan_id) AS sums ON sums.plan_id = plan.id
 WHERE plan.total <> purchase.total OR plan.total IS DISTINCT FROM sums.total OR plan.base IS DISTINCT FROM sums.base
"""

BOOKED = """
SELECT part.id,
       jsonb_build_array('booked', jsonb_build_object('paid', coalesce(sums.paid, 0), 'waived',
           coalesce(sums.waived, 0), 'fallen', coalesce(sums.fallen, 0), 'late', coalesce(sums.late, 0))) AS expected,
       jsonb_build_array('booked', jsonb_build_object('paid', part.paid, 'waived', part.waived, 'fallen',
           part.reduced, 'late', part.late)) AS found,
       NULL::uuid AS level_id
  FROM orders_installment AS part
  LEFT JOIN (SELECT installment_id,
                    coalesce(sum(amount) FILTER (WHERE kind = 'paid'), 0)
                      - coalesce(sum(amount) FILTER (WHERE kind IN ('refunded', 'reversed')), 0) AS paid,
                    coalesce(sum(amount) FILTER (WHERE kind = 'waived'), 0)
                      - coalesce(sum(amount) FILTER (WHERE kind = 'waiver_fallen'), 0) AS waived,
                    coalesce(sum(amount) FILTER (WHERE kind IN ('reduced', 'refunded', 'waiver_fallen')), 0)
                      - coalesce(sum(amount) FILTER (WHERE kind = 'restored'), 0) AS fallen,
                    coalesce(sum(amount) FILTER (WHERE kind = 'late'), 0) AS late
               FROM orders_installmentevent GROUP BY installment_id) AS sums ON sums.installment_id = part.id
 WHERE (part.paid, part.waived, part.reduced, part.late)
       <> (coalesce(sums.paid, 0), coalesce(sums.waived, 0), coalesce(sums.fallen, 0), coalesce(sums.late, 0))
"""


def _explain_plan(violation: Violation) -> Iterator[Part]:
    yield "adds-up", {"expected": violation.expected, "found": violation.found}


def _explain_booked(violation: Violation) -> Iterator[Part]:
    yield "booked", {"expected": violation.expected, "found": violation.found}


register(
    Rule(
        "plan-adds-up",
        _("the instalments of a plan add up to its order"),
        "orders.installmentplan",
        PLAN_ADDS_UP,
        {
            "adds-up": _(
                "Agreed were %(expected)s, the instalments have %(found)s. Neither ever changes: rows were changed by "
                "hand. Nothing is repaired by itself: compare with the contract that was accepted."
            )
        },
        _explain_plan,
        SHOP,
        {"plan": _("a total of %(total)s and a price of %(base)s")},
    ),
    Rule(
        "installment-booked",
        _("an instalment is what its events say"),
        "orders.installment",
        BOOKED,
        {
            "booked": _(
                "Its events say %(expected)s, its row says %(found)s. The row was changed by hand, or an event was "
                "removed. Nothing is repaired by itself: find out which is true."
            )
        },
        _explain_booked,
        SHOP,
        {"booked": _("%(paid)s paid, %(waived)s waived, %(fallen)s fallen, %(late)s late interest")},
    ),
)

# Numbers of documents (`orders.invoices.numbering`): one after another, none missing but those that somebody else has
# used at the tax office, and days that never go backwards.
NUMBERS = """
SELECT later.id,
       jsonb_build_array('numbers', jsonb_build_object('number', before.number + 1, 'day', before.day)) AS expected,
       jsonb_build_array('numbers', jsonb_build_object('number', later.number, 'day', later.day)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT used.*, lag(number) OVER own AS number_before, lag(day) OVER own AS day_before
          FROM (SELECT id, series_id, number, issued_on AS day FROM orders_invoice WHERE number IS NOT NULL
                UNION ALL
                SELECT id, series_id, number, NULL FROM orders_foreigninvoicenumber) AS used
        WINDOW own AS (PARTITION BY series_id ORDER BY number)) AS later
 CROSS JOIN LATERAL (SELECT later.number_before AS number, later.day_before AS day) AS before
 WHERE later.number > before.number + 1 OR later.day < before.day
UNION ALL
SELECT series.id,
       jsonb_build_array('numbers', jsonb_build_object('number', last.number + 1, 'day', NULL)),
       jsonb_build_array('numbers', jsonb_build_object('number', series.next_number, 'day', NULL)),
       NULL::uuid
  FROM orders_invoiceseries AS series
  JOIN (SELECT series_id, max(number) AS number
          FROM (SELECT series_id, number FROM orders_invoice WHERE number IS NOT NULL
                UNION ALL
                SELECT series_id, number FROM orders_foreigninvoicenumber) AS used
         GROUP BY series_id) AS last ON last.series_id = series.id
 WHERE series.next_number <> last.number + 1
"""


def _explain_numbers(violation: Violation) -> Iterator[Part]:
    yield "numbers", {"expected": violation.expected, "found": violation.found}


register(
    Rule(
        "invoice-numbers",
        _("numbers of invoices have no gaps, and their days do not go backwards"),
        "orders.invoice",
        NUMBERS,
        {
            "numbers": _(
                "Expected was %(expected)s, found is %(found)s. A document was written or removed by hand, or the"
                " machine's clock was put back. Nothing is repaired by itself: show it to your accountant."
            )
        },
        _explain_numbers,
        SHOP,
        {"numbers": _("number %(number)s (day: %(day)s)")},
    ),
)

# Of a line no unit is in two shipments, or cancelled and in one: the triggers of both count each other's rows.
UNITS_ONCE = """
SELECT line.id,
       jsonb_build_array('units', jsonb_build_object('units', line.quantity, 'sku', line.sku)) AS expected,
       jsonb_build_array('units', jsonb_build_object('units', gone.units, 'sku', line.sku)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT order_line_id, sum(quantity) AS units
          FROM (SELECT order_line_id, quantity FROM orders_cancellationline
                UNION ALL
                SELECT l.order_line_id, l.quantity
                  FROM orders_shipmentline AS l JOIN orders_shipment AS s ON s.id = l.shipment_id
                 WHERE s.status <> 'cancelled' AND s.sent_again_at IS NULL) AS each
         GROUP BY order_line_id) AS gone
  JOIN orders_orderline AS line ON line.id = gone.order_line_id
 WHERE gone.units > line.quantity
"""

# What is cancelled is back in stock, and owed as far as something was paid for it; with the last units the order ended.
CANCELLED = """
SELECT made.order_id AS id,
       jsonb_build_array('units', jsonb_build_object('units', made.units, 'sku', variant.sku)) AS expected,
       jsonb_build_array('units', jsonb_build_object('units', coalesce(back.units, 0), 'sku', variant.sku)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT CASE WHEN line.replaces_id IS NULL THEN line.order_id ELSE line.id END AS order_id, line.variant_id,
               sum(cancelled.quantity) AS units
          FROM orders_cancellationline AS cancelled
          JOIN orders_orderline AS line ON line.id = cancelled.order_line_id
         GROUP BY 1, line.variant_id) AS made
  JOIN catalog_variant AS variant ON variant.id = made.variant_id
  LEFT JOIN (SELECT cause_id, variant_id, sum(quantity) AS units
               FROM inventory_stockmovement
              WHERE kind = 'customer_return' AND cause_type IN ('orders.order', 'orders.orderline')
              GROUP BY cause_id, variant_id) AS back
    ON back.cause_id = made.order_id AND back.variant_id = made.variant_id
 WHERE made.units > coalesce(back.units, 0)
UNION ALL
SELECT made.order_id,
       jsonb_build_array('owed', jsonb_build_object('units', cancelled.quantity)),
       jsonb_build_array('owed', jsonb_build_object('units', coalesce(owed.quantity, 0))),
       NULL::uuid
  FROM orders_cancellation AS made
  JOIN orders_cancellationline AS cancelled ON cancelled.cancellation_id = made.id
  LEFT JOIN orders_reimbursementline AS owed
    ON owed.reimbursement_id = made.reimbursement_id AND owed.order_line_id = cancelled.order_line_id
 WHERE made.reimbursement_id IS NOT NULL AND cancelled.quantity <> coalesce(owed.quantity, 0)
UNION ALL
SELECT made.order_id,
       jsonb_build_array('ended', jsonb_build_object('state', 'cancelled')),
       jsonb_build_array('ended', jsonb_build_object('state', purchase.status)),
       NULL::uuid
  FROM orders_cancellation AS made JOIN orders_order AS purchase ON purchase.id = made.order_id
 WHERE made.is_whole AND purchase.status <> 'cancelled'
"""


def _explain_units_once(violation: Violation) -> Iterator[Part]:
    yield "units-once", {"expected": violation.expected, "found": violation.found}


def _explain_cancelled(violation: Violation) -> Iterator[Part]:
    return _facts("cancelled", violation)


register(
    Rule(
        "units-once",
        _("no unit is in two shipments, or cancelled and sent"),
        "orders.orderline",
        UNITS_ONCE,
        {
            "units-once": _(
                "Ordered were %(expected)s, in shipments or cancelled are %(found)s. Rows were changed by hand. Nothing"
                " is repaired by itself: find out what was really sent."
            )
        },
        _explain_units_once,
        SHOP,
        {"units": _("%(units)s of %(sku)s")},
    ),
    Rule(
        "cancelled-back",
        _("what is cancelled is back in stock and owed, and its order has ended"),
        "orders.order",
        CANCELLED,
        _NAMED
        | {
            "cancelled": _(
                "Cancelled were %(expected)s, found is %(found)s. A movement, a reimbursement or the order was changed "
                "by hand. Nothing is repaired by itself: put the units back, or pay the buyer."
            )
        },
        _explain_cancelled,
        SHOP,
        {
            "units": _("%(units)s of %(sku)s"),
            "owed": _("%(units)s units paid back"),
            "ended": _("an order that is %(state)s"),
        },
    ),
)

__all__ = ["of_fulfilment", "of_returns"]
