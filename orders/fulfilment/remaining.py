"""What is left to send of an order's lines: the units ordered, less those in shipments and those that are gone.

The one place that says it: pick list, queues, pages, the API and the verbs of shipments all ask here.
"""

from typing import Any, Final

from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    UUIDField,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Greatest

from inventory.models import StockMovement
from orders.models import (
    CancellationLine,
    Inspection,
    Order,
    OrderLine,
    Reimbursement,
    ReimbursementLine,
    ReturnReceiptLine,
    Shipment,
    ShipmentLine,
)
from orders.models.money import LIVE_REFUNDS

# What sells units of an order in the ledger: the order, and of a unit that replaces another one its own line.
CAUSES: Final = (Order._meta.label_lower, OrderLine._meta.label_lower)
_NOT_FAILED = [state for state in Reimbursement.Status.values if state != Reimbursement.Status.FAILED]


def lines() -> QuerySet[Any]:
    """Return order lines with what became of their units, all in units.

    `refunded`, `restocked`: gone; a unit that was refunded and came back to stock is one unit, so the greater counts.
    `sent`: in shipments that have left; `came_back`: those of them whose shipment came back. What is gone is first
    what came back, the rest is not to be sent. `cancelled`: gone as well, and in stock again; `cancelled_back` those of
    them that are among the refunded, too: a refund that failed gave nothing back, and nothing was owed for a free unit.
    `paid_by_returns`, `came_by_returns`: those of the gone ones that had been sent and came back by a return of goods:
    they are not to be sent again, and no other unit stays for them.
    `prepared`: in shipments that are being packed, `packed` of them packed.
    `replaced`: units for which another one is sent, or will be; what was paid for them is with that one.
    `unsent`: still in the house and to be sent; `left`: those of them in no shipment. `picked`: taken from their bins.
    """
    rows: Any = OrderLine.everything.all()  # The annotated names are those that the model declares.
    # What was sold with the order has the order as its cause in the ledger; a unit that replaces another one, its line.
    rows = rows.annotate(
        sale_cause_id=Case(When(replaces=None, then=F("order_id")), default=F("id"), output_field=UUIDField())
    )
    found: Any = rows.annotate(
        refunded=_refunded(),
        restocked=_restocked(),
        cancelled=_cancelled(Q()),
        cancelled_back=_cancelled(
            Q(cancellation__reimbursement__counts_itself=True)
            | Q(cancellation__reimbursement__status__in=_NOT_FAILED)
        ),
        picked=_sum_of(OrderLine.everything.filter(pk=OuterRef("pk")), by="pk", of="picks__quantity"),
        sent=_in_shipments(Q(shipment__status__in=Shipment.LEFT, shipment__sent_again_at=None)),
        came_back=_in_shipments(Q(shipment__status=Shipment.Status.RETURNED, shipment__sent_again_at=None)),
        prepared=_in_shipments(Q(shipment__status=Shipment.Status.PENDING)),
        packed=_in_shipments(Q(shipment__status=Shipment.Status.PENDING), of="packed"),
        replaced=_sum_of(
            OrderLine.everything.filter(
                pk=OuterRef("pk"), replaced_units__isnull=False, replaced_units__dropped_at=None
            ),
            by="pk",
            of=None,
        ),
        paid_by_returns=_paid_by_returns(),
        came_by_returns=_came_by_returns(),
    )
    others = Greatest(
        F("refunded") - F("cancelled_back") - F("paid_by_returns"),
        F("restocked") - F("cancelled") - F("came_by_returns"),
    )
    gone = F("cancelled") + Greatest(others - F("came_back"), 0)
    found = found.annotate(unsent=Greatest(F("quantity") - F("sent") - gone, 0))
    with_left: QuerySet[Any] = found.annotate(left=Greatest(F("unsent") - F("prepared"), 0))
    return with_left


def sold() -> QuerySet[Any]:
    """Return the lines that were sold with their orders, as `lines`; without those that replace units later."""
    return lines().filter(replaces=None)


def _refunded() -> CombinedExpression:
    """Return the units that were paid back, or are going to be.

    What is owed has no refund yet; then the refund's lines say it, or the reimbursement's own go on counting.
    """
    by_refunds = OrderLine.everything.filter(pk=OuterRef("pk"), refund_lines__refund__status__in=LIVE_REFUNDS)
    owed = ReimbursementLine.objects.filter(
        Q(reimbursement__status=Reimbursement.Status.OWED) | Q(reimbursement__counts_itself=True),
        order_line=OuterRef("pk"),
    )
    return _sum_of(by_refunds, by="pk", of="refund_lines__quantity") + _sum_of(
        owed, by="order_line", of="quantity"
    )


def _cancelled(which: Q) -> Coalesce:
    return _sum_of(
        CancellationLine.objects.filter(which, order_line=OuterRef("pk")), by="order_line", of="quantity"
    )


def _paid_by_returns() -> Coalesce:
    """Return how many of the refunded units were sent, and are (to be) given money for by their return or claim."""
    paying = Q(reimbursement__counts_itself=True) | Q(reimbursement__status__in=_NOT_FAILED)
    of_sent = Q(reimbursement__return_decision__isnull=False) | Q(reimbursement__claim__isnull=False)
    rows = ReimbursementLine.objects.filter(paying, of_sent, order_line=OuterRef("pk"))
    return _sum_of(rows, by="order_line", of="quantity")


def _came_by_returns() -> CombinedExpression:
    """Return how many of the units in stock again were sent and came by a return, without those sent back again."""
    received = ReturnReceiptLine.objects.filter(line__order_line=OuterRef("pk"))
    sent_back = Inspection.objects.filter(
        line__order_line=OuterRef("pk"), disposition=Inspection.Disposition.SEND_BACK
    )
    return _sum_of(received, by="line__order_line", of="quantity") - _sum_of(
        sent_back, by="line__order_line", of="quantity"
    )


def _restocked() -> Coalesce:
    """Return the units of a line that are in stock again, by its `sale_cause_id`."""
    movements = StockMovement.objects.filter(
        cause_type__in=CAUSES,
        cause_id=OuterRef("sale_cause_id"),
        variant_id=OuterRef("variant_id"),
        # An adjustment of the order: what was sent back to its buyer again, below zero.
        kind__in=(StockMovement.Kind.CUSTOMER_RETURN, StockMovement.Kind.ADJUSTMENT),
    )
    return _sum_of(movements, by="cause_id", of="quantity")


def _in_shipments(which: Q, *, of: str = "quantity") -> Coalesce:
    return _sum_of(ShipmentLine.objects.filter(which, order_line=OuterRef("pk")), by="order_line", of=of)


def _sum_of(rows: QuerySet[Any], *, by: str, of: str | None) -> Coalesce:
    """Return the sum of a column of the rows, or their number where there is none; 0 without any."""
    total = Sum(of) if of else Count("*")
    sums = rows.order_by().values(by).annotate(sum_of_units=total).values("sum_of_units")
    return Coalesce(Subquery(sums), 0, output_field=IntegerField())


def with_units_left(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Return those of the orders of which something is left to send that is in no shipment."""
    return orders.filter(pk__in=_of_confirmed().filter(left__gt=0).values("order"))


def with_units_unsent(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Return those of the orders of which something is still in the house, in a shipment or not."""
    return orders.filter(pk__in=_of_confirmed().filter(unsent__gt=0).values("order"))


def _of_confirmed() -> QuerySet[Any]:
    """Return the lines of the orders that are neither completed nor cancelled: of those nothing is to be sent."""
    return lines().filter(order__status=Order.Status.CONFIRMED)
