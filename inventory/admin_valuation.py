"""What the stock is worth, per place and category, as a page and as a file; now or at any instant."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from catalog.models import Category
from inventory import valuation
from inventory.admin_counts import CategoryField
from inventory.models import Location, StockLevel
from shop.core.backoffice import require

MOMENT = "%Y-%m-%dT%H:%M"
SHOWN = 300


class ValuationForm(forms.Form):
    """Which part of the stock, and when."""

    location = forms.ModelChoiceField(
        label=_("location"), queryset=Location.objects.all(), required=False, widget=UnfoldAdminSelectWidget,
        empty_label=_("everywhere"),
    )  # fmt: skip
    category = CategoryField(
        label=_("category"), queryset=Category.objects.order_by("path"), required=False,
        widget=UnfoldAdminSelectWidget, empty_label=_("everything"),
    )  # fmt: skip
    at = forms.DateTimeField(
        label=_("at the moment"), required=False, input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, format=MOMENT),
    )  # fmt: skip


def valuation_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show units, average cost and worth; the whole of it as sums, the first rows one by one."""
    require(request, "inventory.view_stocklevel", "inventory.view_stockmovement")
    form = ValuationForm(request.GET or None)
    rows, at = _asked(form)
    context = {
        **model_admin.admin_site.each_context(request), "opts": StockLevel._meta, "title": gettext("Valuation"),
        "form": form, "at": at, "rows": rows[:SHOWN], "left_out": max(0, len(rows) - SHOWN),
        "total": valuation.total(rows), "places": valuation.by_location(rows),
        "categories": valuation.by_category(rows), "query": urlencode(request.GET),
    }  # fmt: skip
    return TemplateResponse(request, "admin/inventory/valuation.html", context)


def valuation_file(model_admin: Any, request: HttpRequest) -> StreamingHttpResponse:
    """Answer all rows as CSV (UTF-8 with a mark, so that spreadsheets read accents), one for each variant and place."""
    require(request, "inventory.view_stocklevel", "inventory.view_stockmovement")
    rows, at = _asked(ValuationForm(request.GET or None))
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    day = timezone.localtime(at) if at else timezone.localtime()
    answer["Content-Disposition"] = f'attachment; filename="valuation-{day:%Y-%m-%d-%H%M}.csv"'
    return answer


def _asked(form: ValuationForm) -> tuple[list[valuation.Holding], datetime | None]:
    data = form.cleaned_data if form.is_valid() else {}
    location, category, at = data.get("location"), data.get("category"), data.get("at")
    rows = valuation.holdings(
        at=at,
        location_id=location.pk if location else None,
        category_path=category.path if category else None,
    )
    return rows, at


class _Echo:
    def write(self, text: str) -> str:
        return text


def _lines(rows: list[valuation.Holding]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"
    names = [
        gettext("SKU"),
        gettext("product"),
        gettext("variant"),
        gettext("category"),
        gettext("location"),
        gettext("units"),
        gettext("average cost"),
        gettext("value"),
    ]
    yield writer.writerow(names)
    for row in rows:
        cost = "" if row.cost is None else f"{row.cost:.2f}"
        words = [row.sku, row.product, row.variant, row.category, row.location or gettext("on the way")]
        # A cell that begins like a formula would be run by a spreadsheet.
        safe = [f"'{word}" if word[:1] in "=+-@\t\r" else word for word in words]
        yield writer.writerow([*safe, row.units, cost, "" if row.value is None else f"{row.value:.2f}"])
