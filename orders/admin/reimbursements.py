"""Reimbursements in the back office, read only; refunds are requested on the page of the payment."""

from collections.abc import Iterator

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from orders.models import Reimbursement, ReimbursementLine
from shop.core.audit import labels, timeline
from shop.core.backoffice.base import HistoryAdmin, HistoryInline
from shop.core.money import display as money

Status = Reimbursement.Status


class ReimbursementLineInline(HistoryInline[ReimbursementLine]):
    """The units, shipping or sum of the order that are paid back."""

    model = ReimbursementLine
    fields = ["kind", "order_line", "quantity", "amount"]
    readonly_fields = ["kind", "order_line", "quantity", "amount"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ReimbursementLine]":
        rows: QuerySet[ReimbursementLine] = super().get_queryset(request)
        return rows.select_related("order_line", "reimbursement")


@admin.register(Reimbursement)
class ReimbursementAdmin(HistoryAdmin[Reimbursement]):
    """How much is owed, for what, why, and whether it has been paid."""

    list_display = ["created_at", "status_label", "sum_label", "order_link", "origin", "reason_label"]
    list_filter = [("status", ChoicesDropdownFilter), ("origin", ChoicesDropdownFilter)]
    search_fields = ["order__number", "order__email", "reason"]
    date_hierarchy = "created_at"
    fields = [
        ("status", "origin"),
        ("amount", "currency"),
        "order_link",
        "reason_label",
        ("tries", "next_try_at"),
        ("paid_at", "error_line"),
    ]
    readonly_fields = ["order_link", "reason_label", "error_line"]
    inlines = [ReimbursementLineInline]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Reimbursement]":
        rows: QuerySet[Reimbursement] = super().get_queryset(request)
        return rows.select_related("order")

    @display(
        description=_("status"),
        ordering="status",
        label={
            Status.OWED: "warning",
            Status.PAYING: "info",
            Status.PAID: "success",
            Status.FAILED: "danger",
        },
    )
    def status_label(self, row: Reimbursement) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @display(description=_("reason"), ordering="reason")
    def reason_label(self, row: Reimbursement) -> str:
        return labels.reason(row.reason) or "—"

    @display(description=_("last error"))
    def error_line(self, row: Reimbursement) -> str:
        return labels.reason(row.last_error) or "—"

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, row: Reimbursement) -> str:
        return money(row.amount, row.currency)

    @display(description=_("order"), ordering="order__number")
    def order_link(self, row: Reimbursement) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[row.order_id]), row.order
        )


def _owed(subject: timeline.Subject) -> "Iterator[timeline.TimelineEntry]":
    """Yield the reimbursements of a purchase as timeline entries."""
    for row in Reimbursement.objects.filter(order__checkout_id=subject.trail):
        yield timeline.TimelineEntry(
            at=row.created_at,
            kind=gettext("reimbursement"),
            title=f"{row} · {row.get_status_display()}",
            detail=labels.reason(row.reason),
            about=row.pk,
            number=str(row),
            url=timeline.link("orders_reimbursement", row.pk),
            tone="error" if row.status == Status.FAILED else "warn" if row.status == Status.OWED else "",
        )


timeline.contribute("reimbursements", _owed)
