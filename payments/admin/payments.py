"""Payments in the back office: money that came in, and the way to give some back."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments import refunds
from payments.admin.common import TONES, StatusMixin, told
from payments.models import Payment, Refund
from shop.core.backoffice import (
    HistoryAdmin,
    HistoryInline,
    VerbForm,
    actor,
    done,
    foreign,
    form_page,
    row,
    run_verb,
)
from shop.core.money import display as money


class RefundInline(StatusMixin, HistoryInline):
    model = Refund
    fields = ["created_at", "status_label", "sum_label", "origin", "reason", "succeeded_at", "last_error"]
    readonly_fields = fields


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
        return told(payment.snapshot)

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
