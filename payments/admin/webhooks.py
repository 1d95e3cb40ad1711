"""The inbox of webhooks in the back office, and what became of each."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from orders.models import Order
from payments.admin.presentation import (
    ConfirmForm,
    StatusMixin,
    last_line,
    provider_data,
    provider_name,
    trouble,
)
from payments.masking import masked_text
from payments.models import WebhookEvent
from payments.webhooks import processing
from shop.core.audit import labels
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, row
from shop.core.backoffice.verb_forms import done, form_page


class DeadFilter(admin.SimpleListFilter):
    """Only events that are not tried again automatically."""

    title = _("tried again")
    parameter_name = "dead"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [("yes", _("never: waits for people"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.dead() if self.value() == "yes" else queryset


@admin.register(WebhookEvent)
class WebhookEventAdmin(StatusMixin, HistoryAdmin[WebhookEvent]):
    """The inbox of webhooks."""

    list_display = [
        "received_at",
        "provider_label",
        "topic",
        "about",
        "status_label",
        "deliveries",
        "attempts",
        "error_line",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        DeadFilter,
        ("provider", labels.filter_words(provider_name)),
        "topic",
    ]
    search_fields = ["event_id", "subject", "reference"]
    date_hierarchy = "received_at"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("provider_label", "status"),
                    ("topic", "subject"),
                    ("order_link", "reference"),
                    "event_id",
                ]
            },
        ),
        (_("Clocks"), {"fields": [("received_at", "processed_at"), ("deliveries", "attempts"), "again"]}),
        (_("Trouble"), {"fields": ["trouble"]}),
        (_("Payload"), {"fields": ["provider_data"]}),
    ]
    readonly_fields = ["provider_label", "provider_data", "trouble", "order_link", "again"]
    actions = ["process_again"]
    actions_detail = ["replay"]

    def has_replay_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("payments.change_webhookevent")

    @admin.action(description=_("Process the chosen webhooks again"), permissions=["replay"])
    def process_again(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        """Put the chosen events back into the queue: safe, since only what is fetched from the provider counts."""
        number = sum(processing.replay(event, actor=actor(request)) for event in queryset)
        self.message_user(
            request, ngettext("%d webhook is in the queue.", "%d webhooks are in the queue.", number) % number
        )

    @action(description=_("Replay"), url_path="replay", icon="replay", permissions=["replay"])
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put one event back into the queue."""
        event = row(WebhookEvent.objects.defer("payload"), object_id)
        form = ConfirmForm(request.POST or None)
        back = reverse("admin:payments_webhookevent_change", args=[event.pk])
        if request.method == "POST" and form.is_valid():
            if processing.replay(event, actor=actor(request)):
                return done(request, gettext("The webhook is in the queue again."), back)
            form.add_error(None, gettext("Somebody else changed it just now. Look at it again."))
        lead = gettext(
            "The provider is asked once more about what this webhook names, and only its answer counts: replaying it "
            "never pays, ships or refunds anything twice."
        )
        return form_page(
            request,
            self,
            form,
            title=gettext("Replay this webhook?"),
            subtitle=masked_text(str(event)),
            button=gettext("Replay"),
            back=back,
            lead=lead,
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        found: QuerySet[WebhookEvent] = super().get_queryset(request)
        is_list = getattr(request.resolver_match, "url_name", "") == "payments_webhookevent_changelist"
        return found.defer("payload") if is_list else found

    @display(description=_("about"), ordering="subject")
    def about(self, event: WebhookEvent) -> str:
        """Return the number it is about; a long one is cut to keep the row on one line."""
        return f"{event.subject[:28]}…" if len(event.subject) > 30 else event.subject

    @display(description=_("order"))
    def order_link(self, event: WebhookEvent) -> str:
        order = Order.objects.filter(checkout_id=event.trail).first() if event.trail else None
        return foreign("orders_order", order)

    @display(description=_("next try"))
    def again(self, event: WebhookEvent) -> str:
        if event.is_dead:
            return gettext("never by itself: look at the error, then replay it")
        return localize(localtime(event.next_try_at)) if event.next_try_at else "—"

    @display(description=_("provider"), ordering="provider")
    def provider_label(self, event: WebhookEvent) -> str:
        return provider_name(event.provider)

    @display(description=_("error"))
    def error_line(self, event: WebhookEvent) -> str:
        return last_line(event.error)

    @display(description=_("error"))
    def trouble(self, event: WebhookEvent) -> str:
        return trouble(event.error)

    @display(description=_("payload"))
    def provider_data(self, event: WebhookEvent) -> str:
        return provider_data(event.payload)
