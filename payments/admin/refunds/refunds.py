"""Refunds in the back office: sent by the provider, or transferred by hand."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments.admin.presentation import ConfirmForm, ErrorMixin, StatusMixin, provider_name
from payments.admin.refunds import bank_requests
from payments.masking import masked_text
from payments.models import Refund
from payments.refunds import refund_requests
from shop.core.audit import labels
from shop.core.backoffice.base import HistoryAdmin, actor, row
from shop.core.backoffice.verb_forms import done, form_page
from shop.core.money import display as money


@admin.register(Refund)
class RefundAdmin(ErrorMixin, StatusMixin, HistoryAdmin[Refund]):
    """Refunds."""

    list_display = [
        "created_at",
        "status_label",
        "sum_label",
        "origin",
        "reason_label",
        "payment_label",
        "attempts",
        "error_line",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        bank_requests.BankDataFilter,
        ("origin", ChoicesDropdownFilter),
    ]
    list_select_related = ["payment"]
    search_fields = [
        "external_id",
        "reason",
        "payment__external_id",
        "payment__order__number",
        "payment__order__email",
        "payment__order__first_name",
        "payment__order__last_name",
        "payment__order__phone",
        "payment__order__document_number",
    ]
    date_hierarchy = "created_at"
    fields = [
        ("status", "origin"),
        ("amount", "currency"),
        "payment",
        "reason_label",
        ("external_id", "succeeded_at"),
        ("attempts", "next_try_at"),
        "lines_label",
        "trouble",
    ]
    readonly_fields = ["lines_label", "reason_label", "trouble"]
    actions_detail = ["try_again", "done_by_hand"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        return super().get_queryset(request).select_related("payment")

    @display(description=_("reason"), ordering="reason")
    def reason_label(self, refund: Refund) -> str:
        return labels.reason(refund.reason) or "—"

    @display(description=_("payment"), ordering="payment")
    def payment_label(self, refund: Refund) -> str:
        return f"{provider_name(refund.payment.gateway)} {refund.payment.external_id}"

    @display(description=_("of the order"))
    def lines_label(self, refund: Refund) -> str:
        return ", ".join(str(line) for line in refund.lines.select_related("order_line")) or "—"

    def makes_sense(self, act: str, refund: Refund) -> bool:
        wanted = {
            "try-again": {Refund.Status.FAILED},
            "by-hand": {Refund.Status.MANUAL, Refund.Status.FAILED},
        }
        return refund.status in wanted.get(act, {refund.status})

    def has_repair_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("payments.change_refund")

    @action(description=_("Try again"), url_path="try-again", icon="refresh", permissions=["repair"])
    def try_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a failed refund once more."""
        refund = row(Refund.objects.all(), object_id)
        form = ConfirmForm(request.POST or None)
        back = reverse("admin:payments_refund_change", args=[refund.pk])
        if request.method == "POST" and form.is_valid():
            try:
                if refund_requests.retry(refund, actor=actor(request)):
                    return done(request, gettext("The refund is in the queue again."), back)
                form.add_error(None, gettext("Only a refund that failed can be tried again."))
            except refund_requests.LinesTaken:
                form.add_error(None, gettext("Other refunds have given back this money since it failed."))
            except refund_requests.OverRefund as error:
                left = money(error.remaining, refund.currency)
                form.add_error(None, gettext("At most %s may still go back.") % left)
        return form_page(
            request,
            self,
            form,
            title=gettext("Try this refund again?"),
            subtitle=str(refund),
            button=gettext("Try again"),
            back=back,
            lead=masked_text(refund.last_error),
        )

    @action(description=_("Done by hand"), url_path="by-hand", icon="handshake", permissions=["repair"])
    def done_by_hand(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Record that people transferred the money."""
        return bank_requests.transfer_page(self, request, row(Refund.objects.all(), object_id))
