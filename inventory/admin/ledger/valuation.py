"""What the stock is worth, per place and category, as a page and as a file; now or at any instant."""

from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from catalog.models import Category
from inventory.admin.counts.counts import CategoryField
from inventory.admin.exchange.export_jobs import hand_out
from inventory.exchange import exports
from inventory.ledger import valuation
from inventory.models import ExportJob, Location, StockLevel
from shop.core.backoffice.base import require
from shop.core.backoffice.verb_forms import AnyAdmin

MOMENT = "%Y-%m-%dT%H:%M"
SHOWN = 300


class ValuationForm(forms.Form):
    """Which part of the stock, and when."""

    location = forms.ModelChoiceField(
        label=_("location"),
        queryset=Location.objects.all(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label=_("everywhere"),
    )
    category = CategoryField(
        label=_("category"),
        queryset=Category.objects.order_by("path"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label=_("everything"),
    )
    at = forms.DateTimeField(
        label=_("at the moment"),
        required=False,
        input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, format=MOMENT
        ),
    )


def valuation_page(model_admin: AnyAdmin, request: HttpRequest) -> HttpResponse:
    """Show units, average cost and worth; the totals of all rows, and the first rows one by one."""
    require(request, "inventory.view_stocklevel", "inventory.view_stockmovement")
    form = ValuationForm(request.GET or None)
    rows, at = _asked(form)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": StockLevel._meta,
        "title": gettext("Valuation"),
        "form": form,
        "at": at,
        "rows": rows[:SHOWN],
        "left_out": max(0, len(rows) - SHOWN),
        "total": valuation.total(rows),
        "places": valuation.by_location(rows),
        "categories": valuation.by_category(rows),
        "chosen": list(request.GET.items()),
        "export_formats": list(exports.FORMATS.items()),
    }
    return TemplateResponse(request, "admin/inventory/valuation.html", context)


def valuation_file(request: HttpRequest) -> HttpResponse:
    """Return all rows as a file, one for each variant and location, or have a worker make it."""
    asked = request.POST if request.method == "POST" else request.GET
    form = ValuationForm(asked)
    data = form.cleaned_data if form.is_valid() else {}
    chosen = {name: data[name] for name in ("location", "category") if data.get(name)}
    at = data.get("at")
    filters = {name: str(found.pk) for name, found in chosen.items()} | ({"at": at.isoformat()} if at else {})
    words = [str(found) for found in chosen.values()]
    if at:
        words.append(date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"))
    return hand_out(
        request,
        contents=ExportJob.Contents.VALUATION,
        filters=filters,
        about=" · ".join(words),
        form=asked["format"] if asked.get("format") in exports.FORMATS else ExportJob.Form.CSV,
        back=f"{reverse('admin:inventory_stocklevel_valuation')}?{request.GET.urlencode()}",
    )


def _asked(form: ValuationForm) -> tuple[list[valuation.Holding], datetime | None]:
    data = form.cleaned_data if form.is_valid() else {}
    location, category, at = data.get("location"), data.get("category"), data.get("at")
    rows = valuation.holdings(
        at=at,
        location_id=location.pk if location else None,
        category_path=category.path if category else None,
    )
    return rows, at
