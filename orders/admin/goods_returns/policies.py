"""Reasons and terms of returns in the back office: edited by those who decide about them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from orders.models import ReturnPolicy, ReturnReason
from shop.core.backoffice.base import BackOfficeAdmin


@admin.register(ReturnReason)
class ReturnReasonAdmin(BackOfficeAdmin[ReturnReason]):
    """Reasons are switched off, not deleted: lines of returns refer to them. Their codes never change."""

    list_display = ["label", "code", "needs_area", "is_fault", "is_active", "sort_order"]
    list_filter = ["is_active", "is_fault"]
    search_fields = ["label", "code"]
    fields = [
        ("code", "sort_order"),
        ("label", "label_en", "label_pt"),
        ("needs_area", "is_fault", "is_active"),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ReturnPolicy)
class ReturnPolicyAdmin(BackOfficeAdmin[ReturnPolicy]):
    """Terms: of a product, a collection or the whole shop, each for orders placed from a moment on."""

    list_display = ["of_what", "applies_from", "days", "is_final_sale", "fee_rate", "is_approved_at_once"]
    list_filter = ["is_final_sale", "is_approved_at_once"]
    search_fields = ["product__name", "collection__name"]
    autocomplete_fields = ["product", "collection"]
    fields = [
        ("product", "collection"),
        "applies_from",
        ("days", "send_within_days"),
        "is_final_sale",
        "is_personal_use",
        ("way_back_paid_by", "label_fee", "fee_rate"),
        ("is_approved_at_once", "approved_up_to"),
        "instructions",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnPolicy]:
        return super().get_queryset(request).select_related("product", "collection")

    @display(description=_("terms of returns"))
    def of_what(self, policy: ReturnPolicy) -> str:
        return str(policy)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
