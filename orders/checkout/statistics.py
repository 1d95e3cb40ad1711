"""How many checkouts are in each state, as the shop's staff, the dashboard and the API count them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db.models import Count

from orders.models import CheckoutSession

Status = CheckoutSession.Status
ACTIVE, EXPIRED, PROCESSED = "active", "expired", "processed"
# A cancelled checkout counts as expired: it ended without an order.
STATES: Final[Mapping[str, str]] = {
    Status.OPEN: ACTIVE,
    Status.AWAITING_PAYMENT: ACTIVE,
    Status.EXPIRED: EXPIRED,
    Status.CANCELLED: EXPIRED,
    Status.COMPLETED: PROCESSED,
}


@dataclass(frozen=True, slots=True)
class SessionFigures:
    """How many checkouts are kept, by state. Those that nobody tried to pay are deleted 90 days after their end."""

    active: int = 0
    expired: int = 0
    processed: int = 0

    @property
    def total(self) -> int:
        return self.active + self.expired + self.processed

    @property
    def conversion_rate(self) -> Decimal | None:
        """Return which part of them became orders, in per cent with one decimal; None: there are none."""
        if not self.total:
            return None
        return (Decimal(100) * self.processed / self.total).quantize(Decimal("0.1"), ROUND_HALF_UP)


def figures() -> SessionFigures:
    """Count the checkouts by state, in one statement."""
    found = dict.fromkeys((ACTIVE, EXPIRED, PROCESSED), 0)
    rows = CheckoutSession.objects.order_by().values_list("status").annotate(number=Count("pk"))
    for status, number in rows:
        found[STATES[status]] += number
    return SessionFigures(**found)
