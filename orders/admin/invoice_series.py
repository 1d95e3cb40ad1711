"""The series of the documents' numbers: one that stands still says why, and goes on when staff have looked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from orders.invoices import acts
from orders.models import Invoice, InvoiceSeries
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import HistoryAdmin, actor, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb

Status = Invoice.Status


class UnfreezeForm(VerbForm):
    """What staff found out about the numbers."""

    reason = forms.CharField(label=_("what you found"), max_length=200)


@admin.register(InvoiceSeries)
class InvoiceSeriesAdmin(HistoryAdmin[InvoiceSeries]):
    """The series of numbers; one that stands still says why, and goes on when staff have looked."""

    list_display = ["series_label", "provider_label", "document_code", "next_number", "issued", "state_label"]
    search_fields = ["letter", "tax_id"]
    fields = [
        ("provider_label", "environment"),
        ("tax_id", "point_of_sale"),
        ("letter", "document_code"),
        "next_number",
        ("frozen_at", "frozen_reason"),
        ("foreign_from", "foreign_to"),
    ]
    readonly_fields = ["provider_label"]
    actions_detail = ["unfreeze"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[InvoiceSeries]":
        rows: QuerySet[InvoiceSeries] = super().get_queryset(request)
        return rows.annotate(number_issued=Count("invoices", filter=Q(invoices__status=Status.AUTHORISED)))

    @display(description=_("series"), ordering="letter")
    def series_label(self, series: InvoiceSeries) -> str:
        return str(series)

    @display(description=_("issued"), ordering="number_issued")
    def issued(self, series: Any) -> int:
        return int(series.number_issued)

    @display(description=_("provider"), ordering="provider")
    def provider_label(self, series: InvoiceSeries) -> str:
        """Tax offices are called by their initials."""
        return series.provider.upper()

    @display(description=_("state"), label={"frozen": "danger", "runs": "success"})
    def state_label(self, series: InvoiceSeries) -> tuple[str, str]:
        return ("frozen", gettext("stands still")) if series.is_frozen else ("runs", gettext("in use"))

    def makes_sense(self, act: str, series: InvoiceSeries) -> bool:
        return series.is_frozen

    def has_change_series_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.change_invoiceseries"))

    @action(
        description=_("Let it go on"), url_path="unfreeze", icon="play_arrow", permissions=["change_series"]
    )
    def unfreeze(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a frozen series go on after the numbers of others."""
        series = row(InvoiceSeries.objects.all(), object_id)
        back = reverse("admin:orders_invoiceseries_change", args=[series.pk])
        form = UnfreezeForm(request.POST or None)
        form.compare(f"series-unfreeze:{series.pk}", _shown_rows(series))
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="series-unfreeze",
                refusals={
                    acts.NotThatState: lambda error: (
                        None,
                        gettext("It goes on already; nothing was changed."),
                    )
                },
                verb=lambda data: acts.unfreeze(series, reason=data["reason"], actor=actor(request)),
            )
        ):
            return done(request, gettext("The series goes on."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Let the series go on?"),
            subtitle=str(series),
            button=gettext("Let it go on"),
            back=back,
            lead=series.frozen_reason
            + "\n"
            + gettext(
                "Find out first who else issues at this point of sale. Numbers of others are left out; a document of"
                " ours that has one of them gets a new number."
            ),
        )


def _shown_rows(series: InvoiceSeries) -> ShownRows:
    """Return the `ShownRows` of a series' standstill. It locks as letting the series go on does."""
    return columns(
        InvoiceSeries.objects.filter(pk=series.pk),
        "frozen_at",
        "foreign_from",
        "foreign_to",
        lock=lambda _keys: acts.lock_series(series),
    )
