"""Payout reports in the back office: upload, the lines of each payout, and the unmatched residue."""

import csv
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget

from payments.admin.presentation import BY_PROVIDER, ProviderMixin
from payments.models import PayoutLine, PayoutReport
from payments.payouts import importing, matching, reading, residue
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.money import display as money
from shop.core.spreadsheets.cells import guard

_PER_PAGE = 50
_MB = reading.MOST_BYTES // 1024 // 1024
# Spreadsheets recognise UTF-8 by this byte order mark.
_BOM = "\ufeff"


class UploadForm(VerbForm):
    """A report and its provider."""

    gateway = forms.ChoiceField(label=_("provider"), choices=[])
    file = forms.FileField(
        label=_("file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=_(
            "As the provider's panel gives it, at most %d MB. A file or line that was read before never counts "
            "twice."
        )
        % _MB,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["gateway"])
        field.choices = [(code, f"{label}: {name}") for code, label, name in reading.readable()]


class NoteForm(VerbForm):
    """The explanation of an unmatched line."""

    note = forms.CharField(label=_("explanation"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class _Echo:
    """A file object that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


@admin.register(PayoutReport)
class PayoutReportAdmin(ProviderMixin, HistoryAdmin[PayoutReport]):
    """Every report that was uploaded, with its lines and their matches."""

    list_display = [
        "created_at",
        "gateway_label",
        "file_name",
        "status_label",
        "period",
        "line_count",
        "repeated_count",
        "left_over",
    ]
    list_display_links = ["created_at", "file_name"]
    list_filter = [BY_PROVIDER, ("status", ChoicesDropdownFilter)]
    search_fields = ["file_name", "actor"]
    date_hierarchy = "created_at"
    fields = [
        ("gateway_label", "status"),
        ("file_name", "read_as"),
        ("row_count", "line_count", "repeated_count"),
        ("first_at", "last_at"),
        "refusal",
        "issues",
        ("attempts", "finished_at"),
        "actor",
    ]
    readonly_fields = ["gateway_label"]
    actions_list = ["upload", "left"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutReport]:
        left = Count("lines", filter=Q(lines__match__in=["missing", "differs"]))
        return super().get_queryset(request).defer("content", "issues").annotate(left=left)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("residue/", wrap(self.residue_view), name="payments_payoutreport_residue"),
            path("residue/file/", wrap(self.residue_file_view), name="payments_payoutreport_residue_file"),
        ]
        return own + super().get_urls()

    @display(
        description=_("status"),
        ordering="status",
        label={"uploaded": "info", "done": "success", "refused": "danger", "failed": "danger"},
    )
    def status_label(self, report: PayoutReport) -> tuple[str, str]:
        return report.status, report.get_status_display()

    @display(description=_("movements"), ordering="first_at")
    def period(self, report: PayoutReport) -> str:
        """Return the days that the report covers."""
        if not report.first_at or not report.last_at:
            return "—"
        days = [date_format(localtime(at), "SHORT_DATE_FORMAT") for at in (report.first_at, report.last_at)]
        return format_html('<span class="bo-there">{}</span>', " – ".join(dict.fromkeys(days)))

    @display(description=_("left over"), ordering="left")
    def left_over(self, report: PayoutReport) -> str:
        number: int = report.left  # type: ignore[attr-defined]
        if not number:
            return "—"
        address = reverse("admin:payments_payoutline_changelist")
        return format_html(
            '<a class="bo-link" href="{}?report__id__exact={}">{}</a>', address, report.pk, number
        )

    def has_upload_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.add_payoutreport"))

    def has_view_list_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.view_payoutline"))

    @action(description=_("Upload a report"), url_path="upload", icon="upload", permissions=["upload"])
    def upload(self, request: HttpRequest) -> HttpResponse:
        """Store a report; a small one is read at once."""
        made: list[PayoutReport] = []
        form = UploadForm(request.POST or None, request.FILES or None)
        try:
            is_done = (
                request.method == "POST"
                and form.is_valid()
                and run_verb(
                    request,
                    form=form,
                    scope="payout-upload",
                    refusals={reading.Unreadable: lambda error: ("file", str(error))},
                    verb=lambda data: made.append(_upload(request, data)),
                )
            )
        except importing.ReadBefore as again:
            words = gettext("This file was uploaded before: here is what it said.")
            return done(request, words, reverse("admin:payments_payoutreport_change", args=[again.report.pk]))
        if is_done:
            return (
                redirect("admin:payments_payoutreport_change", made[0].pk)
                if made
                else redirect("admin:payments_payoutreport_changelist")
            )
        return form_page(
            request,
            self,
            form,
            title=gettext("Upload a payout report"),
            button=gettext("Read it"),
            back=reverse("admin:payments_payoutreport_changelist"),
        )

    @action(description=_("Left over"), url_path="left", icon="rule", permissions=["view_list"])
    def left(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the residue of all reports."""
        return redirect("admin:payments_payoutreport_residue")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show one report: the lines of each payout, or why the report was refused."""
        require(request, "payments.view_payoutreport")
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied  # Reports are not edited.
        report = row(PayoutReport.objects.defer("content"), object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": report.file_name,
            "opts": self.model._meta,
            "report": report,
            "payouts": residue.summary(report),
            "refresh_seconds": 5,
            "lines_url": f"{reverse('admin:payments_payoutline_changelist')}?report__id__exact={report.pk}",
            "may_see_lines": request.user.has_perm("payments.view_payoutline"),
        }
        return TemplateResponse(request, "admin/payments/payoutreport/report.html", context)

    def residue_view(self, request: HttpRequest) -> HttpResponse:
        """Show the residue of all reports, and the payments that are in no report."""
        require(request, "payments.view_payoutline", "payments.view_payment")
        lines = Paginator(residue.lines(), _PER_PAGE).get_page(request.GET.get("lines"))
        payments = Paginator(residue.payments(), _PER_PAGE).get_page(request.GET.get("payments"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Left over"),
            "opts": self.model._meta,
            "lines": lines,
            "payments": payments,
        }
        return TemplateResponse(request, "admin/payments/payoutreport/residue.html", context)

    def residue_file_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Send the residue as CSV; cells that look like formulas are escaped."""
        require(request, "payments.view_payoutline", "payments.view_payment")
        write = csv.writer(_Echo()).writerow
        rows = (write([guard(cell) for cell in cells]) for cells in residue.table())
        answer = StreamingHttpResponse((_BOM if not n else "") + text for n, text in enumerate(rows))
        answer["Content-Type"] = "text/csv; charset=utf-8"
        name = slugify(gettext("left over"))
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer


def _upload(request: HttpRequest, data: dict[str, Any]) -> PayoutReport:
    file = data["file"]
    if file.size > reading.MOST_BYTES:  # Refused before its bytes are in memory.
        raise reading.Unreadable(gettext("The file is larger than %s MB.") % _MB)
    return importing.upload(
        gateway=data["gateway"],
        file_name=file.name,
        content=file.read(),
        language=get_language() or "es",
        actor=actor(request),
    )


def _sum(amount: Decimal, currency: str) -> str:
    """Return an amount on one line, or a dash for nothing."""
    return format_html('<span class="bo-there">{}</span>', money(amount, currency)) if amount else "—"


@admin.register(PayoutLine)
class PayoutLineAdmin(ProviderMixin, HistoryAdmin[PayoutLine]):
    """Every line of the reports, with the payment, refund or dispute that it matches."""

    list_display = [
        "happened_at",
        "gateway_label",
        "kind",
        "source",
        "match_label",
        "gross_label",
        "kept_label",
        "net_label",
        "difference_label",
        "payment_link",
    ]
    ordering = ["-happened_at", "-id"]
    list_filter = [("match", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter), BY_PROVIDER]
    list_select_related = ["payment__order"]
    search_fields = ["source", "about", "reference", "payout"]
    date_hierarchy = "happened_at"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("gateway_label", "happened_at"),
                    ("kind", "word"),
                    ("source", "about"),
                    ("reference", "payout"),
                    ("report", "row"),
                ]
            },
        ),
        (_("Money"), {"fields": [("gross_label", "net_label"), ("fee_label", "tax_label"), "face_label"]}),
        (
            _("Here"),
            {"fields": [("match", "difference_label"), ("payment_link", "order_link"), "refund", "finding"]},
        ),
        (_("Explanation"), {"fields": ["note", "noted_by"]}),
    ]
    readonly_fields = [
        "gateway_label",
        "payment_link",
        "order_link",
        "gross_label",
        "net_label",
        "fee_label",
        "tax_label",
        "face_label",
        "difference_label",
    ]
    actions_detail = ["explain"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutLine]:
        found: QuerySet[PayoutLine] = super().get_queryset(request)
        return found.select_related("payment__order", "refund", "report").defer(
            "payment__snapshot", "report__content", "report__issues"
        )

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "report__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(
        description=_("match"),
        ordering="match",
        label={
            "matched": "success",
            "differs": "danger",
            "missing": "danger",
            "own": "default",
            "explained": "info",
        },
    )
    def match_label(self, line: PayoutLine) -> tuple[str, str]:
        return line.match, line.get_match_display()

    @display(description=_("gross"), ordering="gross")
    def gross_label(self, line: PayoutLine) -> str:
        return _sum(line.gross, line.currency)

    @display(description=_("fees and taxes"))
    def kept_label(self, line: PayoutLine) -> str:
        return _sum(line.fee + line.tax, line.currency)

    @display(description=_("fees"))
    def fee_label(self, line: PayoutLine) -> str:
        return _sum(line.fee, line.currency)

    @display(description=_("taxes"))
    def tax_label(self, line: PayoutLine) -> str:
        return _sum(line.tax, line.currency)

    @display(description=_("in the shopper's currency"))
    def face_label(self, line: PayoutLine) -> str:
        return "—" if line.face is None else _sum(line.face, line.face_currency)

    @display(description=_("net"), ordering="net")
    def net_label(self, line: PayoutLine) -> str:
        return _sum(line.net, line.currency)

    @display(description=_("difference"), ordering="difference")
    def difference_label(self, line: PayoutLine) -> str:
        return _sum(line.difference, line.currency)

    @display(description=_("payment"))
    def payment_link(self, line: PayoutLine) -> str:
        return foreign("payments_payment", line.payment)

    @display(description=_("order"))
    def order_link(self, line: PayoutLine) -> str:
        return foreign("orders_order", line.payment.order if line.payment else None)

    def has_explain_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.change_payoutline"))

    @action(description=_("Explain"), url_path="explain", icon="edit_note", permissions=["explain"])
    def explain(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Store the explanation of an unmatched line, so that it leaves the list."""
        line = row(PayoutLine.objects.all(), object_id)
        form = NoteForm(request.POST or None)
        back = reverse("admin:payments_payoutline_change", args=[line.pk])
        if request.method == "POST" and form.is_valid():
            if matching.explain(line, note=form.cleaned_data["note"], actor=actor(request)):
                return done(request, gettext("The explanation is noted."), back)
            form.add_error(None, gettext("This line is not left over any more."))
        return form_page(
            request,
            self,
            form,
            title=gettext("Explain this line"),
            subtitle=str(line),
            button=gettext("Save"),
            back=back,
            lead=line.finding,
        )
