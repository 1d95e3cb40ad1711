"""Addresses of the reports: the page of a period, and the list of rows that add up to a figure."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from orders.checkout.statistics import STATES
from shop.reports.models import SalesEntry
from shop.reports.periods import Period, starts_at

SALE = (SalesEntry.Kind.SALE,)
EVERYTHING: tuple[str, ...] = ()


def entries(period: Period, currency: str, kinds: Iterable[str] = EVERYTHING) -> str:
    """Return the list of the entries of a period and currency: of these kinds, or all."""
    query = {"day__gte": period.since, "day__lte": period.until, "currency__exact": currency}
    chosen = ",".join(kinds)
    return _list("salesentry", {**query, "kind__in": chosen} if chosen else query)


def undone(period: Period, currency: str) -> str:
    """Return the list of the sales of a period that have gone back as a whole."""
    query = {
        "day__gte": period.since,
        "day__lte": period.until,
        "currency__exact": currency,
        "is_undone__exact": 1,
    }
    return _list("salesentry", query)


def lines(period: Period, currency: str, by: str, key: str, sku: str = "") -> str:
    """Return the list of the lines sold in a period, of a product, variant, category, brand or collection."""
    query = {"day__gte": period.since, "day__lte": period.until, "currency__exact": currency}
    if sku:
        return _list("soldline", {**query, "sku__exact": sku, "variant": "none"})
    return _list("soldline", {**query, by: key or "none"})


def checkouts(period: Period, state: str = "", step: str = "") -> str:
    """Return the list of the checkouts that began in a period and are in a state, or reached a step no further."""
    zone = timezone.get_default_timezone()
    query: dict[str, object] = {
        "created_at__gte": starts_at(period.since, zone).isoformat(),
        "created_at__lt": starts_at(period.until + timedelta(days=1), zone).isoformat(),
    }
    if state:
        query["status__in"] = ",".join(status for status, known in STATES.items() if known == state)
    if step:
        query["reached"] = step
    return f"{reverse('admin:orders_checkoutsession_changelist')}?{urlencode(query)}"


def order_list(period: Period) -> str:
    """Return the back office's own list of the orders placed in a period."""
    zone = timezone.get_default_timezone()
    query = {
        "placed_at__gte": starts_at(period.since, zone).isoformat(),
        "placed_at__lt": starts_at(period.until + timedelta(days=1), zone).isoformat(),
    }
    return f"{reverse('admin:orders_order_changelist')}?{urlencode(query)}"


def _list(model: str, query: dict[str, object]) -> str:
    return f"{reverse(f'admin:reports_{model}_changelist')}?{urlencode(query)}"
