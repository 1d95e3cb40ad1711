"""Bring the sums of the reports up to date: count what has changed again, whole orders at a time.

Triggers note each change of an order or a checkout (`ReportChange`). A run takes a portion of these rows, writes the
entries of their orders again, then the sums of every day that had or has one of them, and deletes the rows: one
transaction for each portion. A run that is killed leaves sums and rows as they were; repeating one changes nothing.
Runs take turns by an advisory lock, which no page and no purchase asks for.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from orders.models import Order
from orders.retention import KEEP_SESSIONS
from shop.reports import checkouts, product_periods, report_rows
from shop.reports.models import ReportChange
from shop.reports.sql import load

_LOCK: Final = "reports"
# Changes, and orders, that one transaction counts.
PORTION: Final = 2_000
_TIME: Final = 20.0
_ENTRIES: Final = (
    "order_id, kind, source, at, day, currency, amount, goods, discounts, shipping, taxes, interest, other, units,"
    " kept, is_undone"
)
_LINES: Final = (
    "line_id, order_id, day, currency, variant_id, sku, name, units, amount, units_returned, returned"
)
_SALES: Final = (
    "day, currency, orders, undone, units, units_returned, goods, discounts, shipping, taxes, interest, other, gross,"
    " returned, interest_after, kept"
)
_PRODUCTS: Final = "day, currency, variant_id, sku, name, orders, units, amount, units_returned, returned"

_SUMS_ALONE: Final = """
(SELECT day FROM reports_salesday UNION SELECT day FROM reports_productday
  UNION SELECT first_day FROM reports_productperiod)
 EXCEPT SELECT day FROM reports_salesentry
"""


def catch_up(*, seconds: float = _TIME) -> dict[str, int]:
    """Count what has changed; return how many orders and days were written, and how many changes are left.

    Ends when nothing is left or after so many `seconds`. While another run is at work it does nothing ("busy").
    """
    end, tally = time.monotonic() + seconds, {"orders": 0, "days": 0}
    while time.monotonic() < end:
        with transaction.atomic():
            if not _take_turn():
                return {**tally, "busy": 1}
            if product_periods.write_missing():
                continue
            changes = list(ReportChange.objects.order_by("id")[:PORTION])
            if not changes:
                break
            written = _all(changes[0]) if changes[0].is_all else _portion(changes)
            tally = {name: tally[name] + written[name] for name in tally}
    return {**tally, "left": ReportChange.objects.count()}


def begin_again() -> None:
    """Ask for everything to be counted again, by the next runs: after a new time zone, or rows changed by hand."""
    ReportChange.objects.create(is_all=True)


def _take_turn() -> bool:
    """Take the lock of the reports until the transaction ends; False: another run has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK])
        return bool(cursor.fetchone()[0])


def _portion(changes: Sequence[ReportChange]) -> dict[str, int]:
    """Count what these changes name (up to the first that means everything), and delete them."""
    chosen = []
    for change in changes:
        if change.is_all:
            break
        chosen.append(change)
    orders = {change.order_id for change in chosen if change.order_id}
    days = write_orders(orders)
    _write_checkouts({change.at for change in chosen if change.at})
    ReportChange.objects.filter(pk__in=[change.pk for change in chosen]).delete()
    return {"orders": len(orders), "days": len(days)}


def _all(change: ReportChange) -> dict[str, int]:
    """Count the next portion of all orders; after the last one the checkouts, and the change is done."""
    rows = Order.objects.order_by("pk")
    if change.after:
        rows = rows.filter(pk__gt=change.after)
    orders = list(rows.values_list("pk", flat=True)[:PORTION])
    days = write_orders(orders)
    if orders:
        ReportChange.objects.filter(pk=change.pk).update(after=orders[-1])
    else:
        today = timezone.localdate()
        write_days(_days_without_entries())
        span = range(KEEP_SESSIONS.days)
        checkouts.write_days([today - timedelta(days=number) for number in span])
        change.delete()
    return {"orders": len(orders), "days": len(days)}


def _days_without_entries() -> list[date]:
    """Return the days of which there are sums and no entry: somebody wrote sums by hand, or deleted entries."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS_ALONE)
        return [day for (day,) in cursor.fetchall()]


def write_orders(orders: Iterable[UUID]) -> set[date]:
    """Write the entries of these orders and the sums of their days again; return the days. Called with the lock."""
    keys, days = list(orders), set[date]()
    if not keys:
        return days
    params: dict[str, str | list[UUID]] = {"orders": keys, "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        for table in ("reports_soldline", "reports_salesentry"):
            # The names of tables and columns are those above.
            cursor.execute(f"DELETE FROM {table} WHERE order_id = ANY (%(orders)s) RETURNING day", params)  # noqa: S608
            days |= {day for (day,) in cursor.fetchall()}
        cursor.execute(f"INSERT INTO reports_salesentry ({_ENTRIES}) {load('entries')} RETURNING day", params)
        days |= {day for (day,) in cursor.fetchall()}
        cursor.execute(f"INSERT INTO reports_soldline ({_LINES}) {load('sold_lines')}", params)
    write_days(days)
    return days


def write_days(days: Iterable[date]) -> None:
    """Write the sums of these days, and the report rows that they are in, from the entries there are."""
    params = {"days": sorted(days)}
    if not params["days"]:
        return
    with connection.cursor() as cursor:
        for table, columns, name in (
            ("reports_salesday", _SALES, "sales_days"),
            ("reports_productday", _PRODUCTS, "product_days"),
        ):
            cursor.execute(f"DELETE FROM {table} WHERE day = ANY (%(days)s)", params)  # noqa: S608
            cursor.execute(f"INSERT INTO {table} ({columns}) {load(name)}", params)
    product_periods.write(params["days"])
    report_rows.write(params["days"])


def _write_checkouts(began: Iterable[datetime]) -> None:
    """Count the checkouts of the days of these instants, as long as none of them may have been deleted."""
    oldest = timezone.localdate() - KEEP_SESSIONS
    days = {timezone.localdate(at) for at in began}
    checkouts.write_days(sorted(day for day in days if day > oldest))
