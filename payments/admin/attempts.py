"""Attempts in the back office: one hosted checkout at a provider each."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from payments.admin.common import StatusMixin
from payments.models import Payment, PaymentAttempt
from shop.core.backoffice import HistoryAdmin, HistoryInline


class PaymentInline(StatusMixin, HistoryInline):
    model = Payment
    fields = ["external_id", "status_label", "role", "sum_label", "method", "approved_at"]
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

    @display(description=_("our reference"))
    def reference(self, attempt: PaymentAttempt) -> str:
        return attempt.reference
