"""The core's rows in the back office: mails, jobs, events, counters."""

from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from shop.core.audit import actors, labels, timeline
from shop.core.audit.job_labels import words
from shop.core.backoffice.base import ActorMixin, HistoryAdmin, foreign, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page
from shop.core.jobs import dispatch, last_runs, registry
from shop.core.mail import outbox
from shop.core.mail.secrets import KINDS, Kind
from shop.core.models import Counter, EmailLog, Event, IdempotencyKey, JobRun
from shop.core.outgoing import admin as outgoing_admin  # noqa: F401  (registers its own pages)


class SendAgainForm(VerbForm):
    """Nothing to fill in: only to confirm."""


@admin.register(EmailLog)
class EmailLogAdmin(HistoryAdmin[EmailLog]):
    """Every mail the shop wrote, readable as it was sent, with its secrets masked (`shop.core.mail.secrets`)."""

    list_display = ["created_at", "to", "subject", "kind_label", "status_label", "sent_at"]
    list_display_links = ["created_at", "subject"]
    list_filter = [("status", ChoicesDropdownFilter), ("kind", labels.filter_words(labels.mail))]
    search_fields = ["to", "subject", "dedupe_key"]
    date_hierarchy = "created_at"
    actions_detail = ["send_again"]
    fieldsets = [
        (None, {"fields": ["subject", "to", "status", "kind_label", "user_link", "language"]}),
        (_("Sending"), {"fields": ["created_at", "sent_at", "attempts", "next_try_at", "error"]}),
    ]
    readonly_fields = ["kind_label", "user_link", "created_at"]
    change_form_outer_after_template = "admin/email_preview.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailLog]:
        found: QuerySet[EmailLog] = super().get_queryset(request)
        is_list = getattr(request.resolver_match, "url_name", "") == "core_emaillog_changelist"
        return found.defer("text", "html") if is_list else found.select_related("user")

    @display(
        description=_("status"),
        ordering="status",
        label={"queued": "info", "sending": "info", "sent": "success", "failed": "danger"},
    )
    def status_label(self, email: EmailLog) -> tuple[str, str]:
        return email.status, email.get_status_display()

    @display(description=_("kind"), ordering="kind")
    def kind_label(self, email: EmailLog) -> str:
        return capfirst(labels.mail(email.kind))

    @display(description=_("user"))
    def user_link(self, email: EmailLog) -> str:
        return foreign("accounts_user", email.user)

    def has_send_again_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("core.change_emaillog")

    @action(
        description=_("Send again"),
        url_path="send-again",
        icon="forward_to_inbox",
        permissions=["send_again"],
    )
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a failed mail back into the queue."""
        email = row(EmailLog.objects.all(), object_id)
        back = reverse("admin:core_emaillog_change", args=[email.pk])
        form = SendAgainForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                if outbox.send_again(email):
                    return done(request, gettext("The mail is in the queue again."), back)
                form.add_error(None, gettext("Only a mail that failed for good can be sent again."))
            except outbox.SecretGone:
                form.add_error(None, _secret_gone(email))
        return form_page(
            request,
            self,
            form,
            title=gettext("Send this mail again?"),
            subtitle=email.subject,
            button=gettext("Send again"),
            back=back,
            lead=email.error,
        )


def _secret_gone(email: EmailLog) -> str:
    """Return why a mail cannot be sent again, and what the person can do instead."""
    why = gettext(
        "The link or code of this mail was secret and has been removed, so it cannot be sent again."
    )
    return f"{why} {KINDS.get(email.kind, Kind()).how_to_renew}"


@admin.register(JobRun)
class JobRunAdmin(HistoryAdmin[JobRun]):
    """Every run of a job, and above them every job with a button to run it now."""

    list_display = ["started_at", "called", "outcome", "took", "summary"]
    list_filter = ["is_ok", "job"]
    search_fields = ["job", "error"]
    date_hierarchy = "started_at"
    list_before_template = "admin/jobs.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """List the runs below the jobs, each with its last run (one query)."""
        last = last_runs()
        jobs = [{"name": name, "words": words(name), "last": last.get(name)} for name in registry()]
        return super().changelist_view(
            request,
            {
                **(extra_context or {}),
                "jobs": jobs,
                "now": timezone.now(),
                "can_run": request.user.has_perm("core.add_jobrun"),
            },
        )

    def get_urls(self) -> list[URLPattern]:
        run = path("run/", self.admin_site.admin_view(self.run_view), name="core_jobrun_run")
        return [run, *super().get_urls()]

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """Queue a job for the workers (POST, permission core.add_jobrun)."""
        require(request, "core.add_jobrun")
        name = request.POST.get("job", "")
        if request.method != "POST" or name not in registry():
            messages.error(request, gettext("There is no such job."))
        elif dispatch("shop.core.tasks.run_now", name):
            messages.success(
                request,
                gettext("%(job)s is on its way; its run appears here in a moment.") % {"job": words(name)},
            )
        else:
            messages.error(request, gettext("The job queue cannot be reached just now. Is Redis running?"))
        return redirect("admin:core_jobrun_changelist")

    @display(description=_("job"), ordering="job")
    def called(self, run: JobRun) -> str:
        return words(run.job)

    @display(
        description=_("outcome"),
        ordering="is_ok",
        label={"ok": "success", "failed": "danger", "running": "info"},
    )
    def outcome(self, run: JobRun) -> tuple[str, str]:
        if run.is_ok is None:
            return "running", gettext("running")
        return ("ok", gettext("done")) if run.is_ok else ("failed", gettext("failed"))

    @display(description=_("took"))
    def took(self, run: JobRun) -> str:
        return f"{(run.finished_at - run.started_at).total_seconds():.2f} s" if run.finished_at else "—"

    @display(description=_("result"))
    def summary(self, run: JobRun) -> str:
        if run.error:
            return run.error.strip().splitlines()[-1][:120]
        return ", ".join(f"{key} {value}" for key, value in run.result.items() if value not in ("", None))[
            :120
        ]


@admin.register(Event)
class EventAdmin(ActorMixin[Event], HistoryAdmin[Event]):
    """Who did what when, of all state machines of the shop."""

    list_display = ["occurred_at", "about", "change", "acted_by", "why"]
    list_filter = [
        ("subject_type", labels.filter_words(labels.subject)),
        ("kind", labels.filter_words(labels.kind)),
    ]
    search_fields = ["actor", "reason"]
    date_hierarchy = "occurred_at"
    ordering = ["-occurred_at", "-id"]
    fields = ["occurred_at", "about", "change", "acted_by", "why", "subject_id", "trail", "data"]
    readonly_fields = ["about", "change", "acted_by", "why"]

    @display(description=_("about"), ordering="subject_type")
    def about(self, event: Event) -> str:
        return labels.subject(event.subject_type)

    @display(description=_("what"), ordering="kind")
    def change(self, event: Event) -> str:
        """Show what happened; the codes show when it is pointed at."""
        code = f"{event.field}: {event.from_state} → {event.to_state}" if event.to_state else event.kind
        words = capfirst(timeline.change_in_words(event))
        return format_html('<span title="{}">{}</span>', code, words)

    @display(description=_("reason"), ordering="reason")
    def why(self, event: Event) -> str:
        return labels.reason(event.reason) or "—"

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Search keys only when the text is a UUID: PostgreSQL refuses to compare other text with one."""
        try:
            UUID(request.GET.get("q", "").strip())
        except ValueError:
            return ["actor", "reason"]
        return ["subject_id__exact", "trail__exact"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Find a customer's events by the e-mail address: the events have the account's key."""
        found, has_doubles = super().get_search_results(request, queryset, search_term)
        customer = actors.by_address(search_term) if "@" in search_term else ""
        return (found | queryset.filter(actor=customer) if customer else found), has_doubles


@admin.register(Counter)
class CounterAdmin(HistoryAdmin[Counter]):
    """Numbers that only count."""

    list_display = ["called", "value", "updated_at"]
    search_fields = ["name"]
    fields = ["called", "value", "updated_at"]
    readonly_fields = ["called"]

    @display(description=_("name"), ordering="name")
    def called(self, counter: Counter) -> str:
        """Show what is counted; the name in the code shows when it is pointed at."""
        words = capfirst(labels.counter(counter.name))
        return format_html('<span title="{}">{}</span>', counter.name, words)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(HistoryAdmin[IdempotencyKey]):
    """Forms that acted once already."""

    list_display = ["created_at", "scope", "key"]
    list_filter = ["scope"]
    search_fields = ["key"]
