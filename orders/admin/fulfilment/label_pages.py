"""Labels bought at carriers: the list, and the page of each with what may be done about it."""

import json
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from orders.admin.fulfilment import acts
from orders.fulfilment import label_rows, label_steps
from orders.models import LabelPurchase, LabelVoid, Shipment
from orders.shipping import carriers
from shop.core.audit import labels
from shop.core.backoffice.base import HistoryAdmin, foreign
from shop.core.money import display as money

TONES = {
    "reserved": "default",
    "sent": "info",
    "accepted": "info",
    "bought": "success",
    "refused": "danger",
    "unknown": "warning",
    "cancelled": "default",
}


@admin.register(LabelPurchase)
class LabelPurchaseAdmin(HistoryAdmin[LabelPurchase]):
    """Labels bought at carriers: what each was quoted, bought for and billed later."""

    list_display = [
        "reference",
        "carrier_name",
        "status_label",
        "shipment_link",
        "costs",
        "detail",
        "created_at",
    ]
    list_filter = [("status", ChoicesDropdownFilter), ("carrier", labels.filter_words(carriers.name_of))]
    search_fields = ["reference", "external_id"]
    date_hierarchy = "created_at"
    fields = [
        ("shipment_link", "reference"),
        ("status", "void_state"),
        ("carrier_name", "service", "contract"),
        "costs",
        "detail",
        ("external_id", "numbers"),
        "tracking_url",
        ("sent_at", "decided_at"),
        ("next_check_at", "checks"),
        "answer",
    ]
    change_form_outer_before_template = "admin/orders/labelpurchase/story.html"
    readonly_fields = ["shipment_link", "void_state", "carrier_name", "costs", "answer"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LabelPurchase]:
        return label_rows.rows().select_related("shipment__order", "shipment__method", "void")

    @display(description=_("voided"))
    def void_state(self, purchase: LabelPurchase) -> str:
        """Say what became of the wish to void it, with the carrier's words."""
        void: LabelVoid | None = getattr(purchase, "void", None)
        return " · ".join(filter(None, (void.get_status_display(), void.detail))) if void else "—"

    @display(description=_("answer"))
    def answer(self, purchase: LabelPurchase) -> str:
        """Show what the carrier answered, word for word; its lines break where the page ends."""
        text = json.dumps(purchase.raw, ensure_ascii=False, indent=2)
        return format_html('<pre class="bo-answer">{}</pre>', text) if purchase.raw else "—"

    @display(description=_("status"), ordering="status", label=TONES)
    def status_label(self, purchase: LabelPurchase) -> tuple[str, str]:
        return purchase.status, purchase.get_status_display()

    @display(description=_("carrier"), ordering="carrier")
    def carrier_name(self, purchase: LabelPurchase) -> str:
        return carriers.name_of(purchase.carrier)

    @display(description=_("shipment"), ordering="shipment__order__number")
    def shipment_link(self, purchase: LabelPurchase) -> str:
        return foreign("orders_shipment", purchase.shipment)

    @display(description=_("quoted · bought · billed"))
    def costs(self, purchase: LabelPurchase) -> str:
        amounts = (purchase.quoted_cost, purchase.bought_cost, purchase.adjusted_cost)
        if all(one is None for one in amounts):
            return "—"
        return " · ".join("—" if one is None else money(one, purchase.currency) for one in amounts)

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return a label's next step and the acts on it."""
        found = self.get_queryset(request).filter(pk=key).first()
        return _facts(request, found) if found else {}


def _facts(request: HttpRequest, purchase: LabelPurchase) -> dict[str, object]:
    """Return what the page of a label shows; acts are those on the label that its shipment has now, if any."""
    shipment = purchase.shipment
    live = label_rows.live(shipment)
    is_newest = (
        live == purchase if live else not shipment.labels.filter(attempt__gt=purchase.attempt).exists()
    )
    shipment.__dict__["live_label"] = live if settings.SHIPPING_CARRIERS else None
    may_act = is_newest and request.user.has_perm("orders.change_shipment")
    return {
        "label": purchase,
        "void": getattr(purchase, "void", None),
        "shipment": shipment,
        "carrier": carriers.name_of(purchase.carrier),
        "paid": label_steps.paid(purchase),
        "step": label_steps.next_step(purchase) if is_newest else "",
        "newer": live if not is_newest else None,
        "acts": acts.on_label(shipment) if may_act else [],
        "may_print": may_act and _is_printable(purchase),
        "subtitle": purchase.reference,
    }


def _is_printable(purchase: LabelPurchase) -> bool:
    has_file = purchase.status == LabelPurchase.Status.BOUGHT and not getattr(purchase, "lacks_file", True)
    return has_file and purchase.shipment.status != Shipment.Status.CANCELLED
