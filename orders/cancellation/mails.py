"""The mail of a cancellation, queued in its transaction: what was cancelled, and what goes back and how."""

from django.conf import settings

from orders.cancellation.quotes import Quote
from orders.models import Cancellation
from shop.core.mail import outbox
from shop.core.models import EmailLog


def cancelled(made: Cancellation, quote: Quote) -> EmailLog | None:
    """Queue it, once for each cancellation; None: the buyer's address was erased."""
    order = made.order
    if not order.email:
        return None
    return outbox.queue(
        kind="order_cancelled",
        to=order.email,
        template="order_cancelled",
        context={
            "order": order,
            "cancellation": made,
            "quote": quote,
            "is_by_buyer": made.by == Cancellation.By.SHOPPER,
            "order_url": settings.SITE_URL + order.get_absolute_url(),
        },
        dedupe_key=f"order_cancelled:{made.pk}",
        language=order.language,
        user=order.user,
        trail=order.trail,
    )
