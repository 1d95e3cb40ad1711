"""Payments in the back office, and the page that refunds them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments.admin import mismatches
from payments.admin.order_page import OrderPaymentsMixin
from payments.admin.presentation import (
    BY_PROVIDER,
    TONES,
    ErrorMixin,
    ProviderMixin,
    StatusMixin,
    provider_data,
)
from payments.admin.refunds import refund_page
from payments.models import Payment, Refund
from shop.core.audit import labels
from shop.core.backoffice.base import HistoryAdmin, HistoryInline, foreign, row
from shop.core.money import display as money


class RefundInline(ErrorMixin, StatusMixin, HistoryInline[Refund]):
    model = Refund
    fields = ("created_at", "status_label", "sum_label", "origin", "why", "succeeded_at", "error_line")
    readonly_fields = fields

    @display(description=_("reason"))
    def why(self, refund: Refund) -> str:
        return labels.reason(refund.reason) or "—"


@admin.register(Payment)
class PaymentAdmin(ProviderMixin, OrderPaymentsMixin, StatusMixin, HistoryAdmin[Payment]):
    """Payments, as last fetched from the provider."""

    list_display = [
        "created_at",
        "gateway_label",
        "external_id",
        "status_label",
        "role_label",
        "sum_label",
        "refunded",
        "method",
        "installments",
        "order_link",
    ]
    list_display_links = ["created_at", "external_id"]
    list_filter = [("status", ChoicesDropdownFilter), ("role", ChoicesDropdownFilter), BY_PROVIDER]
    list_select_related = ["order"]
    search_fields = [
        "external_id",
        "order__number",
        "order__email",
        "order__first_name",
        "order__last_name",
        "order__phone",
        "order__document_number",
    ]
    command_rank, command_icon = 5, "payments"
    date_hierarchy = "created_at"
    inlines = [RefundInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("gateway_label", "external_id"),
                    ("status", "detail", "role"),
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
        (_("As the provider tells it"), {"fields": ["provider_updated_at", "provider_data"]}),
    ]
    readonly_fields = ["gateway_label", "detail", "order_link", "provider_data"]
    actions_detail = ["refund", "decide"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).select_related("order", "attempt")

    def hit(self, obj: Payment) -> tuple[str, str]:
        order = f" · #{obj.order.number}" if obj.order else ""
        return f"{money(obj.amount, obj.currency)}{order} · {obj.external_id}", str(obj._meta.verbose_name)

    @display(description=_("role"), ordering="role", label=TONES)
    def role_label(self, payment: Payment) -> tuple[str, str]:
        return payment.role, payment.get_role_display()

    @display(description=_("refunded"), ordering="refunded_amount")
    def refunded(self, payment: Payment) -> str:
        return money(payment.refunded_amount, payment.currency) if payment.refunded_amount else "—"

    @display(description=_("order"))
    def order_link(self, payment: Payment) -> str:
        return foreign("orders_order", payment.order)

    @display(description=_("detail"))
    def detail(self, payment: Payment) -> str:
        return labels.reason(payment.status_detail) or "—"

    @display(description=_("snapshot"))
    def provider_data(self, payment: Payment) -> str:
        return provider_data(payment.snapshot)

    def makes_sense(self, act: str, payment: Payment) -> bool:
        return act != "decide" or payment.role == Payment.Role.MISMATCH

    def has_refund_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("payments.add_refund")

    @action(description=_("Refund"), url_path="refund", icon="currency_exchange", permissions=["refund"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send money back through the provider, in two steps.

        Of an order paid in instalments no single payment is refunded: its own page says what falls and what is money.
        """
        payment = row(Payment.objects.select_related("order__plan"), object_id)
        if payment.order and payment.role == Payment.Role.ORDER and hasattr(payment.order, "plan"):
            return redirect("admin:payments_order_goods_back", payment.order.pk)
        return refund_page.page(request, self, payment)

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("payments.change_payment")

    @action(description=_("Decide"), url_path="decide", icon="balance", permissions=["decide"])
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decide about a payment that does not fit its purchase: sell, or refund."""
        return mismatches.page(
            request, self, row(Payment.objects.select_related("order", "attempt"), object_id)
        )
