"""Payments in the back office: what came in, what goes back, and what the providers told us."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments import refunds, webhooks
from payments.models import Payment, PaymentAttempt, Refund, WebhookEvent
from shop.core import story
from shop.core.backoffice import (
    HistoryAdmin,
    HistoryInline,
    VerbForm,
    actor,
    done,
    foreign,
    form_page,
    pretty,
    row,
    run_verb,
)
from shop.core.money import display as money
from shop.core.states import IllegalTransition

TONES = {
    "approved": "success", "succeeded": "success", "paid": "success", "processed": "success", "order": "success",
    "pending": "warning", "requested": "info", "created": "info", "redirected": "info", "received": "info",
    "authorised": "info", "manual": "warning", "surplus": "warning", "refunded": "warning", "ignored": "default",
    "expired": "default", "cancelled": "default", "none": "default", "rejected": "danger", "failed": "danger",
    "mismatch": "danger", "disputed": "danger", "charged_back": "danger",
}  # fmt: skip


class StatusMixin:
    """The status as a coloured word."""

    @display(description=_("status"), ordering="status", label=TONES)
    def status_label(self, obj: Any) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, obj: Any) -> str:
        return money(obj.amount, obj.currency)


class PaymentInline(StatusMixin, HistoryInline):
    model = Payment
    fields = ["external_id", "status_label", "role", "sum_label", "method", "approved_at"]
    readonly_fields = fields


class RefundInline(StatusMixin, HistoryInline):
    model = Refund
    fields = ["created_at", "status_label", "sum_label", "origin", "reason", "succeeded_at", "last_error"]
    readonly_fields = fields


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(StatusMixin, HistoryAdmin):
    """One hosted checkout at a provider."""

    list_display = ["created_at", "gateway", "status_label", "sum_label", "buyer", "expires_at", "last_error"]
    list_filter = [("status", ChoicesDropdownFilter), "gateway"]
    list_select_related = ["checkout"]
    search_fields = ["external_id", "checkout__email"]
    date_hierarchy = "created_at"
    inlines = [PaymentInline]
    fieldsets = [
        (None, {"fields": [("gateway", "status"), ("amount", "currency"), ("external_id", "reference"), "checkout"]}),
        (_("Clocks"), {"fields": [("created_at", "expires_at"), ("closed_at", "voucher_until"),
                                  ("checks", "next_check_at")]}),
        (_("Trouble"), {"fields": ["last_error"]}),
    ]  # fmt: skip
    readonly_fields = ["reference", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentAttempt]:
        return super().get_queryset(request).select_related("checkout")

    @display(description=_("buyer"), ordering="checkout__email")
    def buyer(self, attempt: PaymentAttempt) -> str:
        return attempt.checkout.email


class RefundForm(VerbForm):
    """How much goes back, and why."""

    amount = forms.DecimalField(label=_("amount"), min_value=Decimal("0.01"), max_digits=14, decimal_places=2)
    reason = forms.CharField(label=_("reason"), max_length=200)


@admin.register(Payment)
class PaymentAdmin(StatusMixin, HistoryAdmin):
    """Money that came in, as the provider tells it."""

    list_display = ["created_at", "gateway", "external_id", "status_label", "role_label", "sum_label", "refunded",
                    "method", "installments", "order_link"]  # fmt: skip
    list_display_links = ["created_at", "external_id"]
    list_filter = [("status", ChoicesDropdownFilter), ("role", ChoicesDropdownFilter), "gateway"]
    list_select_related = ["order"]
    search_fields = ["external_id", "order__number", "order__email"]
    date_hierarchy = "created_at"
    inlines = [RefundInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("gateway", "external_id"),
                    ("status", "status_detail", "role"),
                    ("order_link", "attempt"),
                ]
            },
        ),
        (
            _("Money"),
            {
                "fields": [
                    ("amount", "currency", "refunded_amount"),
                    ("method", "installments", "approved_at"),
                ]
            },
        ),
        (_("As the provider tells it"), {"fields": ["provider_updated_at", "told"]}),
    ]
    readonly_fields = ["order_link", "told"]
    actions_detail = ["refund"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).select_related("order", "attempt")

    @display(description=_("role"), ordering="role", label=TONES)
    def role_label(self, payment: Payment) -> tuple[str, str]:
        return payment.role, payment.get_role_display()

    @display(description=_("refunded"), ordering="refunded_amount")
    def refunded(self, payment: Payment) -> str:
        return money(payment.refunded_amount, payment.currency) if payment.refunded_amount else "—"

    @display(description=_("order"))
    def order_link(self, payment: Payment) -> str:
        return foreign("orders_order", payment.order)

    @display(description=_("snapshot"))
    def told(self, payment: Payment) -> str:
        return pretty(payment.snapshot)

    def has_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("payments.add_refund")

    @action(description=_("Refund"), url_path="refund", icon="currency_exchange", permissions=["refund"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for money to go back through the provider."""
        payment = row(Payment.objects.all(), object_id)
        back = reverse("admin:payments_payment_change", args=[payment.pk])
        left = refunds.refundable(payment)
        form = RefundForm(request.POST or None, initial={"amount": left})
        if request.method == "POST" and form.is_valid() and run_verb(
            request, form=form, scope="refund",
            verb=lambda data: refunds.request(
                payment, data["amount"], Refund.Origin.STAFF, data["reason"],
                f"staff:{form.cleaned_data['token']}", actor=actor(request),
            ),
            refusals={
                refunds.OverRefund: lambda error: (
                    "amount", gettext("At most %s may still go back.") % money(error.remaining, payment.currency)
                ),
                refunds.NoMoney: lambda _error: (None, gettext("This payment brought no money, so none can go back.")),
            },
        ):  # fmt: skip
            return done(request, gettext("The refund is on its way; it appears below."), back)
        return form_page(
            request, self, form, title=gettext("Refund"), subtitle=str(payment), button=gettext("Refund"), back=back,
            is_danger=True, lead=gettext("%s may still go back.") % money(left, payment.currency),
        )  # fmt: skip


