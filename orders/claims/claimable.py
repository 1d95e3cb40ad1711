"""What of an order may be claimed: units that were sent and are in no other claim, while the guarantee lasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Max, Q, Sum
from django.utils import timezone

from orders.models import Claim, ClaimLine, Order, OrderLine, Shipment, ShipmentLine
from orders.returns import policies, terms, units
from shop.core import countries

_SENT = (Shipment.Status.SHIPPED, Shipment.Status.DELIVERED)


@dataclass(frozen=True, slots=True)
class Claimable:
    """A line of an order: how many units of it were sent, are in claims, and are in returns or exchanges (`coming`).

    Those are decided about there: who says that a unit is faulty says it in its return. Which units of a line they are
    nobody knows, so that one may be in a claim and in a return that was asked for later.

    `delivered_on` is the day of its last delivery in the shop's time zone, None while nothing of it has arrived;
    `until` the last day on which its buyer may claim it, None where no days have begun.
    """

    line: OrderLine
    sent: int
    taken: int
    coming: int = 0
    delivered_on: date | None = None
    until: date | None = None
    is_too_late: bool = False

    @property
    def left(self) -> int:
        return 0 if self.is_too_late else max(self.sent - max(self.taken, self.coming), 0)

    @property
    def is_coming_back(self) -> bool:
        """Say whether nothing of it may be claimed because of returns and exchanges."""
        return not self.is_too_late and 0 < self.sent <= self.coming


def claimable(order: Order, *, by_staff: bool = False) -> list[Claimable]:
    """Return the lines of an order with what of them was sent and may be claimed (seven queries).

    What is still on its way may be claimed as well: it may never arrive. A buyer claims within the days of the legal
    guarantee or the shop's own, whichever are longer, from delivery (`orders.returns.terms`); the staff at any time.
    """
    sent = ShipmentLine.objects.filter(shipment__order=order, shipment__status__in=_SENT).order_by()
    there = {
        line: (number, at)
        for line, number, at in sent.values_list("order_line").annotate(
            Sum("quantity"), at=Max("shipment__delivered_at", filter=Q(shipment__delivered_at__isnull=False))
        )
    }
    lines = list(OrderLine.everything.filter(order=order).select_related("variant"))
    own_terms = policies.of_lines(order, lines)
    taken, coming = _taken(order), units.taken_without_claims_of(order)
    today, country = timezone.localdate(), countries.current()
    found = []
    for line in lines:
        number, at = there.get(line.pk, (0, None))
        delivered_on = timezone.localdate(at) if at else None
        right = terms.terms(
            is_fault=True,
            delivered_on=delivered_on,
            today=today,
            policy=own_terms[line.pk],
            country=country,
        )
        is_too_late = not right.is_allowed and not by_staff
        found.append(
            Claimable(
                line,
                number,
                taken.get(line.pk, 0),
                coming.get(line.pk, 0),
                delivered_on,
                right.until,
                is_too_late,
            )
        )
    return found


def _taken(order: Order) -> dict[UUID, int]:
    counts = (*Claim.LIVE, Claim.Status.RESOLVED)
    rows = ClaimLine.objects.filter(claim__order=order, claim__status__in=counts).order_by()
    return dict(rows.values_list("order_line").annotate(units=Sum("quantity")))


def shipment_of(order: Order, lines: Sequence[UUID], reason: str) -> Shipment | None:
    """Return the one shipment that a claim about these lines can be about; None: there are several.

    What never arrived is rather in one that is still on its way.
    """
    rows = Shipment.objects.filter(order=order, status__in=_SENT, lines__order_line__in=lines).distinct()
    found = list(rows)
    if reason == Claim.Reason.NEVER_ARRIVED:
        found = [one for one in found if one.status == Shipment.Status.SHIPPED] or found
    return found[0] if len(found) == 1 else None
