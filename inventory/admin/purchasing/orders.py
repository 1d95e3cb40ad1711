"""Purchase orders in the back office: drafted, ordered, received in parts, printed; and what each delivery brought."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import DecimalField, F, Model, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from inventory import purchasing
from inventory.admin.purchasing.order_pages import close_view, place_view, receive_view
from inventory.admin.purchasing.replenishment_pages import replenish_view
from inventory.models import PurchaseOrder, PurchaseOrderLine, PurchaseReceipt, PurchaseReceiptLine
from shop.core.backoffice.base import (
    BackOfficeAdmin,
    BackOfficeInline,
    HistoryAdmin,
    HistoryInline,
    actor,
    foreign,
    row,
)
from shop.core.money import ZERO
from shop.core.money import display as money
from shop.core.states import record

STATUS_TONES = {
    "draft": "default",
    "ordered": "info",
    "partly": "warning",
    "received": "success",
    "closed": "default",
    "cancelled": "danger",
}


class LineInline(BackOfficeInline[PurchaseOrderLine]):
    """The lines; they change only in a draft."""

    model = PurchaseOrderLine
    extra = 0
    fields = ["variant", "quantity", "unit_cost", "received"]
    readonly_fields = ["received"]
    autocomplete_fields = ["variant"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)


class ReceiptInline(HistoryInline[PurchaseReceipt]):
    """The deliveries against the order."""

    model = PurchaseReceipt
    fields = ("delivery_note", "created_at", "acted_by", "note")
    readonly_fields = fields


def _is_draft(order: Model | None) -> bool:
    return not isinstance(order, PurchaseOrder) or order.status == PurchaseOrder.Status.DRAFT


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(BackOfficeAdmin[PurchaseOrder]):
    """What was ordered from whom, and what of it has come."""

    list_display = [
        "number",
        "status_label",
        "supplier",
        "location",
        "units",
        "progress",
        "amount",
        "expected",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("supplier", RelatedDropdownFilter),
        ("location", RelatedDropdownFilter),
    ]
    list_select_related = ["supplier", "location"]
    search_fields = [
        "number",
        "supplier__name",
        "lines__variant__sku",
        "lines__variant__barcode",
        "receipts__delivery_note",
    ]
    date_hierarchy = "created_at"
    autocomplete_fields = ["supplier"]
    inlines = [LineInline, ReceiptInline]
    actions_list = ["replenish"]
    actions_row = ["receive", "print"]
    actions_detail = ["place", "receive", "print", "close"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrder]:
        found: QuerySet[PurchaseOrder] = super().get_queryset(request)
        if getattr(request.resolver_match, "url_name", "") != "inventory_purchaseorder_changelist":
            return found
        cost = Sum(F("lines__quantity") * F("lines__unit_cost"), output_field=DecimalField())
        return found.annotate(ordered=Sum("lines__quantity"), came=Sum("lines__received"), cost=cost)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Lock the order of a submitted form, so that its lines do not change once it is placed."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        return PurchaseOrder.objects.select_for_update(no_key=True).filter(pk=found.pk).first()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        words = [("supplier", "location"), ("expected_date", "note")]
        return words if obj is None else [("number", "status_words"), *words, ("ordered_at", "ended_at")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ["number", "status_words", "ordered_at", "ended_at"]
        return fixed if _is_draft(obj) else [*fixed, "supplier", "location"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """An order is cancelled, not deleted."""
        return False

    def save_model(
        self, request: HttpRequest, obj: PurchaseOrder, form: forms.ModelForm[Any], change: bool
    ) -> None:
        """Give a new order its number."""
        if not change:
            obj.number = purchasing.next_number()
        super().save_model(request, obj, form, change)
        if not change:
            record(obj, "drafted", actor=actor(request))

    @display(description=_("status"), ordering="status", label=STATUS_TONES)
    def status_label(self, order: PurchaseOrder) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @display(description=_("status"))
    def status_words(self, order: PurchaseOrder) -> str:
        return order.get_status_display()

    @display(description=_("units"))
    def units(self, order: Any) -> int:
        return int(order.ordered or 0)

    @display(description=_("expected"), ordering="expected_date")
    def expected(self, order: PurchaseOrder) -> str:
        """Show when it is expected, and below it when it was ordered."""
        due = date_format(order.expected_date, "SHORT_DATE_FORMAT") if order.expected_date else "—"
        since = date_format(localtime(order.ordered_at), "SHORT_DATE_FORMAT") if order.ordered_at else ""
        words = gettext("ordered %s") % since if since else ""
        return format_html('{} <span class="bo-under">{}</span>', due, words)

    @display(description=_("received"))
    def progress(self, order: Any) -> str:
        return format_html('<b class="bo-figure">{}</b>', order.came or 0)

    @display(description=_("cost"))
    def amount(self, order: Any) -> str:
        return money(order.cost or ZERO)

    def has_replenish_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.view_purchaseorder")

    def has_place_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        may = request.user.has_perm("inventory.change_purchaseorder")
        return may and _stands(request, object_id, PurchaseOrder.Status.DRAFT)

    def has_close_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        may = request.user.has_perm("inventory.change_purchaseorder")
        return may and _stands(request, object_id, PurchaseOrder.Status.DRAFT, *PurchaseOrder.OPEN)

    def has_receive_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        may = request.user.has_perm("inventory.add_purchasereceipt")
        return may and _stands(request, object_id, *PurchaseOrder.OPEN)

    def makes_sense(self, act: str, obj: Any) -> bool:
        """Offer a delivery only for what was ordered and has not fully arrived."""
        return act != "receive" or obj.status in PurchaseOrder.OPEN

    @action(
        description=_("What to buy"), url_path="replenish", icon="shopping_cart", permissions=["replenish"]
    )
    def replenish(self, request: HttpRequest) -> HttpResponse:
        """List what is below its optimum, by supplier, and draft orders for it."""
        return replenish_view(self, request)

    @action(description=_("Order it"), url_path="place", icon="send", permissions=["place"])
    def place(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Turn the draft into an order."""
        return place_view(self, request, _order(object_id))

    @action(description=_("Receive a delivery"), url_path="receive", icon="add_box", permissions=["receive"])
    def receive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book a delivery against the order."""
        return receive_view(self, request, _order(object_id))

    @action(description=_("Cancel or close"), url_path="close", icon="block", permissions=["close"])
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give up what has not come."""
        return close_view(self, request, _order(object_id))

    @action(description=_("Print"), url_path="print", icon="print", permissions=["replenish"])
    def print(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the order as a sheet for the supplier."""
        order = _order(object_id)
        lines = list(order.lines.select_related("variant__product"))
        context = {
            "order": order,
            "lines": lines,
            "total": sum((line.amount or ZERO for line in lines), ZERO),
            "units": sum(line.quantity for line in lines),
            "back": reverse("admin:inventory_purchaseorder_change", args=[order.pk]),
        }
        return TemplateResponse(request, "admin/inventory/purchaseorder/print.html", context)


def _stands(request: HttpRequest, key: Any, *states: str) -> bool:
    """Return whether the verb is possible in the order's state; a submitted form is decided by the verb itself."""
    if key is None or request.method == "POST":
        return True
    try:
        return PurchaseOrder.objects.filter(pk=key, status__in=states).exists()
    except (ValidationError, ValueError):
        return True  # Not a key: the page answers 404.


def _order(key: str) -> PurchaseOrder:
    return row(PurchaseOrder.objects.select_related("supplier", "location"), key)


class ReceiptLineInline(HistoryInline[PurchaseReceiptLine]):
    """What the delivery brought."""

    model = PurchaseReceiptLine
    fields = ("what", "quantity", "over", "unit_cost")
    readonly_fields = fields
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseReceiptLine]:
        return super().get_queryset(request).select_related("line__variant__product")

    @display(description=_("variant"))
    def what(self, line: PurchaseReceiptLine) -> str:
        return f"{line.line.variant.sku} · {line.line.variant.product.name} {line.line.variant.name}"


