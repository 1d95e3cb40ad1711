"""Disputes in the back office: deadlines, evidence, and a text to paste into the provider's panel."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments import gateways
from payments.admin.disputes.checklists import ChecklistForm
from payments.admin.disputes.dispute_page import NoteForm, deadline_of, page_context
from payments.admin.presentation import BY_PROVIDER, ConfirmForm, no_answer, provider_data
from payments.disputes import disputes, evidence, evidence_draft
from payments.gateways.base import GatewayError
from payments.models import Dispute
from payments.settlement import settle
from shop.core.audit import actors
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.money import display as money
from shop.core.web.context import shop_facts

DISPUTE_TONES = {
    "inquiry": "warning",
    "needs_response": "danger",
    "under_review": "info",
    "won": "success",
    "lost": "danger",
    "withdrawn": "success",
}


class StageFilter(admin.SimpleListFilter):
    """Disputes by the state of their deadline."""

    title = _("deadline")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [
            ("open", _("open")),
            ("waiting", _("waits for our answer")),
            ("soon", _("due soon")),
            ("late", _("deadline passed")),
            ("ended", _("ended")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> QuerySet[Dispute] | None:
        now = timezone.now()
        soon = now + timedelta(days=max(settings.DISPUTE_REMINDER_DAYS, default=3))
        unanswered = Q(status__in=Dispute.WAITING, answered_at=None)
        chosen = {
            "open": Q(closed_at=None),
            "waiting": unanswered,
            "soon": unanswered & Q(respond_by__gt=now, respond_by__lte=soon),
            "late": unanswered & Q(respond_by__lte=now),
            "ended": Q(closed_at__isnull=False),
        }.get(self.value() or "")
        return None if chosen is None else queryset.filter(chosen)


class AnswerForm(VerbForm):
    """What was answered in the provider's panel."""

    note = forms.CharField(
        label=_("what was sent"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


@admin.register(Dispute)
class DisputeAdmin(HistoryAdmin[Dispute]):
    """Disputes of payments by buyers' banks or the provider."""

    list_display = [
        "opened_at",
        "status_label",
        "deadline",
        "reason_label",
        "sum_label",
        "evidence_label",
        "order_link",
        "provider_label",
    ]
    list_display_links = ["opened_at"]
    list_filter = [
        StageFilter,
        ("status", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        BY_PROVIDER,
    ]
    list_select_related = ["payment__order"]
    search_fields = [
        "external_id",
        "payment__external_id",
        "payment__order__number",
        "payment__order__email",
        "payment__order__first_name",
        "payment__order__last_name",
        "payment__order__phone",
        "payment__order__document_number",
    ]
    date_hierarchy = "opened_at"
    change_form_outer_before_template = "admin/payments/dispute/page.html"
    fieldsets = [
        (
            _("As the provider tells it"),
            {"fields": [("provider_status", "fetched_at", "next_fetch_at"), "provider_data"]},
        )
    ]
    readonly_fields = ["provider_data"]
    actions_detail = ["ask_now", "answered"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        found: QuerySet[Dispute] = super().get_queryset(request).select_related("payment__order")
        if getattr(request.resolver_match, "url_name", "") == "payments_dispute_changelist":
            return found.annotate(
                ready=Count("evidence", filter=Q(evidence__is_ready=True)), wanted=Count("evidence")
            )
        return found

    @display(description=_("status"), ordering="status", label=DISPUTE_TONES)
    def status_label(self, dispute: Dispute) -> tuple[str, str]:
        return dispute.status, dispute.get_status_display()

    @display(description=_("provider"), ordering="gateway")
    def provider_label(self, dispute: Dispute) -> str:
        """Name the provider, and below it the provider's number of the dispute."""
        name = actors.label(f"provider:{dispute.gateway}")
        return format_html('{} <span class="bo-under">{}</span>', name, dispute.external_id)

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, dispute: Dispute) -> str:
        return money(dispute.amount, dispute.currency)

    @display(
        description=_("answer until"),
        ordering="respond_by",
        label={"late": "danger", "soon": "danger", "due": "warning", "answered": "info", "none": "default"},
    )
    def deadline(self, dispute: Dispute) -> tuple[str, str]:
        return deadline_of(dispute)

    @display(description=_("reason"), ordering="reason")
    def reason_label(self, dispute: Dispute) -> str:
        return dispute.get_reason_display()

    @display(description=_("evidence"))
    def evidence_label(self, dispute: Any) -> str:
        return f"{dispute.ready} / {dispute.wanted}"

    @display(description=_("order"), ordering="payment__order__number")
    def order_link(self, dispute: Dispute) -> str:
        return foreign("orders_order", dispute.payment.order)

    @display(description=_("snapshot"))
    def provider_data(self, dispute: Dispute) -> str:
        return provider_data(dispute.snapshot)

    # -- the page -----------------------------------------------------------------------------------------------
    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return deadline, checklist and notes (a fixed number of queries, however many rows there are)."""
        return page_context(request, str(key))

    def get_urls(self) -> list[URLPattern]:
        view, site = "payments_dispute", self.admin_site
        own = [
            path(
                "<path:object_id>/checklist/", site.admin_view(self.checklist_view), name=f"{view}_checklist"
            ),
            path("<path:object_id>/note/", site.admin_view(self.note_view), name=f"{view}_note"),
            path("<path:object_id>/draft/", site.admin_view(self.draft_view), name=f"{view}_draft"),
            path("<path:object_id>/paper/", site.admin_view(self.print_view), name=f"{view}_paper"),
            path("<path:object_id>/text/", site.admin_view(self.text_view), name=f"{view}_text"),
        ]
        return [*own, *super().get_urls()]

    def checklist_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep the checklist (POST, permission payments.change_dispute)."""
        require(request, "payments.change_dispute")
        dispute = row(Dispute.objects.all(), object_id)
        back = reverse("admin:payments_dispute_change", args=[dispute.pk])
        rows = list(dispute.evidence.all())
        form = ChecklistForm(request.POST or None, rows=rows)
        if request.method != "POST":
            return redirect(back)
        if form.is_valid() and run_verb(
            request,
            form=form,
            scope="dispute-checklist",
            refusals={},
            verb=lambda data: disputes.keep_checklist(dispute, form.ticks, actor=actor(request)),
        ):
            return done(request, gettext("The checklist is kept."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Evidence"),
            subtitle=str(dispute),
            button=gettext("Keep"),
            back=back,
        )

    def note_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Store a note (POST, permission payments.change_dispute)."""
        require(request, "payments.change_dispute")
        dispute = row(Dispute.objects.all(), object_id)
        back = reverse("admin:payments_dispute_change", args=[dispute.pk])
        form = NoteForm(request.POST or None)
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="dispute-note",
                refusals={},
                verb=lambda data: disputes.add_note(dispute, data["text"], actor=actor(request)),
            )
        ):
            return done(request, gettext("The note is kept."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Note"),
            subtitle=str(dispute),
            button=gettext("Keep"),
            back=back,
        )

    # -- its buttons --------------------------------------------------------------------------------------------
    def has_work_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.change_dispute"))

    @action(description=_("Answered"), url_path="answered", icon="send", permissions=["work"])
    def answered(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Record that the evidence was submitted in the provider's panel."""
        dispute = row(Dispute.objects.all(), object_id)
        back = reverse("admin:payments_dispute_change", args=[dispute.pk])
        form = AnswerForm(request.POST or None)
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="dispute-answered",
                verb=lambda data: disputes.note_answer(dispute, actor=actor(request), note=data["note"]),
                refusals={disputes.Closed: lambda _error: (None, gettext("This dispute has ended."))},
            )
        ):
            return done(request, gettext("Noted: nobody is reminded of this deadline any more."), back)
        lead = gettext("Evidence is given in the provider's panel; here it is only noted that this was done.")
        return form_page(
            request,
            self,
            form,
            title=gettext("Was it answered?"),
            subtitle=str(dispute),
            button=gettext("Note as answered"),
            back=back,
            lead=lead,
        )

    @action(description=_("Ask the provider now"), url_path="ask-now", icon="sync", permissions=["work"])
    def ask_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Fetch the dispute from its provider."""
        dispute = row(Dispute.objects.select_related("payment"), object_id)
        back = reverse("admin:payments_dispute_change", args=[dispute.pk])
        form = ConfirmForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                settle.settle(
                    attempt_id=dispute.payment.attempt_key, actor=actor(request), subject=dispute.subject
                )
            except GatewayError as error:
                form.add_error(None, no_answer(str(gateways.get(dispute.gateway).label), error))
            else:
                return done(request, gettext("This is how it stands at the provider now."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Ask the provider now?"),
            subtitle=str(dispute),
            button=gettext("Ask"),
            back=back,
        )

    def draft_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put the ticked evidence into the provider's form, where a person completes and sends it."""
        require(request, "payments.change_dispute")
        dispute = row(Dispute.objects.select_related("payment"), object_id)
        back = reverse("admin:payments_dispute_change", args=[dispute.pk])
        form = ConfirmForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                evidence_draft.put(dispute, actor=actor(request))
            except evidence_draft.NoDraft:
                form.add_error(
                    None, gettext("Nothing is ticked, or this provider takes evidence in its panel only.")
                )
            except GatewayError as error:
                form.add_error(None, gettext("The provider did not take it. Nothing was sent to the bank."))
                form.add_error(None, no_answer(str(gateways.get(dispute.gateway).label), error))
            else:
                return done(
                    request,
                    gettext("The draft lies in the provider's panel: look at it and send it there."),
                    back,
                )
        lead = gettext(
            "What is ticked is written into the provider's form as a draft. The bank gets nothing before "
            "somebody sends it in the panel; this may be repeated."
        )
        return form_page(
            request,
            self,
            form,
            title=gettext("Put a draft into the panel?"),
            subtitle=str(dispute),
            button=gettext("Put the draft"),
            back=back,
            lead=lead,
        )

    def print_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show everything about the dispute on a sheet to print."""
        require(request, "payments.view_dispute")
        dispute = row(Dispute.objects.all(), object_id)
        file = evidence.open_file(dispute)
        context = {
            "dispute": dispute,
            "file": file,
            "facts": evidence.facts(dispute, file=file),
            "shop": shop_facts(),
            "back": reverse("admin:payments_dispute_change", args=[dispute.pk]),
            "now": timezone.now(),
        }
        return TemplateResponse(request, "admin/payments/dispute/paper.html", context)

    def text_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return everything about the dispute as plain text, to be pasted into the provider's panel."""
        require(request, "payments.view_dispute")
        dispute = row(Dispute.objects.all(), object_id)
        answer = HttpResponse(evidence.as_text(dispute), content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = f'inline; filename="dispute-{dispute.pk}.txt"'
        return answer
