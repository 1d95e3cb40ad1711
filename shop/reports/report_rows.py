"""Write the report rows of days, weeks and months from the sums of their days."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db.models import DateField, Sum
from django.db.models.functions import Trunc
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.core.money import ZERO
from shop.core.money import display as money
from shop.reports.models import Report, SalesDay
from shop.reports.periods import Grain, first_day, last_day

_GRAINS: Final = {
    Report.Type.DAILY: Grain.DAY,
    Report.Type.WEEKLY: Grain.WEEK,
    Report.Type.MONTHLY: Grain.MONTH,
}
_SUMS: Final = ("orders", "units", "gross", "returned", "interest_after")


def write(days: Iterable[date]) -> None:
    """Write the rows of every day, week and month that has one of these days; a period without sales has none.

    Called in the transaction that wrote the sums of the days.
    """
    written = list(days)
    for kind, grain in _GRAINS.items():
        firsts = {first_day(day, grain) for day in written}
        Report.objects.filter(report_type=kind, report_date__in=firsts).delete()
        with translation.override(settings.LANGUAGE_CODE):
            Report.objects.bulk_create(_rows(kind, grain, firsts))


def _rows(kind: str, grain: Grain, firsts: Collection[date]) -> list[Report]:
    """Return the rows, not saved, of the periods that begin on these days: one for each period and currency."""
    if not firsts:
        return []
    sums = {f"sum_{name}": Sum(name) for name in _SUMS}
    found: Any = (
        SalesDay.objects.filter(day__range=(min(firsts), last_day(max(firsts), grain)))
        .annotate(first=Trunc("day", grain.value, output_field=DateField()))
        .filter(first__in=firsts)
        .order_by("first", "currency")
        .values("first", "currency")
        .annotate(**sums)
    )
    return [
        Report(
            report_type=kind,
            report_date=row["first"],
            currency=row["currency"],
            total_sales=row["sum_gross"] - row["sum_returned"] + row["sum_interest_after"],
            total_orders=row["sum_orders"],
            summary=summary(
                currency=row["currency"],
                orders=row["sum_orders"],
                units=row["sum_units"],
                gross=row["sum_gross"],
                returned=row["sum_returned"],
                interest=row["sum_interest_after"],
            ),
        )
        for row in found
    ]


def summary(
    *, currency: str, orders: int, units: int, gross: Decimal, returned: Decimal, interest: Decimal = ZERO
) -> str:
    """Return the figures of a period in a sentence, in the active language."""
    words = [
        ngettext("%(number)d order", "%(number)d orders", orders) % {"number": orders},
        ngettext("%(number)d unit", "%(number)d units", units) % {"number": units},
        _("gross %(sum)s") % {"sum": money(gross, currency)},
    ]
    if returned:
        words.append(_("gone back %(sum)s") % {"sum": money(returned, currency)})
    if interest:
        words.append(_("interest charged or waived later %(sum)s") % {"sum": money(interest, currency)})
    words.append(_("net %(sum)s") % {"sum": money(gross - returned + interest, currency)})
    return ", ".join(words) + "."
