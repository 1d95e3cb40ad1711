"""Import and export in the back office: upload, preview the changes, confirm, follow the progress."""

import csv
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget

from inventory.admin.exchange.export_jobs import hand_out, may_take
from inventory.exchange import exports, jobs
from inventory.models import ImportJob
from shop.core.backoffice.base import HistoryAdmin, actor, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.spreadsheets import progress, sheets
from shop.core.spreadsheets.cells import guard
from shop.core.states import IllegalTransition

# What a file may touch, whoever may upload one.
NEEDED: dict[str, tuple[str, ...]] = {
    "catalogue": (
        "catalog.add_product",
        "catalog.change_product",
        "catalog.add_variant",
        "catalog.change_variant",
        "catalog.add_category",
        "catalog.add_optionvalue",
    ),
    "stock": ("inventory.add_stockmovement", "inventory.change_stocklevel"),
}
SHOWN_ISSUES = 200
NEWS = {
    "changed": _("Products changed"),
    "products": _("New products"),
    "brands": _("New brands"),
    "suppliers": _("New suppliers"),
    "categories": _("New categories"),
    "values": _("New option values"),
}


class UploadForm(VerbForm):
    """A file and what is in it."""

    kind = forms.ChoiceField(label=_("what is in the file"), choices=[])
    file = forms.FileField(
        label=_("file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
        help_text=_(
            "CSV or XLSX with headings in the first row, at most 10 MB and 20,000 rows. "
            "Nothing is changed until you have seen what would change."
        ),
    )

    def __init__(self, *args: Any, kinds: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["kind"])
        field.choices = kinds


@admin.register(ImportJob)
class ImportJobAdmin(HistoryAdmin[ImportJob]):
    """Every file that was uploaded, and its result."""

    list_display = [
        "created_at",
        "file_name",
        "kind",
        "status_label",
        "row_count",
        "created_count",
        "changed_count",
        "unchanged_count",
        "issue_count",
        "acted_by",
    ]
    list_display_links = ["created_at", "file_name"]
    list_filter = [("kind", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter)]
    search_fields = ["file_name", "actor"]
    date_hierarchy = "created_at"
    actions_list = ["upload"]
    list_before_template = "admin/inventory/importjob/export.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content", "preview")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """List the files below the links of exports."""
        contents = [(code, words) for code, words in exports.CONTENTS.items() if may_take(request, code)]
        extra = {
            "export_contents": contents,
            "export_formats": list(exports.FORMATS.items()),
            "may_see_exports": request.user.has_perm("inventory.view_exportjob"),
        }
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("export/", wrap(self.export_view), name="inventory_importjob_export"),
            path("<uuid:key>/standing/", wrap(self.progress_view), name="inventory_importjob_progress"),
            path("<uuid:key>/decide/", wrap(self.decide_view), name="inventory_importjob_decide"),
            path("<uuid:key>/errors/", wrap(self.errors_view), name="inventory_importjob_errors"),
            path("<uuid:key>/file/", wrap(self.file_view), name="inventory_importjob_file"),
        ]
        return own + super().get_urls()

    @display(
        description=_("status"),
        ordering="status",
        label={
            "uploaded": "info",
            "confirmed": "info",
            "checked": "warning",
            "done": "success",
            "refused": "danger",
            "failed": "danger",
        },
    )
    def status_label(self, job: ImportJob) -> tuple[str, str]:
        return job.status, job.get_status_display()

    def has_upload_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(_kinds(request))

    @action(description=_("Import a file"), url_path="upload", icon="upload", permissions=["upload"])
    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take a file and have it checked."""
        made: list[ImportJob] = []
        form = UploadForm(request.POST or None, request.FILES or None, kinds=_kinds(request))
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="import-upload",
                refusals={sheets.Unreadable: lambda error: ("file", str(error))},
                verb=lambda data: made.append(_upload(request, data)),
            )
        ):
            if made:
                return redirect("admin:inventory_importjob_change", made[0].pk)
            return redirect("admin:inventory_importjob_changelist")
        return form_page(
            request,
            self,
            form,
            title=gettext("Import a file"),
            button=gettext("Check the file"),
            back=reverse("admin:inventory_importjob_changelist"),
            lead=gettext("The easiest start is an export: change it in a spreadsheet and upload it again."),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show one file: how far it is, what it would change or changed, and its errors."""
        require(request, "inventory.view_importjob")
        job = row(ImportJob.objects.defer("content"), object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": job.file_name,
            "opts": self.model._meta,
            "job": job,
            "progress": progress.read(job.pk) if job.is_working else None,
            "issues": job.issues.all()[:SHOWN_ISSUES] if job.issue_count else [],
            "news": [
                (NEWS[name], *found) for name, found in job.preview.get("news", {}).items() if name in NEWS
            ],
            "warnings": job.preview.get("warnings"),
            "may_decide": _may(request, job.kind),
            "refresh_seconds": 3,
            "progress_url": reverse("admin:inventory_importjob_progress", args=[job.pk]),
        }
        return TemplateResponse(request, "admin/inventory/importjob/job.html", context)

    def progress_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Return the progress for the page's polling; once it is over, have the page reload."""
        require(request, "inventory.view_importjob")
        job = row(ImportJob.objects.only("status"), key)
        if not job.is_working:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = {"job": job, "progress": progress.read(job.pk), "progress_url": request.path}
        return TemplateResponse(request, "admin/inventory/importjob/_progress.html", context)

    def decide_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Import or drop a checked file (POST)."""
        job = row(ImportJob.objects.defer("content"), key)
        require(request, "inventory.add_importjob", *NEEDED[job.kind])
        if request.method == "POST":
            verb = jobs.confirm if request.POST.get("decision") == "import" else jobs.cancel
            try:
                verb(job, actor=actor(request))
            except IllegalTransition:
                messages.info(request, gettext("It was decided before."))
        return redirect("admin:inventory_importjob_change", job.pk)

    def errors_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Return the errors as CSV."""
        require(request, "inventory.view_importjob")
        job = row(ImportJob.objects.defer("content"), key)
        response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="errors-{job.pk.hex[-8:]}.csv"'
        write = csv.writer(response, delimiter=";").writerow
        write([gettext("Row"), gettext("Column"), gettext("Value"), gettext("What is wrong")])
        for issue in job.issues.all():
            write([issue.row, guard(issue.column), guard(issue.value), guard(issue.words)])
        return response

    def file_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Return the file as it was uploaded, always as a download."""
        require(request, "inventory.view_importjob")
        job = row(ImportJob.objects.all(), key)
        if not job.content:
            return done(
                request,
                gettext("The file itself is no longer kept."),
                reverse("admin:inventory_importjob_change", args=[job.pk]),
            )
        answer = HttpResponse(bytes(job.content), content_type="application/octet-stream")
        name = job.file_name.encode("ascii", "replace").decode().replace('"', "'").replace("?", "_")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Return the catalogue or the stock as a file, or have a worker make it."""
        asked = request.POST if request.method == "POST" else request.GET
        contents, form = asked.get("contents", ""), asked.get("format", "")
        back = reverse("admin:inventory_importjob_changelist")
        if contents not in exports.CONTENTS or form not in exports.FORMATS:
            messages.error(request, gettext("Choose what to export."))
            return redirect(back)
        return hand_out(request, contents=contents, form=form, filters={}, back=back)


def _may(request: HttpRequest, kind: str) -> bool:
    user = cast(Any, request.user)
    return all(user.has_perm(permission) for permission in ("inventory.add_importjob", *NEEDED[kind]))


def _kinds(request: HttpRequest) -> list[tuple[str, Any]]:
    """Return the kinds of file which whoever is signed in may import."""
    return [(code, words) for code, words in ImportJob.Kind.choices if _may(request, code)]


def _upload(request: HttpRequest, data: dict[str, Any]) -> ImportJob:
    file = data["file"]
    if file.size > sheets.MOST_BYTES:
        # Refused before its bytes are in memory.
        raise sheets.Unreadable(
            gettext("The file is larger than %s MB.") % (sheets.MOST_BYTES // 1024 // 1024)
        )
    return jobs.upload(
        kind=data["kind"],
        file_name=file.name,
        content=file.read(),
        language=get_language() or "es",
        actor=actor(request),
    )
