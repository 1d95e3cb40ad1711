"""The stock in the back office: levels with receive and adjust, holds with release, the ledger to read."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from inventory import reservations
from inventory.admin import bulk_levels, manual_reservations
from inventory.admin.level_actions import MORE, MORE_HERE, LevelActs
from inventory.admin.manual_reservations import ReservationActions
from inventory.admin.movement_forms import adjust_view, receive_view
from inventory.ledger import stock_trend
from inventory.models import Location, Reservation, StockLevel, StockMovement
from shop.core.audit import actors, labels, timeline
from shop.core.backoffice.base import (
    ActorMixin,
    BackOfficeAdmin,
    ConfirmForm,
    HistoryAdmin,
    actor,
    ask,
    row,
    run_verb,
)
from shop.core.money import display as money


@admin.register(Location)
class LocationAdmin(BackOfficeAdmin):
    """Where stock lies; sellable places are drawn on in order of priority."""

    list_display = ["name", "code", "kind", "priority", "is_sellable", "address"]
    list_filter = ["kind", "is_sellable"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}
    fields = [("name", "code"), ("kind", "priority", "is_sellable"), "address"]


class LevelFilter(admin.SimpleListFilter):
    """What a clerk looks for in the levels."""

    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("low", _("below minimum")),
            ("out", _("nothing available")),
            ("held", _("has holds")),
            ("over", _("above optimal")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
        match self.value():
            case "low":
                return queryset.filter(minimum__gt=0, on_hand__lt=F("minimum") + F("reserved"))
            case "out":
                return queryset.filter(on_hand__lte=F("reserved"))
            case "held":
                return queryset.filter(reserved__gt=0)
            case "over":
                return queryset.filter(optimal__gt=0, on_hand__gt=F("optimal"))
        return queryset


@admin.register(StockLevel)
class StockLevelAdmin(LevelActs, BackOfficeAdmin):
    """How much of what lies where. Figures change only through receive and adjust; every one leads to its movements."""

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
    actions = ["set_rules", "print_shelves"]
    list_before_template = "admin/inventory/stocklevel/tools.html"
    actions_list = ["receive", "adjust", MORE]
    actions_row = ["why_here", "receive_here", "adjust_here"]
    actions_detail = ["why_here", "receive_here", "adjust_here", MORE_HERE]
    change_form_outer_after_template = "admin/inventory/stocklevel/movements.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return super().get_queryset(request).select_related("variant__product", "location")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        own = [
            path("scan/", wrap(bulk_levels.scan_view), name="inventory_stocklevel_scan"),
            path("paper/", wrap(bulk_levels.paper_view), name="inventory_stocklevel_paper"),
            path("variant/<uuid:key>/", wrap(self.variant_view), name="inventory_stocklevel_variant"),
        ]
        return [*own, *self.why_urls(), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """List levels with the trend of their stock."""
        return bulk_levels.with_trends(super().get_changelist(request, **kwargs))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """List the levels below the box to scan into and the lists to print."""
        tools = {"places": Location.objects.all()}
        return super().changelist_view(request, {**(extra_context or {}), **tools})

    def variant_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Show one variant's stock everywhere."""
        return bulk_levels.variant_view(self, request, key)

    @admin.action(description=_("Set minimum, optimal or shelf"), permissions=["change"])
    def set_rules(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> HttpResponse | None:
        """Set what the chosen levels share, after asking."""
        return bulk_levels.set_rules(self, request, queryset)

    @admin.action(description=_("Print a list of the shelves"), permissions=["view"])
    def print_shelves(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> HttpResponse:
        """Print the chosen levels by shelf."""
        return bulk_levels.shelf_paper(request, queryset)

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
        low = level.available < level.minimum or not level.available
        return format_html('<b class="bo-figure{}">{}</b>', " bo-low" if low else "", level.available)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show the level with its newest movements (one query more)."""
        movements = StockMovement.objects.filter(level_id=UUID(object_id))[:20] if _is_key(object_id) else []
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "movements": movements}
        )

    def has_move_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("inventory.add_stockmovement")

    @action(description=_("Receive"), url_path="receive", icon="add_box", permissions=["move"])
    def receive(self, request: HttpRequest) -> HttpResponse:
        """Book a delivery."""
        return receive_view(self, request)

    @action(description=_("Adjust"), url_path="adjust", icon="tune", permissions=["move"])
    def adjust(self, request: HttpRequest) -> HttpResponse:
        """Correct what lies there."""
        return adjust_view(self, request)

    @action(description=_("Receive"), url_path="receive-here", icon="add_box", permissions=["move"])
    def receive_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book a delivery of this variant at this place."""
        return receive_view(self, request, _level(object_id))

    @action(description=_("Adjust"), url_path="adjust-here", icon="tune", permissions=["move"])
    def adjust_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Correct this level."""
        return adjust_view(self, request, _level(object_id))


def _level(key: str) -> StockLevel:
    return row(StockLevel.objects.select_related("variant__product", "location"), key)


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@admin.register(StockMovement)
class StockMovementAdmin(ActorMixin, HistoryAdmin):
    """The ledger: append-only, the source of truth."""

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
        """Tell the reference, and below it the note."""
        words = labels.reason(movement.reference) or "—"
        return format_html('{} <span class="bo-under">{}</span>', words, movement.note)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let other pages lead to the movements of one level, variant or cause."""
        own = {"level__id__exact", "variant__id__exact", "cause_id__exact"}
        return lookup in own or bool(super().lookup_allowed(lookup, value, request))

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


class LiveFilter(admin.SimpleListFilter):
    """Holds that block stock now, by the database's clock."""

    title = _("now")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("live", _("holding")), ("lapsed", _("lapsed, not released yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> QuerySet[Reservation]:
        active = queryset.filter(status=Reservation.Status.ACTIVE)
        if self.value() == "live":
            return active.filter(expires_at__gt=Now())
        return active.filter(expires_at__lte=Now()) if self.value() == "lapsed" else queryset


@admin.register(Reservation)
class ReservationAdmin(ReservationActions, ActorMixin, HistoryAdmin):
    """Who holds what until when."""

    list_display = [
        "created_at",
        "status_label",
        "quantity",
        "variant",
        "location",
        "purpose",
        "owner",
        "note",
        "expires_at",
        "ended_at",
        "why_ended",
    ]
    list_filter = [
        LiveFilter,
        ("status", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        ("location", RelatedDropdownFilter),
    ]
    list_select_related = ["variant", "location"]
    search_fields = [
        "variant__sku",
        "variant__barcode",
        "variant__name",
        "variant__product__name",
        "owner",
        "note",
    ]
    date_hierarchy = "created_at"
    actions = ["release_selected"]
    actions_list = ["keep"]
    actions_detail = ["extend", "release"]

    @display(
        description=_("status"),
        ordering="status",
        label={"active": "info", "converted": "success", "released": "warning"},
    )
    def status_label(self, reservation: Reservation) -> tuple[str, str]:
        return reservation.status, reservation.get_status_display()

    def empty_words(self, cl: Any) -> str:
        """Say what is kept aside, and where that is done."""
        if cl.params.get("purpose__exact") == Reservation.Purpose.MANUAL:
            return gettext(
                "Nothing is kept aside now. Staff keep units aside for a person (a call, a press loan, a fault to "
                "look at) until a date; until then nobody else can buy them. “Keep units aside” above makes one."
            )
        return gettext(
            "Nobody holds anything here. A hold is made when a shopper puts a unit into the cart, and ends by itself."
        )

    @display(description=_("reason"), ordering="end_reason")
    def why_ended(self, reservation: Reservation) -> str:
        return labels.reason(reservation.end_reason) or "—"

    @display(description=_("ended by"), ordering="ended_by")
    def who_ended(self, reservation: Reservation) -> str:
        return actors.shown(reservation.ended_by) or "—"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show every field, those with customers in words."""
        told = {"actor": "acted_by", "ended_by": "who_ended", "end_reason": "why_ended"}
        return [told.get(str(name), name) for name in super().get_fields(request, obj)]

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("inventory.change_reservation")

    @admin.action(description=_("Release the chosen holds"), permissions=["release"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> HttpResponse | None:
        """Release each chosen hold that is still active, after asking; the units are for sale again at once."""
        form = ConfirmForm(request.POST if "apply" in request.POST else None)
        active = queryset.filter(status=Reservation.Status.ACTIVE)
        form.compare("holds-release", manual_reservations.look(active), may_shrink=True)

        def verb(data: dict[str, Any]) -> None:
            units = sum(
                reservations.release(
                    reservation_id=UUID(key), reason="released by staff", actor=actor(request)
                )
                for key in form.as_shown
            )
            words = ngettext("%d unit is free again.", "%d units are free again.", units)
            self.message_user(request, words % units)

        if (
            form.is_bound
            and form.is_valid()
            and run_verb(request, form=form, scope="holds-release", verb=verb, refusals={})
        ):
            return None
        return ask(
            self,
            request,
            active.select_related("variant", "location"),
            form,
            action="release_selected",
            title=gettext("Release the chosen holds?"),
            button=gettext("Release them"),
            is_danger=True,
            lead=gettext("Buyers lose what they hold; the units are for sale again at once."),
            told=manual_reservations.told,
        )


def _movements(subject: timeline.Subject) -> Any:
    """Tell which units the order took out of stock."""
    if subject.order_id is None:
        return
    found = StockMovement.objects.filter(cause_id=subject.order_id).select_related("variant", "location")
    for movement in found:
        yield timeline.Entry(
            at=movement.occurred_at,
            kind=gettext("stock"),
            actor=movement.actor,
            title=f"{movement.get_kind_display()} {movement.quantity:+d} · {movement.variant.sku}",
            detail=f"{movement.location} → {movement.on_hand_after}",
            url=timeline.link("inventory_stockmovement", movement.pk),
        )


def _holds(subject: timeline.Subject) -> Any:
    """Tell what was held for the purchase, and how each hold ended."""
    for hold in Reservation.objects.filter(checkout_id=subject.trail).select_related("variant"):
        words = f"{hold.quantity} × {hold.variant.sku}"
        url = timeline.link("inventory_reservation", hold.pk)
        yield timeline.Entry(
            at=hold.first_held_at, kind=gettext("hold"), title=words, actor=hold.actor, url=url
        )
        if hold.ended_at:
            yield timeline.Entry(
                at=hold.ended_at,
                kind=gettext("hold"),
                title=f"{words}: {hold.get_status_display()}",
                detail=labels.reason(hold.end_reason),
                url=url,
                tone="ok" if hold.status == "converted" else "warn",
            )


timeline.contribute("movements", _movements)
timeline.contribute("holds", _holds)
