"""Outgoing webhooks in the back office: endpoints with their secrets, deliveries with what came back, replays."""

import json
from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from shop.core.backoffice.act_fingerprint import columns
from shop.core.backoffice.base import HistoryAdmin, HistoryInline, actor, foreign, pretty, require, row
from shop.core.backoffice.verb_forms import ConfirmForm, VerbForm, done, form_page, run_verb
from shop.core.models import OutgoingAttempt, OutgoingDelivery, OutgoingEndpoint
from shop.core.outgoing import addresses, deliveries, endpoints, types

_MOST_AT_ONCE = 500
_LIST = "admin:core_outgoingendpoint_changelist"
_PAGE = "admin:core_outgoingendpoint_change"


class EndpointForm(VerbForm):
    """A URL, which is looked up before it is accepted, and what it is told."""

    url = forms.CharField(
        label=_("URL"), max_length=500, help_text=_("https://…, as your system gives it to you.")
    )
    description = forms.CharField(label=_("description"), max_length=120, required=False)
    types = forms.MultipleChoiceField(label=_("what it is told"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["types"])
        choices = [(name, f"{name} · {found.words}") for name, found in types.all_types().items()]
        field.choices = choices
        field.widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=choices)
        self.target: addresses.Target | None = None

    def clean_url(self) -> str:
        """Refuse what the shop does not speak to; outside every transaction, since it asks the DNS."""
        url: str = self.cleaned_data["url"].strip()
        try:
            self.target = addresses.check(url)
        except addresses.Refused as error:
            raise forms.ValidationError(str(error)) from error
        return url


