"""Numbers without gaps: the series' row is locked, and number and document are committed together or not at all.

A number that is drawn by a transaction that is undone goes back with it, since the next number is in the row. Nobody
else may draw one meanwhile: documents of one series wait for one another, for one short transaction each.
"""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.db import connection

from orders.invoices.fiscal.base import SeriesKey
from orders.models import Invoice, InvoiceSeries


def series_of(key: SeriesKey) -> InvoiceSeries:
    """Return the series of a key, made when it is needed first."""
    series, _made = InvoiceSeries.objects.get_or_create(
        provider=key.provider,
        environment=key.environment,
        tax_id=key.tax_id,
        point_of_sale=key.point_of_sale,
        document_code=key.document_code,
        defaults={"letter": key.letter},
    )
    return series


def lock(series_id: UUID) -> InvoiceSeries:
    """Lock a series for the rest of the transaction and return it as it is now."""
    return InvoiceSeries.objects.select_for_update().get(pk=series_id)


def take(
    series_id: UUID, today: date, *, locked: Callable[[UUID], InvoiceSeries] = lock
) -> tuple[InvoiceSeries, int, date]:
    """Draw the next number of a series in the caller's transaction; return series, number and the document's day.

    The day is never before the last one of the series, though a clock was put back.

    Raises:
        RuntimeError: there is no transaction: a number would be gone without its document.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a number belongs into the transaction that writes its document")
    series = locked(series_id)
    number = series.next_number
    InvoiceSeries.objects.filter(pk=series.pk).update(next_number=number + 1)
    series.next_number = number + 1
    last = (
        Invoice.objects.filter(series=series, number__lt=number)
        .order_by("-number")
        .values_list("issued_on", flat=True)[:1]
    )
    return series, number, max([today, *(day for day in last if day)])


def give_back(series_id: UUID, number: int) -> bool:
    """Make a number that was not used the next one again, in the caller's transaction; False: it is not the last."""
    series = lock(series_id)
    if series.next_number != number + 1:
        return False
    return bool(InvoiceSeries.objects.filter(pk=series.pk).update(next_number=number))
