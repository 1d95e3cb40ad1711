"""`/api/v1/staff/reports`: sales, best sellers, checkouts and report rows, for whoever may see the reports."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.problems import INVALID, FieldProblem
from shop.reports import checkouts, pending, periods, products, sales
from shop.reports.api.schemas import BestSellersReport, CheckoutsReport, ReportRow, SalesReport
from shop.reports.checkouts import Checkouts
from shop.reports.models import Report
from shop.reports.periods import BadPeriod, Grain, Period
from shop.reports.sales import Sums

router = Router(tags=["reports"], auth=staff("reports.view_report"))


Since = Annotated[date | None, Query(None, alias="from", description="First day, of the shop's calendar.")]
Until = Annotated[date | None, Query(None, alias="to", description="Last day, included.")]
Preset = Annotated[
    str,
    Query(
        periods.DEFAULT,
        alias="period",
        description="Without days: today, yesterday, 7, 30, 90, month, last-month, year or 12-months.",
        pattern=f"^({'|'.join(periods.presets(date(2000, 1, 1)))})$",
    ),
]
Currency = Annotated[
    str, Query("", description="ISO 4217; the shop's own by default.", pattern="^([A-Z]{3})?$")
]
_GRAIN: Final = "^(day|week|month)?$"
_BY: Final = f"^({'|'.join(products.BY)})$"
_ORDER: Final = f"^({'|'.join(products.ORDER)})$"
_TYPE: Final = f"^({'|'.join(Report.Type.values)})?$"


@router.get("/sales", response=SalesReport)
def read_sales(
    request: HttpRequest,
    since: Since = None,
    until: Until = None,
    preset: Preset = periods.DEFAULT,
    currency: Currency = "",
    grain: Annotated[str, Query("", pattern=_GRAIN, description="day, week or month")] = "",
) -> object:
    """Show the sales of a period, divided, with the sums of the period before."""
    period = _period(since, until, preset)
    found = sales.of_period(
        period, currency=currency, grain=Grain(grain) if grain else periods.fitting(period)
    )
    return {
        "period": _shown(period),
        "currency": found.currency,
        "currencies": found.currencies,
        "grain": found.grain,
        "total": _sums(found.sums),
        "before": _sums(found.earlier),
        "parts": [
            {"first": part.period.since, "last": part.period.until, "sums": _sums(part.sums)}
            for part in found.parts
        ],
    }


@router.get("/best-sellers", response=BestSellersReport)
def read_best_sellers(
    request: HttpRequest,
    since: Since = None,
    until: Until = None,
    preset: Preset = periods.DEFAULT,
    currency: Currency = "",
    by: Annotated[str, Query("product", pattern=_BY, description="What a row is.")] = "product",
    order: Annotated[str, Query("units", pattern=_ORDER, description="The most of what is first.")] = "units",
    limit: Annotated[int, Query(50, ge=1, le=500)] = 50,
) -> object:
    """Show what sold best in a period: by product, variant, category, brand or collection."""
    period = _period(since, until, preset)
    found = products.best(period, by=by, order=order, currency=currency, limit=limit)
    return {
        "period": _shown(period),
        "currency": currency or settings.SHOP_CURRENCY,
        "number": found.number,
        "units_kept": found.units,
        "kept": found.amount,
        "items": [
            {
                "key": row.key or None,
                "sku": row.sku or (row.under if by == "variant" else None) or None,
                "name": row.name,
                "units": row.units,
                "units_returned": row.units_returned,
                "units_kept": row.kept_units,
                "amount": row.amount,
                "returned": row.returned,
                "kept": row.kept,
                "units_kept_before": row.earlier_units,
                "kept_before": row.earlier,
            }
            for row in found.rows
        ],
    }


@router.get("/checkouts", response=CheckoutsReport)
def read_checkouts(
    request: HttpRequest, since: Since = None, until: Until = None, preset: Preset = periods.DEFAULT
) -> object:
    """Show how many checkouts of a period became orders, and where the others ended."""
    period = _period(since, until, preset)
    now, then = checkouts.of_periods(period)
    return {
        "period": _shown(period),
        "total": _counts(now),
        "before": _counts(then),
        "ended_at": [
            {"step": step, "number": number, "before": then.steps.get(step, 0)}
            for step, number in now.steps.items()
        ],
    }


@router.get("/rows", response=paging.Page[ReportRow])
def list_rows(
    request: HttpRequest,
    type: Annotated[str, Query("", pattern=_TYPE, description="daily, weekly or monthly")] = "",  # noqa: A002
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List the report rows, the newest first."""
    rows = Report.objects.filter(report_type=type) if type else Report.objects.all()
    found = paging.read(rows, order=("-report_date", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, found.rows)


def _period(since: date | None, until: date | None, preset: str) -> Period:
    """Return the period that is asked for.

    Raises:
        Problem: the days make none (422).
    """
    first, last = (day.isoformat() if day else "" for day in (since, until))
    try:
        return periods.asked(first, last, preset, today=timezone.localdate())[0]
    except BadPeriod as error:
        raise INVALID(str(error), errors=[FieldProblem("query/from", str(error))]) from error


def _shown(period: Period) -> dict[str, Any]:
    earlier, behind = periods.before(period), pending.now()
    return {
        "first": period.since,
        "last": period.until,
        "before_first": earlier.since,
        "before_last": earlier.until,
        "as_of": behind.since or timezone.now(),
        "is_complete": not behind.is_all,
    }


def _sums(sums: Sums) -> dict[str, Any]:
    return {**asdict(sums), "net": sums.net}


def _counts(counted: Checkouts) -> dict[str, Any]:
    return {
        "active": counted.active,
        "expired": counted.expired,
        "processed": counted.processed,
        "conversion": str(counted.conversion) if counted.conversion is not None else None,
    }
