"""Invariants between orders and stock. Registered with the stock's own rules, which do not import orders."""

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.rule_messages import Part
from orders.models import Order

# An order exists because it was paid: what its lines say has left the stock, no more and no less.
SOLD = """
SELECT coalesce(bought.order_id, moved.order_id) AS id,
       jsonb_build_array('units', jsonb_build_object(
           'units', coalesce(bought.units, 0), 'sku', variant.sku)) AS expected,
       jsonb_build_array('units', jsonb_build_object(
           'units', coalesce(moved.units, 0), 'sku', variant.sku)) AS found,
       NULL::uuid AS level_id
  FROM (SELECT order_id, variant_id, sum(quantity) AS units
          FROM orders_orderline
         GROUP BY order_id, variant_id) AS bought
  FULL JOIN (SELECT cause_id AS order_id, variant_id, -sum(quantity) AS units
               FROM inventory_stockmovement
              WHERE kind = 'sale' AND cause_type = 'orders.order'
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
         WHERE status = 'converted'
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
    order = Order.objects.filter(pk=str(violation.subject_id)).first() if violation.subject_id else None
    yield ("order", {"order": str(order)}) if order else ("no-order", {})
    yield key, {"expected": violation.expected, "found": violation.found}


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
