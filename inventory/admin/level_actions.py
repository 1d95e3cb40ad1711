"""Actions on a stock level beside receiving and adjusting: customer return, supplier return, write-off, explanation."""

from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from inventory.admin.checks import repair_view
from inventory.admin.ledger.explanation import why_page, why_variant
from inventory.admin.ledger.return_forms import moving_view
from inventory.admin.ledger.valuation import valuation_file, valuation_page
from inventory.models import StockLevel, TransferLine
from shop.core.backoffice.base import BackOfficeAdmin, row

MORE = {
    "title": _("More movements"),
    "items": ["customer_return", "supplier_return", "write_off", "see_valuation"],
}
MORE_HERE = {
    "title": _("More movements"),
    "items": ["customer_return_here", "supplier_return_here", "write_off_here", "repair_here"],
}


class LevelActs(BackOfficeAdmin[StockLevel]):
    """Buttons and addresses of the stock levels' pages; each button calls one verb through its form."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        """Annotate the variant's units in all locations: on hand, and in transit between them."""
        found: QuerySet[StockLevel] = super().get_queryset(request)
        if getattr(request.resolver_match, "url_name", "") != "inventory_stocklevel_changelist":
            return found
        all_levels = StockLevel.objects.filter(variant=OuterRef("variant")).order_by().values("variant")
        gone = F("received") + F("lost") + F("returned")
        lines = (
            TransferLine.objects.filter(variant=OuterRef("variant"), sent__gt=gone)
            .order_by()
            .values("variant")
        )
        return found.annotate(
            total_units=Subquery(all_levels.annotate(units=Sum("on_hand")).values("units")),
            moving_units=Subquery(lines.annotate(units=Sum(F("sent") - gone)).values("units")),
        )

    @display(description=_("in total"))
    def everywhere(self, level: Any) -> str:
        """Show the variant's units in all locations and in transit."""
        page = reverse("admin:inventory_stocklevel_why_variant", args=[level.variant_id])
        moving = level.moving_units or 0
        words = gettext("%d on the way") % moving if moving else ""
        return format_html(
            '<a class="bo-figure" href="{}">{}</a> <span class="bo-note">{}</span>',
            page,
            (level.total_units or 0) + moving,
            words,
        )

    def why_urls(self) -> list[URLPattern]:
        """Return the addresses of the explaining and valuing pages."""
        guarded = self.admin_site.admin_view
        return [
            path("<uuid:key>/why/", guarded(self.why), name="inventory_stocklevel_why"),
            path(
                "variant/<uuid:key>/why/",
                guarded(self.why_of_variant),
                name="inventory_stocklevel_why_variant",
            ),
            path("valuation/", guarded(self.valuation), name="inventory_stocklevel_valuation"),
            path("valuation.csv", guarded(self.valuation_csv), name="inventory_stocklevel_valuation_file"),
        ]

    def why(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Explain the figures of a level."""
        return why_page(self, request, key)

    def why_of_variant(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Explain the figures of a variant."""
        return why_variant(self, request, key)

    def valuation(self, request: HttpRequest) -> HttpResponse:
        """Show what the stock is worth."""
        return valuation_page(self, request)

    def valuation_csv(self, request: HttpRequest) -> Any:
        """Answer what the stock is worth as a file."""
        return valuation_file(request)

    def has_repair_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.add_stockrepair")

    def has_value_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.view_stockmovement")

    @action(description=_("Why?"), url_path="why-here", icon="help", permissions=["value"])
    def why_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Explain the figures of this level."""
        return redirect("admin:inventory_stocklevel_why", key=_level(object_id).pk)

    @action(description=_("Valuation"), url_path="see-valuation", icon="payments", permissions=["value"])
    def see_valuation(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:inventory_stocklevel_valuation")

    @action(
        description=_("Take back from a customer"),
        url_path="customer-return",
        icon="undo",
        permissions=["move"],
    )
    def customer_return(self, request: HttpRequest) -> HttpResponse:
        """Book what a customer brought back."""
        return moving_view(self, request, "customer-return")

    @action(
        description=_("Return to the supplier"), url_path="supplier-return", icon="redo", permissions=["move"]
    )
    def supplier_return(self, request: HttpRequest) -> HttpResponse:
        """Book what goes back to the supplier."""
        return moving_view(self, request, "supplier-return")

    @action(description=_("Write off"), url_path="write-off", icon="delete", permissions=["move"])
    def write_off(self, request: HttpRequest) -> HttpResponse:
        """Book what is lost or damaged."""
        return moving_view(self, request, "write-off")

    @action(
        description=_("Take back from a customer"),
        url_path="customer-return-here",
        icon="undo",
        permissions=["move"],
    )
    def customer_return_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book what a customer brought back of this variant."""
        return moving_view(self, request, "customer-return", _level(object_id))

    @action(
        description=_("Return to the supplier"),
        url_path="supplier-return-here",
        icon="redo",
        permissions=["move"],
    )
    def supplier_return_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book what goes back to the supplier from here."""
        return moving_view(self, request, "supplier-return", _level(object_id))

    @action(description=_("Write off"), url_path="write-off-here", icon="delete", permissions=["move"])
    def write_off_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book what is lost or damaged here."""
        return moving_view(self, request, "write-off", _level(object_id))

    @action(description=_("Repair a figure"), url_path="repair-here", icon="build", permissions=["repair"])
    def repair_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bring a figure of this level back to its rows."""
        return repair_view(self, request, object_id)


def _level(key: str) -> StockLevel:
    return row(StockLevel.objects.select_related("variant__product", "location"), key)
