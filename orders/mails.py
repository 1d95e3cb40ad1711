"""The mails of a purchase, as rows of the outbox written with the act that causes them."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from orders.billing import display_document
from orders.models import CheckoutSession, Order
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


def tell_pending(
    session: CheckoutSession,
    *,
    attempt_key: str,
    pay_url: str = "",
    status_url: str = "",
    until: datetime | None = None,
) -> EmailLog:
    """Queue what to do with a payment that waits for its money (a voucher), once per attempt (`attempt_key`).

    `pay_url`: the provider's voucher; `status_url`: our status page (path); `until`: the last moment to pay it.
    """
    return outbox.queue(
        kind="payment_pending",
        to=session.email,
        template="payment_pending",
        context={
            "session": session,
            "lines": list(session.lines.all()),
            "pay_url": pay_url,
            "status_url": settings.SITE_URL + status_url if status_url else "",
            "until": until,
        },
        dedupe_key=f"payment-pending:{attempt_key}",
        language=session.language,
        user=session.user,
        trail=session.pk,
    )


def tell_refunded_late(
    session: CheckoutSession, *, refund_key: str, amount: Decimal, currency: str
) -> EmailLog:
    """Queue the apology for late money: paid when nothing was left, so all of it goes back. Once per refund."""
    with translation.override(session.language):
        home = settings.SITE_URL + reverse("catalog:home")
    return outbox.queue(
        kind="order_refunded_late",
        to=session.email,
        template="order_refunded_late",
        context={
            "session": session,
            "lines": list(session.lines.all()),
            "amount": amount,
            "currency": currency,
            "home_url": home,
        },
        dedupe_key=f"order-refunded-late:{refund_key}",
        language=session.language,
        user=session.user,
        trail=session.pk,
    )
