"""Exports in the back office: a short list at once, a long one by a worker with progress shown, kept for a week."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from inventory.exchange import export_jobs, exports
from inventory.exchange.contents import LISTINGS, Filters
from inventory.models import ExportJob
from shop.core.backoffice.base import HistoryAdmin, actor, require, row
from shop.core.spreadsheets import files, progress
from shop.core.states import record


def may_take(request: HttpRequest, contents: str) -> bool:
    """Return whether whoever is signed in may have this list as a file."""
    return all(request.user.has_perm(permission) for permission in LISTINGS[contents].permissions)


def hand_out(
    request: HttpRequest, *, contents: str, form: str, filters: Filters, back: str, about: str = ""
) -> HttpResponse:
    """Answer a short list as a file at once; have a long one made (POST) and redirect to its progress page.

    A GET never starts work: a long list requested by GET redirects to `back`.
    """
    require(request, *LISTINGS[contents].permissions)
    if exports.is_small(contents, filters):
        file = exports.export(contents, form, filters)
        return HttpResponse(file.content, content_type=file.content_type, headers=_as_download(file.name))
    if request.method != "POST":
        messages.info(request, gettext("This list is long: press the button, and it is made for you."))
        return redirect(back)
    job, _is_new = export_jobs.ask(
        contents=contents,
        form=form,
        filters=filters,
        about=about,
        language=get_language() or "es",
        actor=actor(request),
    )
    return redirect("admin:inventory_exportjob_change", job.pk)


def _as_download(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


@admin.register(ExportJob)
class ExportJobAdmin(HistoryAdmin[ExportJob]):
    """Every long list that was exported, by whom, and its file as long as it is kept."""

    list_display = [
        "created_at",
        "contents",
        "about",
        "form",
        "status_label",
        "row_count",
        "acted_by",
        "file_link",
    ]
    list_display_links = ["created_at", "contents"]
    list_filter = [("contents", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter)]
    search_fields = ["file_name", "about", "actor"]
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportJob]:
        """Leave out the lists which whoever is signed in may not have."""
        found: QuerySet[ExportJob] = super().get_queryset(request)
        return found.filter(contents__in=[code for code in LISTINGS if may_take(request, code)])

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:key>/standing/", wrap(self.progress_view), name="inventory_exportjob_progress"),
            path("<uuid:key>/file/", wrap(self.file_view), name="inventory_exportjob_file"),
        ]
        return own + super().get_urls()

    @display(
        description=_("status"),
        ordering="status",
        label={"waiting": "info", "done": "success", "failed": "danger", "gone": "default"},
    )
    def status_label(self, job: ExportJob) -> tuple[str, str]:
        return job.status, job.get_status_display()

    @display(description=_("file"))
    def file_link(self, job: ExportJob) -> str:
        if job.status != ExportJob.Status.DONE:
            return "—"
        address = reverse("admin:inventory_exportjob_file", args=[job.pk])
        return format_html('<a class="bo-link" href="{}">{}</a>', address, gettext("Download"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show one export: how far it is, or its file."""
        job = self._job(request, object_id)
        kept_until = job.finished_at + export_jobs.KEEP if job.finished_at else None
        context = {
            **self.admin_site.each_context(request),
            "title": job.get_contents_display(),
            "opts": self.model._meta,
            "job": job,
            "progress": progress.read(job.pk) if job.is_working else None,
            "refresh_seconds": 3,
            "kept_until": kept_until,
            "progress_url": reverse("admin:inventory_exportjob_progress", args=[job.pk]),
            "may_list": self.has_view_permission(request),
        }
        return TemplateResponse(request, "admin/inventory/exportjob/job.html", context)

    def progress_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Return the progress for the page's polling; once it is over, have the page reload."""
        job = self._job(request, key)
        if not job.is_working:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = {"job": job, "progress": progress.read(job.pk), "progress_url": request.path}
        return TemplateResponse(request, "admin/inventory/importjob/_progress.html", context)

    def file_view(self, request: HttpRequest, key: UUID) -> Any:
        """Return the file to whoever may have its contents now, and record who downloaded it."""
        job = self._job(request, key)
        if job.status != ExportJob.Status.DONE:
            messages.info(request, gettext("The file itself is no longer kept."))
            return redirect("admin:inventory_exportjob_change", job.pk)
        record(job, "downloaded", actor=actor(request))
        headers = {**_as_download(job.file_name), "Content-Length": str(job.byte_count)}
        kind = files.content_type(job.form)
        return StreamingHttpResponse(export_jobs.content(job), content_type=kind, headers=headers)

    def _job(self, request: HttpRequest, key: object) -> ExportJob:
        """Return an export for whoever may have its contents.

        Raises: Http404, PermissionDenied.
        """
        job = row(ExportJob.objects.all(), key)
        require(request, *LISTINGS[job.contents].permissions)
        return job
