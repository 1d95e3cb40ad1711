"""The mails of a purchase, as rows of the outbox written with the act that causes them."""

from django.conf import settings

from orders.billing import display_document
from orders.models import Order
from shop.core import outbox
from shop.core.countries import COUNTRIES, current
from shop.core.models import EmailLog


def confirm(order: Order) -> EmailLog:
    """Queue the confirmation of an order, once per order, in the caller's transaction."""
    address = order.billing_address or order.shipping_address
    country = COUNTRIES.get(address.country, current()) if address else current()
    return outbox.queue(
        kind="order_confirmation",
        to=order.email,
        template="order_confirmation",
        context={
            "order": order,
            "lines": list(order.lines.all()),
            "document": display_document(country, order.document_type, order.document_number),
            "order_url": settings.SITE_URL + order.get_absolute_url(),
            "withdrawal": country.withdrawal,
        },
        dedupe_key=f"order-confirmation:{order.pk}",
        language=order.language,
        user=order.user,
        trail=order.trail,
    )
