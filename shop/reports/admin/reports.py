"""The pages of the reports: sales, best sellers, checkouts, and the report rows; with files of each."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from shop.core.backoffice.base import HistoryAdmin, require
from shop.core.money import display as money
from shop.core.spreadsheets import files
from shop.reports import checkouts, pending, periods, products, rebuilding, sales, tables
from shop.reports.admin import shown
from shop.reports.admin.asked import MOST_PAGES, Asked
from shop.reports.admin.rows import MAY_SEE, OnlyForReports
from shop.reports.models import Report

FORMATS: Final[Mapping[str, StrOrPromise]] = {
    files.XLSX: _("Excel"),
    files.WITH_COMMAS: _("CSV with semicolons"),
    "csv": _("CSV"),
}
_PER_PAGE: Final = 50


@admin.register(Report)
class ReportAdmin(OnlyForReports, HistoryAdmin[Report]):
    """The report rows; and, below the same address, the pages of the reports."""

    list_display = ["report_date", "type_label", "orders_label", "sum_label", "summary"]
    list_display_links = None
    list_filter = [("report_type", ChoicesDropdownFilter), "currency"]
    date_hierarchy = "report_date"
    list_before_template = "admin/reports/tabs_above.html"

    @display(description=_("type"), ordering="report_type")
    def type_label(self, row: Report) -> str:
        return str(row.get_report_type_display())

    @display(description=_("orders"), ordering="total_orders")
    def orders_label(self, row: Report) -> int:
        return row.total_orders

    @display(description=_("total sales"), ordering="total_sales")
    def sum_label(self, row: Report) -> str:
        return money(row.total_sales, row.currency)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the report rows, with the tabs of the reports above them."""
        above = {"report": "rows", "query": "", "row_files": _files("rows", "?period=12-months")}
        return super().changelist_view(request, {**(extra_context or {}), **above})

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses of the pages before those of the rows."""
        pages: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("sales/", "sales", self.sales_view),
            ("products/", "products", self.products_view),
            ("checkouts/", "checkouts", self.checkouts_view),
            ("file/<slug:name>/", "file", self.file_view),
            ("update/", "update", self.update_view),
        ]
        wrap: Callable[..., Any] = self.admin_site.admin_view
        return [
            *(path(where, wrap(view), name=f"reports_report_{name}") for where, name, view in pages),
            *super().get_urls(),
        ]

    def sales_view(self, request: HttpRequest) -> HttpResponse:
        """Show the sales of a period, with a picture and a table."""
        require(request, MAY_SEE)
        asked = Asked.of(request)
        found = sales.of_period(asked.period, currency=asked.currency, grain=asked.grain)
        return self._page(request, "sales", gettext("Sales"), asked, **shown.of_sales(found))

    def products_view(self, request: HttpRequest) -> HttpResponse:
        """Show what sold best in a period: by product, variant, category, brand or collection."""
        require(request, MAY_SEE)
        asked = Asked.of(request)
        found = products.best(
            asked.period,
            by=asked.by,
            order=asked.order,
            currency=asked.currency,
            limit=_PER_PAGE,
            offset=(asked.page - 1) * _PER_PAGE,
        )
        context = shown.of_products(
            found, asked.period, by=asked.by, order=asked.order, currency=asked.currency
        )
        more = found.number > asked.page * _PER_PAGE and asked.page < MOST_PAGES
        return self._page(
            request,
            "products",
            gettext("Best sellers"),
            asked,
            **context,
            first=(asked.page - 1) * _PER_PAGE,
            next=asked.query(p=str(asked.page + 1)) if more else "",
            previous=asked.query(p=str(asked.page - 1)) if asked.page > 1 else "",
        )

    def checkouts_view(self, request: HttpRequest) -> HttpResponse:
        """Show how many checkouts became orders, and where the others ended."""
        require(request, MAY_SEE)
        asked = Asked.of(request)
        now, then = checkouts.of_periods(asked.period)
        context = shown.of_checkouts(now, then, asked.period)
        return self._page(request, "checkouts", gettext("Checkouts"), asked, **context)

    def file_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Send a report as a file: CSV or XLSX."""
        require(request, MAY_SEE)
        asked, form = Asked.of(request), request.GET.get("format", "")
        form = form if form in FORMATS else files.XLSX
        named: dict[str, Callable[[], tables.Rows]] = {
            "sales": lambda: tables.of_sales(
                sales.of_period(asked.period, currency=asked.currency, grain=asked.grain)
            ),
            "products": lambda: tables.of_products(
                asked.period, by=asked.by, order=asked.order, currency=asked.currency
            ),
            "checkouts": lambda: tables.of_checkouts(asked.period),
            "rows": lambda: tables.of_reports(asked.period),
        }
        if name not in named:
            return HttpResponse(status=404)
        content = BytesIO()
        files.write(named[name](), form, content)
        file_name = f"{slugify(_title(name))}-{asked.period.since}-{asked.period.until}.{files.ending(form)}"
        answer = HttpResponse(content.getvalue(), content_type=files.content_type(form))
        answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
        answer["Cache-Control"] = "private, no-store"
        return answer

    def update_view(self, request: HttpRequest) -> HttpResponse:
        """Count what has changed at once; with `all`, have everything counted again."""
        require(request, MAY_SEE)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if request.POST.get("all"):
            rebuilding.begin_again()
        done = rebuilding.catch_up(seconds=5)
        if done.get("busy"):
            words = gettext("The figures are being counted at this moment.")
        elif done.get("left"):
            words = gettext("Counted in part; the rest follows within minutes.")
        else:
            words = gettext("The figures are up to date.")
        messages.info(request, words)
        return redirect(reverse("admin:reports_report_sales"))

    def _page(
        self, request: HttpRequest, name: str, title: str, asked: Asked, **context: object
    ) -> HttpResponse:
        whole = {
            **self.admin_site.each_context(request),
            "opts": Report._meta,
            "report": name,
            "title": title,
            "asked": asked,
            "refusal": asked.refusal,
            "query": asked.query(),
            "earlier": periods.before(asked.period),
            "presets": [
                (words, asked.query(period=code), code == asked.preset)
                for code, (words, _period) in periods.presets(timezone.localdate()).items()
            ],
            "grains": [
                (words, asked.query(grain=str(grain)), grain == asked.grain)
                for grain, words in periods.GRAINS.items()
            ],
            "formats": _files(name, asked.query(grain=asked.grain)),
            "pending": pending.now(),
            "now": timezone.now(),
            **context,
        }
        return TemplateResponse(request, f"admin/reports/{name}.html", whole)


def _files(name: str, query: str) -> list[tuple[StrOrPromise, str]]:
    """Return the formats in which a report can be had as a file, with the address of each."""
    address = reverse("admin:reports_report_file", args=[name])
    return [(words, f"{address}{query}&format={form}") for form, words in FORMATS.items()]


def _title(name: str) -> str:
    return {
        "sales": gettext("Sales"),
        "products": gettext("Best sellers"),
        "checkouts": gettext("Checkouts"),
        "rows": gettext("Reports"),
    }[name]
