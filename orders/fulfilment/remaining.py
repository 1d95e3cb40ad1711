"""What is left to send of an order's lines: the units ordered, less those refunded and those back in stock."""

from typing import Any

from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from inventory.models import StockMovement
from orders.models import Order, OrderLine, Reimbursement, ReimbursementLine
from orders.models.money import LIVE_REFUNDS


def lines() -> QuerySet[Any]:
    """Return order lines with `refunded`, `restocked`, `picked` and `left`, all in units.

    A unit that was refunded and came back to stock is one unit, so the greater of the two counts. `left` is what is to
    be sent, `picked` what of it was picked already.
    """
    rows: Any = OrderLine.objects.all()  # The annotated names are those that the model declares.
    found: QuerySet[Any] = rows.annotate(
        refunded=_sum_of(
            OrderLine.objects.filter(pk=OuterRef("pk"), refund_lines__refund__status__in=LIVE_REFUNDS),
            by="pk",
            of="refund_lines__quantity",
        )
        # What is owed has no refund yet; then the refund's lines say it, or the reimbursement's own go on counting.
        + _sum_of(
            ReimbursementLine.objects.filter(
                Q(reimbursement__status=Reimbursement.Status.OWED) | Q(reimbursement__counts_itself=True),
                order_line=OuterRef("pk"),
            ),
            by="order_line",
            of="quantity",
        ),
        restocked=_sum_of(
            StockMovement.objects.filter(
                cause_type=Order._meta.label_lower,
                cause_id=OuterRef("order_id"),
                variant_id=OuterRef("variant_id"),
                kind=StockMovement.Kind.CUSTOMER_RETURN,
            ),
            by="cause_id",
            of="quantity",
        ),
        picked=_sum_of(OrderLine.objects.filter(pk=OuterRef("pk")), by="pk", of="picks__quantity"),
    ).annotate(left=Greatest(F("quantity") - Greatest(F("refunded"), F("restocked")), 0))
    return found


def _sum_of(rows: QuerySet[Any], *, by: str, of: str) -> Coalesce:
    sums = rows.order_by().values(by).annotate(sum_of_units=Sum(of)).values("sum_of_units")
    return Coalesce(Subquery(sums), 0, output_field=IntegerField())


def with_units_left(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Return those of the orders of which something is left to send."""
    return orders.filter(pk__in=lines().filter(left__gt=0).values("order"))
