"""What of an order may be claimed: the units that were sent and are in no other claim."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Sum

from orders.models import Claim, ClaimLine, Order, OrderLine, Shipment, ShipmentLine


@dataclass(frozen=True, slots=True)
class Claimable:
    """A line of an order, how many units of it were sent, and how many are in claims."""

    line: OrderLine
    sent: int
    taken: int

    @property
    def left(self) -> int:
        return max(self.sent - self.taken, 0)


def claimable(order: Order) -> list[Claimable]:
    """Return the lines of an order with what of them was sent and may be claimed (three queries)."""
    sent = _sums(
        ShipmentLine.objects.filter(
            shipment__order=order, shipment__status__in=(Shipment.Status.SHIPPED, Shipment.Status.DELIVERED)
        )
    )
    counts = (*Claim.LIVE, Claim.Status.RESOLVED)
    taken = _sums(ClaimLine.objects.filter(claim__order=order, claim__status__in=counts))
    rows = OrderLine.everything.filter(order=order).select_related("variant")
    return [Claimable(line, sent.get(line.pk, 0), taken.get(line.pk, 0)) for line in rows]


def _sums(rows: object) -> dict[UUID, int]:
    found = rows.order_by().values_list("order_line").annotate(units=Sum("quantity"))  # type: ignore[attr-defined]
    return dict(found)