@admin.register(OutgoingEndpoint)
class OutgoingEndpointAdmin(HistoryAdmin[OutgoingEndpoint]):
    """Systems that are told what happens."""

    list_display = ["url", "description", "status_label", "number_of_types", "last_success_at"]
    list_filter = [("status", ChoicesDropdownFilter)]
    search_fields = ["url", "description"]
    actions_detail = ["edit", "ping", "rotate", "switch"]
    fieldsets = [
        (None, {"fields": ["address", "description", "status_words", "types_shown"]}),
        (_("Sending"), {"fields": ["last_success_at", "dead", "paused_until", "deliveries_link"]}),
    ]
    readonly_fields = ["address", "status_words", "types_shown", "deliveries_link"]

    @display(description="URL")
    def address(self, endpoint: OutgoingEndpoint) -> str:
        return endpoint.url

    @display(description=_("status"))
    def status_words(self, endpoint: OutgoingEndpoint) -> str:
        return self.status_label(endpoint)[1]

    @display(description=_("status"), ordering="status", label={"active": "success", "disabled": "danger"})
    def status_label(self, endpoint: OutgoingEndpoint) -> tuple[str, str]:
        words = endpoint.get_status_display()
        why = endpoint.get_disabled_why_display() if endpoint.disabled_why else ""
        return endpoint.status, f"{words}: {why}" if why else words

    @display(description=_("types"))
    def number_of_types(self, endpoint: OutgoingEndpoint) -> int:
        return len(endpoint.types)

    @display(description=_("what it is told"))
    def types_shown(self, endpoint: OutgoingEndpoint) -> str:
        rows = ((f"{name} · {types.words(name)}",) for name in endpoint.types)
        return format_html_join(mark_safe("<br>"), "{}", rows) or "—"

    @display(description=_("deliveries"))
    def deliveries_link(self, endpoint: OutgoingEndpoint) -> str:
        page = reverse("admin:core_outgoingdelivery_changelist")
        words = gettext("what was sent to it")
        return format_html('<a href="{}?endpoint__id__exact={}">{}</a>', page, endpoint.pk, words)

    def makes_sense(self, act: str, obj: OutgoingEndpoint) -> bool:
        return act != "ping" or obj.status == OutgoingEndpoint.Status.ACTIVE

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("core.add_outgoingendpoint")

    def has_edit_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("core.change_outgoingendpoint")

    @sensitive_variables("made")
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Make an endpoint, and show its secret this once."""
        require(request, "core.add_outgoingendpoint")
        form = EndpointForm(request.POST or None)
        made: list[tuple[OutgoingEndpoint, str]] = []

        def create(data: dict[str, Any]) -> None:
            target = cast(addresses.Target, form.target)
            made.append(
                endpoints.create(
                    target, types=data["types"], description=data["description"], actor=actor(request)
                )
            )

        if _acted(request, form, "webhook-endpoint", create):
            return self._secret_page(request, *made[0]) if made else redirect(_LIST)
        return form_page(
            request,
            self,
            form,
            title=gettext("New webhook endpoint"),
            button=gettext("Create"),
            back=reverse(_LIST),
            lead=gettext("The secret that signs the messages is shown once, on the next page."),
        )

    @action(description=_("Change"), url_path="edit", icon="edit", permissions=["edit"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change URL, description and types."""
        endpoint, back = _found(object_id)
        initial = {"url": endpoint.url, "description": endpoint.description, "types": endpoint.types}
        form = EndpointForm(request.POST or None, initial=initial)
        rows = OutgoingEndpoint.objects.filter(pk=endpoint.pk)
        form.compare(f"webhook-endpoint:{endpoint.pk}", columns(rows, "url", "description", "types"))

        def change(data: dict[str, Any]) -> None:
            endpoints.change(
                endpoint,
                target=form.target,
                types=data["types"],
                description=data["description"],
                actor=actor(request),
            )

        if _acted(request, form, "webhook-edit", change):
            return done(request, gettext("The endpoint is changed."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Change the endpoint"),
            subtitle=endpoint.url,
            button=gettext("Save"),
            back=back,
        )

    @action(description=_("Send a test message"), url_path="ping", icon="network_ping", permissions=["edit"])
    def ping(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a `ping`."""
        endpoint, back = _found(object_id)
        sent: list[OutgoingDelivery] = []
        form = ConfirmForm(request.POST or None)

        def act(data: dict[str, Any]) -> None:
            sent.append(endpoints.ping(endpoint, actor=actor(request)))

        if _acted(request, form, "webhook-ping", act):
            page = reverse("admin:core_outgoingdelivery_change", args=[sent[0].pk]) if sent else back
            return done(request, gettext("The test message is on its way; reload to see the answer."), page)
        return form_page(
            request,
            self,
            form,
            title=gettext("Send a test message?"),
            subtitle=endpoint.url,
            button=gettext("Send"),
            back=back,
            lead=gettext("A message of the type «ping» is sent to this endpoint alone."),
        )

    @action(description=_("New secret"), url_path="rotate", icon="key", permissions=["edit"])
    @sensitive_variables("made")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Replace the secret, and show the new one this once."""
        endpoint, back = _found(object_id)
        made: list[str] = []
        form = ConfirmForm(request.POST or None)

        def act(data: dict[str, Any]) -> None:
            made.append(endpoints.rotate(endpoint, actor=actor(request)))

        if _acted(request, form, "webhook-rotate", act):
            return self._secret_page(request, endpoint, made[0]) if made else redirect(back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Replace the secret?"),
            subtitle=endpoint.url,
            button=gettext("Make a new secret"),
            back=back,
            lead=gettext("For a while messages are signed with both, so that the receiver can change over."),
        )

    @action(
        description=_("Switch off or on"), url_path="switch", icon="power_settings_new", permissions=["edit"]
    )
    def switch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Switch an endpoint off, or on again."""
        endpoint, back = _found(object_id)
        is_on = endpoint.status == OutgoingEndpoint.Status.ACTIVE
        form = ConfirmForm(request.POST or None)
        rows = OutgoingEndpoint.objects.filter(pk=endpoint.pk)
        form.compare(f"webhook-switch:{endpoint.pk}", columns(rows, "status"))
        verb = endpoints.disable if is_on else endpoints.enable
        if _acted(request, form, "webhook-switch", lambda _: verb(endpoint, actor=actor(request))):
            words = gettext("The endpoint is switched off.") if is_on else gettext("The endpoint is on.")
            return done(request, words, back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Switch this endpoint off?") if is_on else gettext("Switch this endpoint on?"),
            subtitle=endpoint.url,
            button=gettext("Switch off") if is_on else gettext("Switch on"),
            back=back,
            is_danger=is_on,
            lead=gettext("What happens while it is off is not written for it; what waits already stays."),
        )

    @sensitive_variables("secret", "context")
    def _secret_page(self, request: HttpRequest, endpoint: OutgoingEndpoint, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("The secret of this endpoint"),
            "endpoint": endpoint,
            "secret": secret,
            "page": reverse(_PAGE, args=[endpoint.pk]),
            "opts": self.model._meta,
        }
        answer = TemplateResponse(request, "admin/webhook_secret.html", context)
        answer["Cache-Control"] = "no-store"
        return answer


class OutgoingAttemptInline(HistoryInline[OutgoingAttempt]):
    model = OutgoingAttempt
    fields = ["tried_at", "status_code", "milliseconds", "error", "answer"]
    readonly_fields = ["tried_at", "status_code", "milliseconds", "error", "answer"]
    show_change_link = False
    hide_title = True


@admin.register(OutgoingDelivery)
class OutgoingDeliveryAdmin(HistoryAdmin[OutgoingDelivery]):
    """What was sent to whom, and what came back."""

    list_display = ["created_at", "type_label", "endpoint", "status_label", "attempts", "next_try_at"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("endpoint", RelatedDropdownFilter),
        "message__type",
    ]
    list_select_related = ["message", "endpoint"]
    search_fields = ["endpoint__url"]
    date_hierarchy = "created_at"
    inlines = [OutgoingAttemptInline]
    actions = ["replay_chosen"]
    actions_detail = ["replay"]
    fieldsets = [
        (None, {"fields": ["type_label", "endpoint_link", "status_words", "webhook_id"]}),
        (_("Sending"), {"fields": ["created_at", "begun_at", "attempts", "next_try_at", "delivered_at"]}),
        (_("What is sent"), {"fields": ["body"]}),
    ]
    readonly_fields = ["type_label", "endpoint_link", "status_words", "webhook_id", "body", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingDelivery]:
        found: QuerySet[OutgoingDelivery] = super().get_queryset(request)
        return found.select_related("message", "endpoint")

    @display(description=_("type"), ordering="message__type")
    def type_label(self, delivery: OutgoingDelivery) -> str:
        return delivery.message.type

    @display(description=_("endpoint"))
    def endpoint_link(self, delivery: OutgoingDelivery) -> str:
        return foreign("core_outgoingendpoint", delivery.endpoint)

    @display(
        description=_("status"),
        ordering="status",
        label={"pending": "info", "delivered": "success", "dead": "danger"},
    )
    def status_label(self, delivery: OutgoingDelivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()

    @display(description=_("status"))
    def status_words(self, delivery: OutgoingDelivery) -> str:
        return str(delivery.get_status_display())

    @display(description="webhook-id")
    def webhook_id(self, delivery: OutgoingDelivery) -> str:
        return deliveries.webhook_id(delivery.message)

    @display(description=_("content"))
    def body(self, delivery: OutgoingDelivery) -> str:
        return pretty(json.loads(deliveries.body(delivery.message)))

    def makes_sense(self, act: str, obj: OutgoingDelivery) -> bool:
        return act != "replay" or obj.status != OutgoingDelivery.Status.PENDING

    def has_replay_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("core.change_outgoingdelivery")

    @action(description=_("Send again"), url_path="replay", icon="replay", permissions=["replay"])
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a message again, with the same identifier."""
        delivery = row(self.get_queryset(request), object_id)
        back = reverse("admin:core_outgoingdelivery_change", args=[delivery.pk])
        form = ConfirmForm(request.POST or None)

        def act(data: dict[str, Any]) -> None:
            endpoints.replay(delivery, actor=actor(request))

        if _acted(request, form, "webhook-replay", act):
            return done(request, gettext("The message is on its way again."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Send this message again?"),
            subtitle=f"{delivery.message.type} → {delivery.endpoint.url}",
            button=gettext("Send again"),
            back=back,
            lead=gettext("It keeps its webhook-id, so that a receiver who has it already can tell."),
        )

    @admin.action(description=_("Send again"), permissions=["replay"])
    def replay_chosen(self, request: HttpRequest, queryset: QuerySet[OutgoingDelivery]) -> None:
        """Send the chosen messages again; those on their way, and those of endpoints that are off, stay as they are."""
        sent = 0
        for delivery in queryset[:_MOST_AT_ONCE]:
            try:
                sent += endpoints.replay(delivery, actor=actor(request))
            except endpoints.SwitchedOff:
                continue
        words = ngettext(
            "%(number)d message is on its way again.", "%(number)d messages are on their way again.", sent
        )
        messages.success(request, words % {"number": sent})


def _found(object_id: str) -> tuple[OutgoingEndpoint, str]:
    """Return an endpoint and the address of its page; 404 when there is none."""
    endpoint = row(OutgoingEndpoint.objects.all(), object_id)
    return endpoint, reverse(_PAGE, args=[endpoint.pk])


def _acted(
    request: HttpRequest, form: VerbForm, scope: str, verb: Callable[[dict[str, Any]], object]
) -> bool:
    """Call a verb with a sent and valid form; return whether the form is finished."""
    words = gettext("The endpoint is switched off: switch it on first.")
    return (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope=scope,
            verb=verb,
            refusals={endpoints.SwitchedOff: lambda error: (None, words)},
        )
    )
