"""The tables of the reports as rows of cells: what their files hold, and what their columns mean."""

from collections.abc import Iterator, Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from orders.checkout.progress import Step
from shop.core.spreadsheets.cells import guard
from shop.reports import checkouts, products
from shop.reports.models import CheckoutDay, Report
from shop.reports.periods import Period
from shop.reports.sales import Sales, Sums

Rows = Iterator[list[object]]
# The most rows that a file of best sellers has.
MOST: Final = 5_000
# What stands beside the name of a row of best sellers, where there is anything besides its SKU.
_BESIDE: Final[Mapping[str, StrOrPromise]] = {
    "product": gettext_lazy("brand"),
    "category": gettext_lazy("address"),
}


def of_sales(sales: Sales) -> Rows:
    """Yield headings and one row for each part of the period."""
    yield [
        _("first day"),
        _("last day"),
        _("currency"),
        _("orders"),
        _("units"),
        _("goods"),
        _("discounts"),
        _("shipping"),
        _("taxes"),
        _("interest of instalments"),
        _("other charges"),
        _("gross sales"),
        _("gone back"),
        _("interest charged or waived later"),
        _("net sales"),
        _("kept of these sales"),
        _("orders gone back as a whole"),
        _("units back"),
        _("net sales of the period before"),
    ]
    for part in sales.parts:
        yield [
            part.period.since,
            part.period.until,
            sales.currency,
            *_cells(part.sums),
            part.earlier.net,
        ]


def _cells(sums: Sums) -> list[object]:
    return [
        sums.orders,
        sums.units,
        sums.goods,
        sums.discounts,
        sums.shipping,
        sums.taxes,
        sums.interest,
        sums.other,
        sums.gross,
        sums.returned,
        sums.interest_after,
        sums.net,
        sums.kept,
        sums.undone,
        sums.units_returned,
    ]


def of_products(period: Period, *, by: str, order: str, currency: str) -> Rows:
    """Yield headings and one row for each product (variant, category …), the best first.

    Variants have a SKU, and so have products that were deleted: it is all that is left of them.
    """
    has_sku, beside = by in {"product", "variant"}, _BESIDE.get(by)
    yield [
        str(products.BY[by]),
        *(["SKU"] if has_sku else []),
        *([str(beside)] if beside else []),
        _("currency"),
        _("units"),
        _("units back"),
        _("units kept"),
        _("amount"),
        _("gone back"),
        _("kept of these sales"),
        _("units kept of the period before"),
        _("kept of the sales of the period before"),
    ]
    found = products.best(period, by=by, order=order, currency=currency, limit=MOST)
    for row in found.rows:
        yield [
            guard(row.name),
            *([guard(row.sku or ("" if beside else row.under))] if has_sku else []),
            *([guard(row.under)] if beside else []),
            currency,
            row.units,
            row.units_returned,
            row.kept_units,
            row.amount,
            row.returned,
            row.kept,
            row.earlier_units,
            row.earlier,
        ]


def of_checkouts(period: Period) -> Rows:
    """Yield headings and one row for each state and step, with the period before."""
    now, then = checkouts.of_periods(period)
    yield [_("what"), _("checkouts"), _("period before")]
    for state in CheckoutDay.State:
        yield [str(state.label), getattr(now, state.value), getattr(then, state.value)]
    yield [_("conversion in per cent"), now.conversion, then.conversion]
    for step in Step:
        if step in now.steps or step in then.steps:
            words = _("ended at: %(step)s") % {"step": step.label}
            yield [words, now.steps.get(step, 0), then.steps.get(step, 0)]


def of_reports(period: Period, *, kind: str = "") -> Rows:
    """Yield headings and the report rows of a period, newest first."""
    yield [_("date"), _("type"), _("currency"), _("total sales"), _("total orders"), _("summary")]
    rows = Report.objects.filter(report_date__range=(period.since, period.until))
    for row in rows.filter(report_type=kind) if kind else rows:
        yield [
            row.report_date,
            str(row.get_report_type_display()),
            row.currency,
            row.total_sales,
            row.total_orders,
            guard(row.summary),
        ]
