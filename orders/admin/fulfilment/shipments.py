"""Shipments in the back office: the list to search in, and the page of each with its acts."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from orders.admin.fulfilment import acts, packing_pages, papers, queue_pages
from orders.fulfilment import label_rows, packing
from orders.models import Shipment
from shop.core.audit import timeline
from shop.core.backoffice.base import HistoryAdmin, foreign, require, row
from shop.core.backoffice.reason_columns import reason_column

TONES = {
    "pending": "info",
    "shipped": "warning",
    "delivered": "success",
    "returned": "danger",
    "cancelled": "default",
}


@admin.register(Shipment)
class ShipmentAdmin(HistoryAdmin[Shipment]):
    """Shipments are made and moved by their verbs only; here they are found."""

    list_display = [
        "number_label",
        "status_label",
        "order_link",
        "method_label",
        "carrier",
        "tracking_number",
        "created_at",
        "shipped_at",
        "delivered_at",
    ]
    list_display_links = ["number_label"]
    list_filter = [("status", ChoicesDropdownFilter), "kind", "shipped_at"]
    list_select_related = ["order"]
    search_fields = ["order__number", "tracking_number", "order__email", "order__last_name"]
    date_hierarchy = "created_at"
    command_icon = "local_shipping"
    fields = [
        ("order_link", "status", "kind"),
        ("method_name", "carrier", "service"),
        ("tracking_number", "tracking_url"),
        ("branch_code", "branch_name", "location"),
        ("created_at", "packed_at", "packed_by"),
        ("labelled_at", "shipped_at", "ready_for_pickup_at"),
        ("delivered_at", "returned_at", "cancelled_at"),
        ("attention_since", "attention"),
    ]
    readonly_fields = ["order_link", "created_at", "attention"]
    attention = reason_column("attention_reason", _("why it needs attention"))
    change_form_outer_before_template = "admin/orders/shipment/story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        return super().get_queryset(request).select_related("order", "location")

    @display(description=_("shipment"), ordering="order__number")
    def number_label(self, shipment: Shipment) -> str:
        return shipment.number

    @display(description=_("status"), ordering="status", label=TONES)
    def status_label(self, shipment: Shipment) -> tuple[str, str]:
        return shipment.status, shipment.get_status_display()

    @display(description=_("shipping method"), ordering="method_name")
    def method_label(self, shipment: Shipment) -> str:
        return shipment.method_name or "—"

    @display(description=_("order"), ordering="order__number")
    def order_link(self, shipment: Shipment) -> str:
        return foreign("orders_order", shipment.order)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("queues/", wrap(self.queues_view), name="orders_shipment_queues"),
            path("next/", wrap(self.next_view), name="orders_shipment_next"),
            path("<uuid:key>/pack/", wrap(self.pack_view), name="orders_shipment_pack"),
            path("<uuid:key>/papers/<slug:kind>/", wrap(self.papers_view), name="orders_shipment_papers"),
            path("<uuid:key>/act/<slug:code>/", wrap(self.act_view), name="orders_shipment_act"),
        ]
        return [*own, *super().get_urls()]

    def queues_view(self, request: HttpRequest) -> HttpResponse:
        """Show a queue, or act on many of it."""
        return queue_pages.queues_page(self, request)

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """Open the next shipment to be packed."""
        require(request, "orders.view_shipment")
        following = packing.next_to_pack()
        if following is None:
            return redirect(queue_pages.address())
        return redirect("admin:orders_shipment_pack", following.pk)

    def pack_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Pack a shipment by scan."""
        return packing_pages.packing_page(self, request, self._shipment(key))

    def papers_view(self, request: HttpRequest, key: UUID, kind: str) -> HttpResponse:
        """Return the papers of one shipment; a label is asked for by POST, since it is noted."""
        require(request, "orders.view_shipment")
        if kind not in {"labels", "papers", "print"}:
            raise Http404
        if kind == "labels":
            require(request, "orders.change_shipment")
            if request.method != "POST":
                return redirect("admin:orders_order_change", self._shipment(key).order_id)
        return papers.hand_out(request, kind, [key])

    def act_view(self, request: HttpRequest, key: UUID, code: str) -> HttpResponse:
        """Do one act on a shipment."""
        if code not in acts.BY_CODE:
            raise Http404
        return acts.act_page(self, request, self._shipment(key), acts.BY_CODE[code])

    def _shipment(self, key: UUID) -> Shipment:
        return row(Shipment.objects.select_related("order__shipping_address", "location"), key)

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return a shipment's lines, its acts and the timeline of its order."""
        found = Shipment.objects.select_related("order").filter(pk=key).first()
        if found is None:
            return {}
        return {
            "shipment": found,
            "lines": packing.lines_of(found),
            "acts": acts.offered(found),
            "labels": label_rows.rows().filter(shipment=found).order_by("attempt"),
            "subtitle": found.number,
            "entries": timeline.tell(timeline.Subject(trail=found.trail, order_id=found.order_id)),
        }
