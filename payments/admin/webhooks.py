"""The inbox in the back office: what the providers told us, and what became of it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from payments import webhooks
from payments.admin.common import StatusMixin
from payments.models import WebhookEvent
from shop.core.backoffice import HistoryAdmin, actor, pretty


@admin.register(WebhookEvent)
class WebhookEventAdmin(StatusMixin, HistoryAdmin):
    """The inbox of what the providers told us."""

    list_display = [
        "received_at",
        "provider",
        "topic",
        "subject",
        "status_label",
        "deliveries",
        "attempts",
        "error_line",
    ]
    list_filter = [("status", ChoicesDropdownFilter), "provider", "topic"]
    search_fields = ["event_id", "subject"]
    date_hierarchy = "received_at"
    fields = [("provider", "topic", "status"), ("event_id", "subject"), ("received_at", "processed_at"),
              ("deliveries", "attempts", "next_try_at"), "error", "told"]  # fmt: skip
    readonly_fields = ["told"]
    actions = ["process_again"]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_webhookevent")

    @admin.action(description=_("Process the chosen webhooks again"), permissions=["replay"])
    def process_again(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        """Put the chosen events back into the queue: safe, since only the truth fetched from the provider counts."""
        number = sum(webhooks.replay(event, actor=actor(request)) for event in queryset)
        self.message_user(
            request, ngettext("%d webhook is in the queue.", "%d webhooks are in the queue.", number) % number
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        found: QuerySet[WebhookEvent] = super().get_queryset(request)
        is_list = getattr(request.resolver_match, "url_name", "") == "payments_webhookevent_changelist"
        return found.defer("payload") if is_list else found

    @display(description=_("error"))
    def error_line(self, event: WebhookEvent) -> str:
        return event.error.strip().splitlines()[-1][:100] if event.error.strip() else "—"

    @display(description=_("payload"))
    def told(self, event: WebhookEvent) -> str:
        return pretty(event.payload)
