"""Attempts in the back office: one hosted checkout at a provider each."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments.admin import provider_answers
from payments.admin.presentation import BY_PROVIDER, ConfirmForm, ErrorMixin, ProviderMixin, StatusMixin
from payments.models import Payment, PaymentAttempt
from shop.core.backoffice.base import HistoryAdmin, HistoryInline, actor, row
from shop.core.backoffice.verb_forms import form_page


class PaymentInline(StatusMixin, HistoryInline[Payment]):
    model = Payment
    fields = ("external_id", "status_label", "role", "sum_label", "method", "approved_at")
    readonly_fields = fields


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ProviderMixin, ErrorMixin, StatusMixin, HistoryAdmin[PaymentAttempt]):
    """One hosted checkout at a provider."""

    list_display = [
        "created_at",
        "gateway_label",
        "status_label",
        "sum_label",
        "buyer",
        "expires_at",
        "error_line",
    ]
    list_filter = [("status", ChoicesDropdownFilter), ("refused_for", ChoicesDropdownFilter), BY_PROVIDER]
    list_select_related = ["purchase"]
    search_fields = [
        "external_id",
        "purchase__email",
        "purchase__first_name",
        "purchase__last_name",
        "purchase__phone",
        "purchase__document_number",
        "purchase__order__number",
    ]
    date_hierarchy = "created_at"
    inlines = [PaymentInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("gateway_label", "status"),
                    ("amount", "currency"),
                    ("external_id", "reference"),
                    "purchase",
                ]
            },
        ),
        (
            _("Clocks"),
            {
                "fields": [
                    ("created_at", "expires_at"),
                    ("closed_at", "voucher_until"),
                    ("checks", "next_check_at"),
                ]
            },
        ),
        (_("Trouble"), {"fields": ["refused_for", "trouble"]}),
    ]
    readonly_fields = ["gateway_label", "reference", "created_at", "trouble"]
    actions_detail = ["ask"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentAttempt]:
        return super().get_queryset(request).select_related("purchase")

    @display(description=_("buyer"), ordering="purchase__email")
    def buyer(self, attempt: PaymentAttempt) -> str:
        return attempt.purchase.email

    @display(description=_("our reference"))
    def reference(self, attempt: PaymentAttempt) -> str:
        return attempt.reference

    def has_ask_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("payments.change_paymentattempt")

    @action(description=_("Ask the provider now"), url_path="ask", icon="sync", permissions=["ask"])
    def ask(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the provider about this attempt and settle the answer; safe to repeat."""
        attempt = row(PaymentAttempt.objects.select_related("purchase__order"), object_id)
        order = getattr(attempt.purchase, "order", None) if "from_order" in request.POST else None
        back = reverse("admin:payments_paymentattempt_change", args=[attempt.pk])
        if request.method == "POST":
            answer = provider_answers.ask(attempt, actor=actor(request))
            messages.add_message(request, answer.level, answer.words)
            return redirect("admin:payments_order", order.pk) if order else redirect(back)
        lead = gettext("The provider is asked what became of this payment, and only its answer counts.")
        return form_page(
            request,
            self,
            ConfirmForm(),
            title=gettext("Ask the provider now?"),
            subtitle=str(attempt),
            button=gettext("Ask"),
            back=back,
            lead=lead,
        )
