"""The weeks and months of products: written with their days, so that best sellers of a year read no year of days.

Where days are older than these rows (the shop was brought up to date), the job writes the missing ones first, a month
in each transaction, the newest first. Until the oldest is written nobody reads any of them.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from django.db import connection

from shop.reports.models import ProductPeriod
from shop.reports.periods import Grain, Period, first_day, last_day
from shop.reports.sql import load

_COLUMNS: Final = (
    "grain, first_day, currency, variant_id, sku, name, orders, units, amount, units_returned, returned"
)
# Months are written from the newest back: what is missing is older than the oldest there is.
_MISSING: Final = """
SELECT max(day) FROM reports_productday
 WHERE day < coalesce((SELECT min(first_day) FROM reports_productperiod WHERE grain = 'month'), 'infinity')
"""


def write(days: Iterable[date]) -> None:
    """Write every week and month that has one of these days; called in the transaction that wrote the days."""
    written = list(days)
    for grain in (Grain.WEEK, Grain.MONTH):
        firsts = sorted({first_day(day, grain) for day in written})
        ProductPeriod.objects.filter(grain=grain, first_day__in=firsts).delete()
        with connection.cursor() as cursor:
            statement = f"INSERT INTO reports_productperiod ({_COLUMNS}) {load('product_periods')}"
            cursor.execute(statement, {"grain": grain.value, "firsts": firsts})


def write_missing() -> bool:
    """Write the newest month that has days and no rows, with its weeks; return whether there was one.

    Called with the lock of the reports, in a transaction.
    """
    day = _missing()
    if day:
        write(Period(first_day(day, Grain.MONTH), last_day(day, Grain.MONTH)))
    return day is not None


def are_complete() -> bool:
    """Return whether every day is in its week and month: they may be read. One statement.

    What is complete stays so: a day is written with its week and month, in one transaction.
    """
    return _missing() is None


def _missing() -> date | None:
    with connection.cursor() as cursor:
        cursor.execute(_MISSING)
        day: date | None = cursor.fetchone()[0]
    return day
