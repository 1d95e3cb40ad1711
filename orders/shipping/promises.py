"""The day by which a buyer is told to have what they buy: the business days of the chosen rate or quote, counted."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from orders.models import CheckoutSession
from shop.core import countries
from shop.core.countries.business_days import is_business_day


def promised_day(session: CheckoutSession, placed_at: datetime) -> date | None:
    """Return the last day by which a buyer was told that they have what they buy; None: nobody told them one."""
    chosen: Any = session.shipping_quote or session.shipping_rate
    if chosen is not None and chosen.days_max is None:
        chosen = session.shipping_rate
    days = chosen.days_max if chosen is not None else None
    return None if days is None else _after(timezone.localdate(placed_at), days)


def _after(day: date, business_days: int) -> date:
    """Return the day which is so many business days after another."""
    while business_days:
        day += timedelta(days=1)
        business_days -= is_business_day(day, countries.current().code)
    return day
