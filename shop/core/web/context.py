"""Template context of every page about the shop itself. No queries."""

from datetime import timedelta
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.http import HttpRequest

from shop.core import countries


def shop(request: HttpRequest) -> dict[str, object]:
    """Give templates the shop's name, contact, durations and limits as `shop`."""
    return {"shop": shop_facts()}


@cache
def shop_facts() -> dict[str, object]:
    """Return the facts of the shop for pages and mails; made once, and not to be changed."""
    return {
        "name": settings.SHOP_NAME,
        "legal_name": settings.SHOP_LEGAL_NAME,
        "tax_id": settings.SHOP_TAX_ID,
        "address": settings.SHOP_ADDRESS,
        "email": settings.SHOP_EMAIL,
        "country": settings.SHOP_COUNTRY,
        "currency": settings.SHOP_CURRENCY,
        "whatsapp": settings.WHATSAPP_NUMBER,
        "reservation_minutes": _minutes(settings.RESERVATION_TTL),
        "guest_drop_minutes": _minutes(min(settings.GUEST_DROP_TTL, settings.RESERVATION_TTL)),
        "guest_drop_most_minutes": _minutes(min(settings.GUEST_DROP_MAX_AGE, settings.RESERVATION_MAX_AGE)),
        "withdrawal": countries.current().withdrawal,
        "free_shipping_from": settings.FREE_SHIPPING_FROM,
        "site_url": settings.SITE_URL,
        "is_demo": settings.SANDBOX_ENABLED,
        "sandbox_url": settings.SANDBOX_URL,
    }


@receiver(setting_changed, dispatch_uid="core-forget-shop-facts")
def _forget(**change: object) -> None:
    shop_facts.cache_clear()


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
