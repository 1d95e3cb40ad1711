"""Units of returns, counted: what of a line was announced, received, inspected, decided, and what may be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.models import (
    Claim,
    ClaimLine,
    Exchange,
    Inspection,
    Order,
    OrderLine,
    Replacement,
    ReturnDecisionLine,
    ReturnLine,
    ReturnReceiptLine,
    Shipment,
    ShipmentLine,
)
from orders.models.returns import UNITS_TAKEN


def lines() -> QuerySet[Any]:
    """Return lines of returns with `received`, `inspected`, `decided` and `exchanging`, in units.

    `exchanging`: something is to be sent instead of them, by an exchange that is not released.
    """
    rows: Any = ReturnLine.objects.all()
    found: QuerySet[Any] = rows.annotate(
        received=_sum(ReturnReceiptLine.objects.all()),
        inspected=_sum(Inspection.objects.all()),
        decided=_sum(ReturnDecisionLine.objects.filter(decision__withdrawn_at=None)),
        exchanging=_exchanging(),
    )
    return found


def _sum(rows: QuerySet[Any]) -> Coalesce:
    sums = rows.filter(line=OuterRef("pk")).order_by().values("line").annotate(sum_of_units=Sum("quantity"))
    return Coalesce(Subquery(sums.values("sum_of_units")), 0, output_field=IntegerField())


def awaits_exchange(order_id: UUID) -> bool:
    """Say whether units are still to be sent instead of some of an order's: then the order stays in part. One query.

    Once they are sent they are lines of the order themselves, which may go back like any other.
    """
    return _TO_SEND.filter(exchange__rma__order=order_id).exists()


_TO_SEND: Final = Replacement.objects.filter(
    exchange__status=Exchange.Status.REQUESTED, dropped_at=None, line=None
)


def _exchanging() -> Coalesce:
    open_ones = _TO_SEND.filter(return_line=OuterRef("pk"))
    counted = open_ones.order_by().values("return_line").annotate(units=Count("pk"))
    return Coalesce(Subquery(counted.values("units")), 0, output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class Returnable:
    """A line of an order: how many units of it were sent, are in returns, and may be asked for. `delivered_on` is the
    day of the last delivery in the shop's time zone, None while nothing has arrived.
    """

    line: OrderLine
    sent: int
    taken: int
    delivered_on: date | None

    @property
    def left(self) -> int:
        return max(self.sent - self.taken, 0)


def returnable(order: Order, *, by_staff: bool = False) -> list[Returnable]:
    """Return the lines of an order with what of them may come back (three queries).

    What a buyer asks for has arrived; the staff may also enter what is on its way.
    """
    states = [Shipment.Status.DELIVERED, *([Shipment.Status.SHIPPED] if by_staff else [])]
    rows = ShipmentLine.objects.filter(shipment__order=order, shipment__status__in=states).order_by()
    there = {
        line: (units, at)
        for line, units, at in rows.values_list("order_line").annotate(
            Sum("quantity"), at=Max("shipment__delivered_at", filter=Q(shipment__delivered_at__isnull=False))
        )
    }
    taken = taken_of(order)
    lines = list(OrderLine.everything.filter(order=order).select_related("variant", "order"))
    sold_as = {line.pk: line.replaces_id for line in lines}
    return [
        Returnable(
            line,
            there.get(line.pk, (0, None))[0],
            taken.get(line.pk, 0),
            timezone.localdate(at) if (at := there.get(_root(line.pk, sold_as), (0, None))[1]) else None,
        )
        for line in lines
    ]


def _root(key: UUID, sold_as: Mapping[UUID, UUID | None]) -> UUID:
    """Return the line with which the story of a unit began: days to return it are counted from that delivery."""
    before = sold_as.get(key)
    return _root(before, sold_as) if before else key


def settled_by_claims(order_id: UUID) -> dict[UUID, int]:
    """Return how many units of an order's lines resolved claims paid back or replaced and did not ask back (one query).

    Nothing goes back for them once more, whether they come back or not.
    """
    rows = _settling_lines(order_id).values_list("order_line")
    return {line: number for line, number in rows.annotate(sum=Sum(_SETTLED)) if number}


def stay_after_claims(order_id: UUID, coming: Mapping[UUID, int]) -> bool:
    """Say whether units that a claim settled are with the buyer and do not come back: the order is not gone as a whole.

    `coming`: how many units of its lines come back now. What was missing in its parcel, or had been called delivered
    when the claim was resolved as never arrived, is not with the buyer. One query; three where a claim settled units.
    """
    claimed = list(
        _settling_lines(order_id).values_list("order_line", "claim__reason", "claim__ended_at").distinct()
    )
    if not claimed:
        return False
    arrived = _arrived(order_id)
    made = ReturnDecisionLine.objects.filter(line__rma__order=order_id, decision__withdrawn_at=None)
    by_line = made.order_by().values_list("line__order_line")
    decided: dict[UUID, int] = dict(by_line.annotate(units=Sum("quantity")))
    for line, reason, ended_at in claimed:
        units, at = arrived.get(line, (0, None))
        never_came = reason == Claim.Reason.MISSING or (
            reason == Claim.Reason.NEVER_ARRIVED and at is not None and ended_at is not None and at < ended_at
        )
        if not never_came and units > decided.get(line, 0) + coming.get(line, 0):
            return True
    return False


_SETTLED = F("replaced") + F("refunded")


def _settling_lines(order_id: UUID) -> "QuerySet[ClaimLine]":
    resolved = ClaimLine.objects.filter(
        claim__order=order_id, claim__status=Claim.Status.RESOLVED, claim__rma=None
    )
    return resolved.exclude(replaced=0, refunded=0).order_by()


def _arrived(order_id: UUID) -> dict[UUID, tuple[int, datetime | None]]:
    rows = ShipmentLine.objects.filter(
        shipment__order=order_id, shipment__status=Shipment.Status.DELIVERED
    ).order_by()
    found = rows.values_list("order_line").annotate(Sum("quantity"), at=Max("shipment__delivered_at"))
    return {line: (units, at) for line, units, at in found}


_TAKEN = """
SELECT l.order_line_id, sum(:units_taken)
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id
 WHERE r.order_id = %s AND (%s OR NOT EXISTS (SELECT 1 FROM orders_claim c WHERE c.rma_id = r.id))
 GROUP BY l.order_line_id
""".replace(":units_taken", UNITS_TAKEN)


def taken_of(order: Order) -> Mapping[UUID, int]:
    """Return how many units of each line of an order are in its returns, as the database counts them (one query)."""
    return _taken(order, with_claims=True)


def taken_without_claims_of(order: Order) -> Mapping[UUID, int]:
    """Return the same without the returns that claims asked for (one query)."""
    return _taken(order, with_claims=False)


def _taken(order: Order, *, with_claims: bool) -> Mapping[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [order.pk, with_claims])
        return {key: int(units) for key, units in cursor.fetchall()}
