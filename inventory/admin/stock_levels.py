"""The stock in the back office: locations, and stock levels with receive and adjust."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from inventory.admin import bulk_levels
from inventory.admin.ledger.movement_forms import adjust_view, receive_view
from inventory.admin.level_actions import MORE, MORE_HERE, LevelActs
from inventory.ledger import stock_trend
from inventory.models import Location, StockLevel, StockMovement
from shop.core.backoffice.base import BackOfficeAdmin, row


@admin.register(Location)
class LocationAdmin(BackOfficeAdmin[Location]):
    """Locations; sellable ones are reserved from in order of priority."""

    list_display = ["name", "code", "kind", "priority", "is_sellable", "address"]
    list_filter = ["kind", "is_sellable"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}
    fields = [("name", "code"), ("kind", "priority", "is_sellable"), "address"]


class LevelFilter(admin.SimpleListFilter):
    """Filter of stock levels by condition."""

    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [
            ("low", _("at or below the minimum")),
            ("out", _("nothing available")),
            ("held", _("has holds")),
            ("over", _("above optimal")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
        match self.value():
            case "low":
                return queryset.filter(StockLevel.LOW)
            case "out":
                return queryset.filter(on_hand__lte=F("reserved"))
            case "held":
                return queryset.filter(reserved__gt=0)
            case "over":
                return queryset.filter(optimal__gt=0, on_hand__gt=F("optimal"))
        return queryset


@admin.register(StockLevel)
class StockLevelAdmin(LevelActs, BackOfficeAdmin[StockLevel]):
    """Units by variant and location. Figures change only through receive and adjust; each links its movements."""

    list_display = [
        "sku",
        "product",
        "location",
        "figure_on_hand",
        "reserved",
        "figure_available",
        "everywhere",
        "month",
        "minimum",
        "bin",
    ]
    list_filter = [("location", RelatedDropdownFilter), LevelFilter]
    list_select_related = ["variant__product", "location"]
    search_fields = ["variant__sku", "variant__barcode", "variant__name", "variant__product__name", "bin"]
    ordering = ["variant__product__name", "variant__sort_order", "location__priority"]
    fieldsets = [
        (None, {"fields": [("variant", "location"), ("on_hand", "reserved", "figure_available")]}),
        (_("Replenishing"), {"fields": [("minimum", "optimal", "bin")]}),
    ]
    readonly_fields = ["variant", "location", "on_hand", "reserved", "figure_available"]
    actions = ["set_rules", "print_bins"]
    list_before_template = "admin/inventory/stocklevel/tools.html"
    actions_list = ["receive", "adjust", MORE]
    actions_row = ["why_here", "receive_here", "adjust_here"]
    actions_detail = ["why_here", "receive_here", "adjust_here", MORE_HERE]
    change_form_outer_after_template = "admin/inventory/stocklevel/movements.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return super().get_queryset(request).select_related("variant__product", "location")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("scan/", wrap(bulk_levels.scan_view), name="inventory_stocklevel_scan"),
            path("paper/", wrap(bulk_levels.print_view), name="inventory_stocklevel_print"),
            path("variant/<uuid:key>/", wrap(self.variant_view), name="inventory_stocklevel_variant"),
        ]
        return [*own, *self.why_urls(), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """List levels with the trend of their stock."""
        return bulk_levels.with_trends(super().get_changelist(request, **kwargs))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """List the levels below the box to scan into and the lists to print."""
        tools = {"locations": Location.objects.all()}
        return super().changelist_view(request, {**(extra_context or {}), **tools})

    def variant_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        return bulk_levels.variant_view(self, request, key)

    @admin.action(description=_("Set minimum, optimal or shelf"), permissions=["change"])
    def set_rules(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> HttpResponse | None:
        """Set what the chosen levels share, after asking."""
        return bulk_levels.set_rules(self, request, queryset)

    @admin.action(description=_("Print a list of the shelves"), permissions=["view"])
    def print_bins(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> HttpResponse:
        """Print the chosen levels by bin."""
        return bulk_levels.bin_sheet(request, queryset)

    @display(description=_("30 days"))
    def month(self, level: Any) -> str:
        return stock_trend.drawn(getattr(level, "trend", []), level.minimum)

    @display(description="SKU", ordering="variant__sku")
    def sku(self, level: StockLevel) -> str:
        return level.variant.sku

    @display(description=_("product"), ordering="variant__product__name")
    def product(self, level: StockLevel) -> str:
        everywhere = reverse("admin:inventory_stocklevel_variant", args=[level.variant_id])
        return format_html(
            '<a class="bo-link" href="{}">{}</a> <span class="bo-under">{}</span>',
            everywhere,
            level.variant.product.name,
            level.variant.name,
        )

    @display(description=_("on hand"), ordering="on_hand")
    def figure_on_hand(self, level: StockLevel) -> str:
        why = reverse("admin:inventory_stocklevel_why", args=[level.pk])
        return format_html(
            '<a class="bo-figure" href="{}" title="{}">{}</a>', why, gettext("Why?"), level.on_hand
        )

    @display(description=_("available"), ordering=F("on_hand") - F("reserved"))
    def figure_available(self, level: StockLevel) -> str:
        return format_html(
            '<b class="bo-figure{}">{}</b>', " bo-low" if level.is_low else "", level.available
        )

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return the level's newest movements (one query more)."""
        return {"movements": StockMovement.objects.filter(level_id=key)[:20]}

    def has_move_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.add_stockmovement")

    @action(description=_("Receive"), url_path="receive", icon="add_box", permissions=["move"])
    def receive(self, request: HttpRequest) -> HttpResponse:
        return receive_view(self, request)

    @action(description=_("Adjust"), url_path="adjust", icon="tune", permissions=["move"])
    def adjust(self, request: HttpRequest) -> HttpResponse:
        return adjust_view(self, request)

    @action(description=_("Receive"), url_path="receive-here", icon="add_box", permissions=["move"])
    def receive_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book a delivery of this variant at this place."""
        return receive_view(self, request, _level(object_id))

    @action(description=_("Adjust"), url_path="adjust-here", icon="tune", permissions=["move"])
    def adjust_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return adjust_view(self, request, _level(object_id))


def _level(key: str) -> StockLevel:
    return row(StockLevel.objects.select_related("variant__product", "location"), key)
