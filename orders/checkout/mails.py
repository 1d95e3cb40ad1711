"""The mails of a purchase, written as outbox rows in the transaction of what causes them."""

from typing import Final
from uuid import UUID

from django.conf import settings

from orders.checkout.documents import display_document
from orders.models import InstallmentPlan, Order, OrderAdjustment, OrderLine
from orders.pricing.purchases import adjustments_of
from orders.pricing.totals import charges
from shop.core.countries import COUNTRIES, current
from shop.core.database.kept_queries import KeptQuery, together
from shop.core.ids import uuid7
from shop.core.mail import outbox
from shop.core.models import EmailLog

_PLAN: Final = KeptQuery(lambda order_id: InstallmentPlan.objects.filter(order_id=order_id).order_by(), UUID)
_LINES: Final = KeptQuery(lambda order_id: OrderLine.objects.filter(order_id=order_id), UUID)
_ADJUSTMENTS: Final = KeptQuery(lambda order_id: OrderAdjustment.objects.filter(order_id=order_id), UUID)


def confirm(order: Order, *, again: str = "") -> EmailLog:
    """Queue the confirmation of an order, once per order (and value of `again`), in the caller's transaction.

    Of an order that is paid in instalments it is queued when the first of them is settled.
    """
    plans, lines, adjustments = together(
        _PLAN.asked(order.pk), _LINES.asked(order.pk), _ADJUSTMENTS.asked(order.pk)
    )
    plan = next(iter(plans), None)
    address = order.billing_address or order.shipping_address
    country = COUNTRIES.get(address.country, current()) if address else current()
    return outbox.queue(
        kind="order_confirmation",
        to=order.email,
        template="order_confirmation",
        context={
            "order": order,
            "lines": lines,
            "plan": plan,
            "installments": list(plan.installments.order_by("number")) if plan else [],
            "charges": charges(adjustments_of(adjustments)),
            "document": display_document(country, order.document_type, order.document_number),
            "order_url": settings.SITE_URL + order.get_absolute_url(),
            "withdrawal": country.withdrawal,
        },
        dedupe_key=f"order-confirmation:{order.pk}{again}",
        language=order.language,
        user=order.user,
        trail=order.trail,
    )


def _confirm_again(email: EmailLog) -> EmailLog | None:
    """Write the confirmation of an order again: the link is the same, but the old mail's row no longer contains it."""
    order = Order.objects.filter(checkout=email.trail).exclude(email="").first() if email.trail else None
    return confirm(order, again=f":{uuid7()}") if order else None


outbox.renew_by("order_confirmation", _confirm_again)
