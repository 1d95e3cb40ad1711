"""What other systems are told of an instalment that falls due or is overdue: with each reminder to its buyer."""

from typing import Final

from django.utils import timezone

from orders.models import Installment
from shop.core.json_types import JsonObject
from shop.core.outgoing.publishing import publish
from shop.core.outgoing.types import amount

DUE: Final = "installment.due"
OVERDUE: Final = "installment.overdue"


def tell_due(found: Installment) -> None:
    """Publish that an instalment is due, or overdue, in the caller's transaction."""
    is_late = found.due_date < timezone.localdate()
    publish(OVERDUE if is_late else DUE, map(installment, [found]))


def installment(found: Installment) -> JsonObject:
    """Return the data of an instalment as it is now; its plan and order are read with it."""
    return {
        "installment": str(found.pk),
        "public_number": found.public_number,
        "plan": str(found.plan_id),
        "order": str(found.plan.order_id),
        "order_number": found.plan.order.number,
        "number": found.number,
        "count": found.plan.count,
        "due_date": found.due_date.isoformat(),
        "amount": amount(found.amount),
        "open": amount(found.open_amount),
        "currency": found.plan.currency,
    }
