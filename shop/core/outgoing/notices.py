"""The staff is mailed when the shop has switched an endpoint off by itself."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from shop.core.mail import outbox
from shop.core.models import OutgoingEndpoint

KIND = "webhook_endpoint_disabled"


def tell_disabled(endpoint: OutgoingEndpoint, why: str) -> None:
    """Queue the mail, in the transaction that switches the endpoint off."""
    page = reverse("admin:core_outgoingendpoint_change", args=[endpoint.pk])
    outbox.queue(
        kind=KIND,
        to=settings.SHOP_EMAIL,
        template=KIND,
        context={
            "endpoint": endpoint.url,
            "description": endpoint.description,
            "is_gone": why == OutgoingEndpoint.Why.GONE,
            "admin_url": settings.SITE_URL + page,
        },
        dedupe_key=f"webhook-endpoint-disabled:{endpoint.pk}:{timezone.now().timestamp():.6f}",
        language=settings.LANGUAGE_CODE,
    )