@admin.register(PurchaseReceipt)
class PurchaseReceiptAdmin(HistoryAdmin[PurchaseReceipt]):
    """Deliveries: the cause of the movements that they made."""

    list_display = ["created_at", "order_link", "supplier", "delivery_note", "note", "acted_by"]
    list_display_links = ["created_at"]
    list_select_related = ["order__supplier"]
    search_fields = ["delivery_note", "order__number", "order__supplier__name", "lines__line__variant__sku"]
    date_hierarchy = "created_at"
    inlines = [ReceiptLineInline]
    fields = [("created_at", "acted_by"), ("order_link", "delivery_note"), ("note", "movements")]
    readonly_fields = ["created_at", "order_link", "movements"]

    @display(description=_("purchase order"), ordering="order__number")
    def order_link(self, receipt: PurchaseReceipt) -> str:
        return foreign("inventory_purchaseorder", receipt.order)

    @display(description=_("supplier"))
    def supplier(self, receipt: PurchaseReceipt) -> str:
        return receipt.order.supplier.name

    @display(description=_("movements"))
    def movements(self, receipt: PurchaseReceipt) -> str:
        ledger = reverse("admin:inventory_stockmovement_changelist")
        return format_html(
            '<a href="{}?cause_id__exact={}">{}</a>', ledger, receipt.pk, _("Movements it made")
        )
