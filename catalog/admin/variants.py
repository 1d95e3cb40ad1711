"""Variants and the history of their prices."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from catalog.admin import prices_before
from catalog.models import PriceChange, Variant, VariantValue
from catalog.variants import selling_history
from shop.core.backoffice.base import BackOfficeAdmin, BackOfficeInline, HistoryAdmin, HistoryInline
from shop.core.money import display as money


class VariantValueInline(BackOfficeInline[VariantValue]):
    model = VariantValue
    extra = 0
    fields = ["option", "value"]
    autocomplete_fields = ["value"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VariantValue]:
        return super().get_queryset(request).select_related("option", "value__option")


class PriceChangeInline(HistoryInline[PriceChange]):
    model = PriceChange
    fields = ("changed_at", "amount", "struck")
    readonly_fields = fields
    verbose_name_plural = _("price history")
    show_change_link = False
    per_page = 30

    @display(description=_("price"))
    def amount(self, change: PriceChange) -> str:
        return money(change.price)

    @display(description=_("struck-through price"))
    def struck(self, change: PriceChange) -> str:
        return money(change.compare_at_price) if change.compare_at_price else "—"


@admin.register(Variant)
class VariantAdmin(BackOfficeAdmin[Variant]):
    """One SKU: what is bought, stocked and counted."""

    list_display = ["sku", "product", "name", "amount", "former", "stock", "barcode", "is_active"]
    list_filter = ["is_active", "product__brand"]
    list_select_related = ["product"]
    search_fields = ["sku", "barcode", "name", "product__name"]
    command_rank, command_icon = 4, "barcode"
    autocomplete_fields = ["product"]
    readonly_fields = ["number"]
    inlines = [VariantValueInline, PriceChangeInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "product",
                    ("sku", "barcode"),
                    ("name", "number"),
                    ("price", "compare_at_price"),
                ]
            },
        ),
        (_("Limits"), {"fields": [("max_per_order", "weight_grams"), ("sort_order", "is_active")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        found: QuerySet[Variant] = super().get_queryset(request).select_related("product")
        return found.prefetch_related("stock_levels__location")

    def save_model(
        self, request: HttpRequest, obj: Variant, form: forms.ModelForm[Any], change: bool
    ) -> None:
        """Save, and warn of a price before that the variant was never sold at."""
        super().save_model(request, obj, form, change)
        prices_before.warn(request, selling_history.without([obj.pk]))

    @display(description=_("number"))
    def number(self, variant: Variant) -> str:
        """Show the number by which clients of the API know it."""
        return "—" if variant._state.adding else str(variant.public_number)

    def hit(self, obj: Variant) -> tuple[str, str]:
        """Name the product, too: the same sizes are in many."""
        return f"{obj.sku} · {obj.product.name} {obj.name}".strip(), str(obj._meta.verbose_name)

    @display(description=_("on hand"))
    def stock(self, variant: Variant) -> str:
        """Show the units in total and in each location, linked to the page that explains them."""
        levels = [level for level in variant.stock_levels.all() if level.on_hand]
        places = sorted(levels, key=lambda level: (level.location.priority, level.location.name))
        return format_html(
            '<a class="bo-figure" href="{}">{}</a> <span class="bo-note">{}</span>',
            reverse("admin:inventory_stocklevel_why_variant", args=[variant.pk]),
            sum(level.on_hand for level in levels),
            " · ".join(f"{level.location} {level.on_hand}" for level in places),
        )

    @display(description=_("price"), ordering="price")
    def amount(self, variant: Variant) -> str:
        return money(variant.price)

    @display(description=_("price before"), ordering="compare_at_price")
    def former(self, variant: Variant) -> str:
        return money(variant.compare_at_price) if variant.compare_at_price else "—"


@admin.register(PriceChange)
class PriceChangeAdmin(HistoryAdmin[PriceChange]):
    """Every price a variant has had."""

    list_display = ["changed_at", "variant", "amount", "former"]
    list_select_related = ["variant"]
    search_fields = ["variant__sku", "variant__barcode", "variant__name", "variant__product__name"]
    date_hierarchy = "changed_at"

    @display(description=_("price"), ordering="price")
    def amount(self, change: Any) -> str:
        return money(change.price)

    @display(description=_("struck-through price"))
    def former(self, change: Any) -> str:
        return money(change.compare_at_price) if change.compare_at_price else "—"