@admin.register(Refund)
class RefundAdmin(StatusMixin, HistoryAdmin):
    """Money going back."""

    list_display = [
        "created_at",
        "status_label",
        "sum_label",
        "origin",
        "reason",
        "payment",
        "attempts",
        "last_error",
    ]
    list_filter = [("status", ChoicesDropdownFilter), ("origin", ChoicesDropdownFilter)]
    list_select_related = ["payment"]
    search_fields = ["external_id", "reason", "payment__external_id", "payment__order__number"]
    date_hierarchy = "created_at"
    fields = [("status", "origin"), ("amount", "currency"), "payment", "reason", ("external_id", "succeeded_at"),
              ("attempts", "next_try_at"), "last_error"]  # fmt: skip
    actions_detail = ["try_again", "done_by_hand"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        return super().get_queryset(request).select_related("payment")

    def has_mend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("payments.change_refund")

    @action(description=_("Try again"), url_path="try-again", icon="refresh", permissions=["mend"])
    def try_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a failed refund once more."""
        refund = row(Refund.objects.all(), object_id)
        form = ConfirmForm(request.POST or None)
        back = reverse("admin:payments_refund_change", args=[refund.pk])
        if request.method == "POST" and form.is_valid():
            if refunds.retry(refund, actor=actor(request)):
                return done(request, gettext("The refund is in the queue again."), back)
            form.add_error(None, gettext("Only a refund that failed can be tried again."))
        return form_page(request, self, form, title=gettext("Try this refund again?"), subtitle=str(refund),
                         button=gettext("Try again"), back=back, lead=refund.last_error)  # fmt: skip

    @action(description=_("Done by hand"), url_path="by-hand", icon="handshake", permissions=["mend"])
    def done_by_hand(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that people transferred the money."""
        refund = row(Refund.objects.all(), object_id)
        form = NoteForm(request.POST or None)
        back = reverse("admin:payments_refund_change", args=[refund.pk])
        if request.method == "POST" and form.is_valid() and run_verb(
            request, form=form, scope="refund-by-hand",
            verb=lambda data: refunds.settle_by_hand(refund, actor=actor(request), note=data["note"]),
            refusals={
                IllegalTransition: lambda _error: (None, gettext("Only a refund that waits for people can be noted."))
            },
        ):  # fmt: skip
            return done(request, gettext("The refund is noted as done."), back)
        return form_page(request, self, form, title=gettext("Money transferred by hand?"), subtitle=str(refund),
                         button=gettext("Note as done"), back=back)  # fmt: skip


class ConfirmForm(VerbForm):
    """Nothing to fill in: only to confirm."""


class NoteForm(VerbForm):
    """What was done by hand."""

    note = forms.CharField(
        label=_("what was done"), max_length=200, help_text=_("Such as the bank's transfer number.")
    )


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


def _payments(subject: story.Subject) -> Any:
    """Tell the attempts and payments of a purchase."""
    for attempt in PaymentAttempt.objects.filter(checkout_id=subject.trail):
        yield story.Entry(
            at=attempt.created_at, kind=gettext("payment"), title=gettext("Sent to pay with %s") % attempt.gateway,
            detail=money(attempt.amount, attempt.currency), url=story.link("payments_paymentattempt", attempt.pk),
        )  # fmt: skip
    for payment in Payment.objects.filter(attempt__checkout_id=subject.trail):
        bad = payment.status in {"rejected", "disputed", "charged_back"} or payment.role == "mismatch"
        yield story.Entry(
            at=payment.approved_at or payment.created_at, kind=gettext("payment"),
            title=f"{payment.get_status_display().capitalize()}: {money(payment.amount, payment.currency)}",
            detail=f"{payment.gateway} {payment.external_id} · {payment.get_role_display()}",
            url=story.link("payments_payment", payment.pk),
            tone="error" if bad else "ok" if payment.status == "approved" else "",
        )  # fmt: skip


def _refunds(subject: story.Subject) -> Any:
    """Tell what went back."""
    for refund in Refund.objects.filter(payment__attempt__checkout_id=subject.trail):
        yield story.Entry(
            at=refund.created_at, kind=gettext("refund"),
            title=f"{money(refund.amount, refund.currency)} · {refund.get_status_display()}", detail=refund.reason,
            url=story.link("payments_refund", refund.pk), tone="error" if refund.status == "failed" else "warn",
        )  # fmt: skip


def _webhooks(subject: story.Subject) -> Any:
    """Tell what the providers notified."""
    for event in WebhookEvent.objects.filter(Q(trail=subject.trail)).defer("payload"):
        times = f" ×{event.deliveries}" if event.deliveries > 1 else ""
        yield story.Entry(
            at=event.received_at, kind=gettext("webhook"), title=f"{event.topic}{times}",
            detail=f"{event.provider} {event.subject} · {event.get_status_display()}",
            url=story.link("payments_webhookevent", event.pk),
            tone="error" if event.status == "failed" else "",
        )  # fmt: skip


story.contribute("payments", _payments)
story.contribute("refunds", _refunds)
story.contribute("webhooks", _webhooks)
