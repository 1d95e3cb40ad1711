"""Lines of a checkout whose drop limit this customer has reached already: the limit is per customer (`cart.limits`)."""

from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from orders.cart import limits
from orders.checkout import issues
from orders.checkout.issues import CheckoutIssue
from orders.models import CheckoutLine, CheckoutSession
from shop.core.database.kept_queries import KeptQuery


def _limited(checkout_id: UUID) -> QuerySet[CheckoutLine]:
    rows = CheckoutLine.objects.filter(checkout_id=checkout_id, variant__max_per_order__isnull=False)
    return rows.select_related("variant")


_LIMITED: Final = KeptQuery(_limited, UUID)


def blockers(session: CheckoutSession) -> list[CheckoutIssue]:
    """Return the lines of a session of which this customer has the drop's limit already, in whatever order.

    Two purchases of one customer wait for one another here, until the transaction that freezes the first commits.
    """
    limited = [
        (line, line.variant, line.variant.max_per_order)
        for line in _LIMITED(session.pk)
        if line.variant is not None and line.variant.max_per_order is not None
    ]
    if not limited:
        return []
    customer = limits.Customer.of(session)
    limits.take_turns(customer)
    bought = limits.already_bought(
        customer, [variant.pk for _line, variant, _most in limited], except_for=session
    )
    return [
        issues.customer_limit(line.name, most, bought[variant.pk], variant.pk)
        for line, variant, most in limited
        if bought.get(variant.pk) and bought[variant.pk] + line.quantity > most
    ]
