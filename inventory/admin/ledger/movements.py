"""The ledger in the back office: stock movements, read-only; and their lines in an order's timeline."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from inventory.models import StockMovement
from shop.core.audit import labels, timeline
from shop.core.backoffice.base import ActorMixin, HistoryAdmin
from shop.core.money import display as money


@admin.register(StockMovement)
class StockMovementAdmin(ActorMixin[StockMovement], HistoryAdmin[StockMovement]):
    """The ledger: append-only; `on_hand` is its sum."""

    list_display = [
        "occurred_at",
        "kind_label",
        "signed",
        "variant",
        "location",
        "on_hand_after",
        "cost",
        "because",
        "acted_by",
    ]
    list_display_links = ["occurred_at"]
    list_filter = [("kind", ChoicesDropdownFilter), ("location", RelatedDropdownFilter)]
    list_select_related = ["variant", "location"]
    search_fields = [
        "variant__sku",
        "variant__barcode",
        "variant__name",
        "variant__product__name",
        "reference",
        "note",
        "actor",
    ]
    date_hierarchy = "occurred_at"
    fields = [
        "occurred_at",
        ("kind", "quantity", "on_hand_after"),
        ("variant", "location"),
        ("unit_cost", "because"),
        "acted_by",
        ("cause_type", "cause_id"),
    ]
    readonly_fields = ["because", "acted_by"]

    @display(description=_("reference"), ordering="reference")
    def because(self, movement: StockMovement) -> str:
        """Show the reference, and below it the note."""
        words = labels.reason(movement.reference) or "—"
        return format_html('{} <span class="bo-under">{}</span>', words, movement.note)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow other pages to link to the movements of one level, variant or cause."""
        own = {"level__id__exact", "variant__id__exact", "cause_id__exact"}
        return lookup in own or super().lookup_allowed(lookup, value, request)

    @display(
        description=_("kind"),
        ordering="kind",
        label={
            "purchase": "success",
            "customer_return": "success",
            "sale": "info",
            "loss": "danger",
            "adjustment": "warning",
            "count": "warning",
        },
    )
    def kind_label(self, movement: StockMovement) -> tuple[str, str]:
        return movement.kind, movement.get_kind_display()

    @display(description=_("quantity"), ordering="quantity")
    def signed(self, movement: StockMovement) -> str:
        return format_html('<b class="bo-figure">{}</b>', f"{movement.quantity:+d}")

    @display(description=_("unit cost"))
    def cost(self, movement: StockMovement) -> str:
        return money(movement.unit_cost) if movement.unit_cost is not None else "—"


def _movements(subject: timeline.Subject) -> Any:
    """Return which units the order took out of stock."""
    if subject.order_id is None:
        return
    found = StockMovement.objects.filter(cause_id=subject.order_id).select_related("variant", "location")
    for movement in found:
        yield timeline.TimelineEntry(
            at=movement.occurred_at,
            kind=gettext("stock"),
            actor=movement.actor,
            title=f"{movement.get_kind_display()} {movement.quantity:+d} · {movement.variant.sku}",
            detail=f"{movement.location} → {movement.on_hand_after}",
            url=timeline.link("inventory_stockmovement", movement.pk),
        )


timeline.contribute("movements", _movements)
