"""What must always be true of shipments: what is packed is in the parcel, and nothing moves of an order that ended."""

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.rule_messages import Part
from orders.models import Shipment
from orders.rules import by_hand

# What counts as packed has all its units in the parcel.
PACKED = """
SELECT shipment.id,
       jsonb_build_array('parcel', jsonb_build_object('units', sums.quantity)) AS expected,
       jsonb_build_array('parcel', jsonb_build_object('units', sums.packed)) AS found,
       NULL::uuid AS level_id
  FROM orders_shipment AS shipment
  JOIN (SELECT shipment_id, sum(quantity) AS quantity, sum(packed) AS packed
          FROM orders_shipmentline GROUP BY shipment_id) AS sums ON sums.shipment_id = shipment.id
 WHERE shipment.status <> 'cancelled' AND sums.packed <> sums.quantity
   AND (shipment.packed_at IS NOT NULL OR shipment.status <> 'pending')
"""


def _explain_packed(violation: Violation) -> Iterator[Part]:
    shipment = Shipment.objects.select_related("order").filter(pk=str(violation.subject_id)).first()
    if shipment is not None:
        yield "shipment", {"shipment": shipment.number}
    yield "packed", {"expected": violation.expected, "found": violation.found}


register(
    Rule(
        "shipment-packed",
        _("of a packed shipment everything is in the parcel"),
        "orders.shipment",
        PACKED,
        {
            "shipment": _("Shipment %(shipment)s."),
            "packed": _(
                "It counts as packed with %(expected)s, its lines say %(found)s. Rows were changed by hand. Nothing is "
                "repaired by itself: open the parcel, or pack it again."
            ),
        },
        _explain_packed,
        SHOP,
        {"parcel": _("%(units)s units in all")},
    ),
)

# Of an order that is cancelled nothing has left and nothing will; one that is completed has nothing on its way.
ENDED = """
SELECT purchase.id,
       '["ended", {"parcels": 0}]'::jsonb AS expected,
       jsonb_build_array('ended', jsonb_build_object('parcels', moving.parcels)) AS found,
       NULL::uuid AS level_id
  FROM orders_order AS purchase
  JOIN (SELECT order_id, count(*) FILTER (WHERE status IN ('pending', 'shipped')) AS open, count(*) AS parcels
          FROM orders_shipment WHERE status <> 'cancelled' AND sent_again_at IS NULL GROUP BY order_id) AS moving
    ON moving.order_id = purchase.id
 WHERE purchase.status = 'cancelled' OR (purchase.status = 'completed' AND moving.open > 0)
"""

register(
    by_hand(
        "order-ended",
        _("nothing is sent of an order that has ended"),
        "orders.order",
        ENDED,
        ended=_("%(parcels)s shipments"),
    ),
)
