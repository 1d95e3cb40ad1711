"""Reports on plans: what is overdue by its age, whom to call, what differs from its promise; as pages and as files."""

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from orders.installments import limits, reports
from orders.models import InstallmentPlan
from shop.core import countries
from shop.core.backoffice.base import require
from shop.core.backoffice.verb_forms import AnyAdmin
from shop.core.money import ZERO
from shop.core.spreadsheets.cells import guard

_PER_PAGE = 50
# Spreadsheets recognise UTF-8 by this byte order mark.
_BOM = "\ufeff"
MAY_SEE = "orders.view_installmentplan"


class _Echo:
    """A file object that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


@action(description=_("To call"), url_path="to-call", icon="call")
def to_call(model_admin: AnyAdmin, request: HttpRequest) -> HttpResponse:
    """Show whose instalments are overdue, with what was written and said last."""
    require(request, MAY_SEE)
    page = Paginator(reports.to_call(), _PER_PAGE).get_page(request.GET.get("p"))
    today = timezone.localdate()
    rows = [{"plan": plan, "days": (today - plan.overdue_since).days} for plan in page]
    return _page(
        model_admin,
        request,
        "to_call",
        title=gettext("To call"),
        rows=rows,
        page=page,
        may_note=request.user.has_perm("orders.change_installmentplan"),
    )


@action(description=_("Aging"), url_path="aging", icon="schedule")
def aging(model_admin: AnyAdmin, request: HttpRequest) -> HttpResponse:
    """Show what is open by how long it is overdue, and what was financed in a year."""
    require(request, MAY_SEE)
    ages = reports.aging()
    return _page(
        model_admin,
        request,
        "aging",
        title=gettext("Open instalments by age"),
        ages=ages,
        total=sum((age.amount for age in ages), ZERO),
        number=sum(age.installments for age in ages),
        financed=limits.financed_in_a_year(),
        staff_notice=countries.current().credit.staff_notice,
    )


@action(description=_("Differences"), url_path="differences", icon="difference")
def differences(model_admin: AnyAdmin, request: HttpRequest) -> HttpResponse:
    """Show where quote, plan and charge differ."""
    require(request, MAY_SEE)
    return _page(
        model_admin,
        request,
        "differences",
        title=gettext("Promised and charged"),
        rows=reports.differences(),
    )


def _page(model_admin: AnyAdmin, request: HttpRequest, name: str, **context: object) -> HttpResponse:
    whole = {
        **model_admin.admin_site.each_context(request),
        "opts": InstallmentPlan._meta,
        "report": name,
        **context,
    }
    return TemplateResponse(request, f"admin/orders/installmentplan/{name}.html", whole)


def files(model_admin: AnyAdmin) -> list[URLPattern]:
    """Return the addresses of the reports' files."""
    wrap: Callable[..., Any] = model_admin.admin_site.admin_view
    return [
        path("aging/file/", wrap(_aging_file), name="orders_installmentplan_aging_file"),
        path("to-call/file/", wrap(_calls_file), name="orders_installmentplan_to_call_file"),
    ]


def _aging_file(request: HttpRequest) -> StreamingHttpResponse:
    """Send every open instalment as CSV."""
    require(request, MAY_SEE)
    head = [
        gettext("order"),
        gettext("e-mail"),
        gettext("phone"),
        gettext("number"),
        gettext("due"),
        gettext("days"),
        gettext("still open"),
        gettext("currency"),
        gettext("age"),
    ]
    return _file(gettext("open instalments"), head, reports.aging_rows())


def _calls_file(request: HttpRequest) -> StreamingHttpResponse:
    """Send the list to call as CSV."""
    require(request, MAY_SEE)
    head = [
        gettext("order"),
        gettext("name"),
        gettext("phone"),
        gettext("e-mail"),
        gettext("days"),
        gettext("overdue"),
        gettext("currency"),
        gettext("last reminder"),
        gettext("last call"),
        gettext("what was said"),
    ]
    return _file(gettext("to call"), head, _call_rows())


def _call_rows() -> Iterator[tuple[object, ...]]:
    today = timezone.localdate()
    pages = Paginator(reports.to_call(), 500)
    for number in pages.page_range:
        for plan in pages.page(number):
            order = plan.order
            yield (
                order.number,
                order.full_name,
                order.phone,
                order.email,
                (today - plan.overdue_since).days,
                plan.overdue_sum,
                plan.currency,
                _moment(plan.reminded_at),
                _moment(plan.called_at),
                plan.call_note or "",
            )


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""


def _file(name: str, head: list[str], rows: Iterable[tuple[object, ...]]) -> StreamingHttpResponse:
    """Return rows as a CSV file; cells that look like formulas are escaped."""
    write = csv.writer(_Echo()).writerow

    def lines() -> Iterator[str]:
        yield _BOM + write(head)
        for cells in rows:
            yield write([guard(str(cell)) for cell in cells])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slugify(name)}.csv"'
    return answer
