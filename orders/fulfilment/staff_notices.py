"""Mails to the staff about shipments: what a person must settle with a carrier."""

from django.conf import settings
from django.urls import reverse

from orders.models import LabelVoid
from shop.core.mail import outbox
from shop.core.models import EmailLog


def label_not_voided(void: LabelVoid, *, number: str, paid: str, reason: str) -> EmailLog | None:
    """Queue the mail that a label stays paid although nobody uses it: one for each label. None: it was written before.

    `number` is the label's, `paid` what it cost as people read it ("": unknown), `reason` the carrier's words.
    """
    shipment = void.purchase.shipment
    path = reverse("admin:orders_order_change", args=[shipment.order_id])
    return outbox.queue(
        kind="label_attention",
        to=settings.SHOP_EMAIL,
        template="label_attention",
        context={
            "number": number,
            "shipment": shipment.number,
            "paid": paid,
            "reason": reason,
            "admin_url": settings.SITE_URL + path,
        },
        dedupe_key=f"label-not-voided:{void.pk}",
        language=settings.LANGUAGE_CODE,
        trail=shipment.order.trail,
    )
