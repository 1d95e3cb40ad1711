"""Orders in the back office: the order with its timeline, and purchases in progress."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import Case, Count, OuterRef, Prefetch, QuerySet, Subquery, Sum, When
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import display

from orders.admin import order_acts
from orders.admin.cancellations import CancelMixin
from orders.admin.checkout_filters import PayingFilter, ReachedFilter
from orders.admin.fulfilment.acts import with_acts
from orders.admin.fulfilment.preparing import PrepareMixin
from orders.admin.holds import HeldFilter, HoldsMixin
from orders.admin.picking import PickingMixin
from orders.admin.returns import PutBackMixin
from orders.admin.withdrawals import WithdrawalRequestAdmin  # noqa: F401 - registers itself
from orders.exchanges import replacing
from orders.fulfilment import holds, progress, remaining, shipments
from orders.models import (
    Cart,
    CartLine,
    CheckoutAdjustment,
    CheckoutLine,
    CheckoutSession,
    Claim,
    Exchange,
    Order,
    OrderHold,
    OrderLine,
)
from orders.pricing.purchases import charges_of
from orders.pricing.totals import SHIPPING
from orders.returns import states
from shop.core.audit import timeline
from shop.core.backoffice.base import (
    BackOfficeAdmin,
    HistoryAdmin,
    HistoryInline,
    foreign,
)
from shop.core.folding import squeeze
from shop.core.money import display as money

STATUS_TONES = {
    "confirmed": "info",
    "completed": "success",
    "cancelled": "danger",
    "open": "info",
    "awaiting_payment": "warning",
    "expired": "default",
    "off": "default",
}

_MOST = 2**63  # PostgreSQL's bigint.


@admin.register(Order)
class OrderAdmin(CancelMixin, HoldsMixin, PickingMixin, PrepareMixin, PutBackMixin, BackOfficeAdmin[Order]):
    """Orders are made by settling a payment only; here they are read, and a note is kept."""

    list_display = [
        "number_label",
        "placed_at",
        "status_label",
        "sending",
        "buyer",
        "units",
        "amount",
        "shipping_name",
    ]
    list_display_links = ["number_label"]
    list_filter = [("status", ChoicesDropdownFilter), HeldFilter, "placed_at"]
    actions_detail = ["hold", "release"]
    search_fields = [
        "number",
        "email",
        "first_name",
        "last_name",
        "phone",
        "document_number",
        "transaction_id",
        "lines__sku",
        "lines__name",
        "lines__variant__barcode",
    ]
    date_hierarchy = "placed_at"
    command_rank, command_icon = 1, "receipt_long"
    fields = ["note"]
    change_form_outer_before_template = "admin/orders/order/story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        found: Any = super().get_queryset(request)
        if getattr(request.resolver_match, "url_name", "") == "orders_order_changelist":
            units = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
            found = found.with_money().annotate(
                number_of_units=Subquery(units.annotate(sum=Sum("quantity")).values("sum")),
                is_held=holds.IS_HELD,
                has_units_left=holds.has_units_left(),
                shipment_progress=progress.of_orders(),
            )
        listed: QuerySet[Order] = found
        return listed

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Search all fields; a term that begins with # is an order number and nothing else."""
        number = squeeze(search_term)
        if search_term.strip().startswith("#") and number.isdecimal() and int(number) < _MOST:
            return queryset.filter(number=int(number)), False
        return super().get_search_results(request, queryset, search_term)

    def find(self, request: HttpRequest, text: str) -> QuerySet[Order]:
        """Put the order of exactly this number before those whose phone or document has its digits."""
        found = super().find(request, text)
        number = squeeze(text)
        if not number.isdecimal() or int(number) >= _MOST:
            return found
        return found.order_by(Case(When(number=int(number), then=0), default=1), "-placed_at")

    def hit(self, obj: Order) -> tuple[str, str]:
        """Return the search result of an order: whose it is, its day and its status."""
        day = date_format(localtime(obj.placed_at), "SHORT_DATE_FORMAT")
        return (
            f"#{obj.number} · {obj.full_name or obj.email}",
            f"{_('order')} · {day} · {obj.get_status_display()}",
        )

    @display(description=_("number"), ordering="number")
    def number_label(self, order: Order) -> str:
        return f"#{order.number}"

    @display(description=_("status"), ordering="status", label=STATUS_TONES)
    def status_label(self, order: Order) -> tuple[str, str]:
        return "off" if order.is_off else order.status, order.status_text

    @display(description=_("buyer"), ordering="last_name")
    def buyer(self, order: Order) -> str:
        return format_html('{} <span class="bo-under">{}</span>', order.full_name or "—", order.email)

    @display(description=_("units"), ordering="number_of_units")
    def units(self, order: Any) -> int:
        return int(order.number_of_units or 0)

    @display(description=_("total"), ordering="total")
    def amount(self, order: Order) -> str:
        return money(order.total, order.currency)

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Return none: the page shows the acts that make sense now itself (`orders.admin.order_acts`)."""
        return []

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return the order's facts, lines, payments, timeline (a fixed number of queries, however long it is)."""
        context = _page(key)
        context["may_prepare"] = context.get("may_be_sent") and request.user.has_perm("orders.add_shipment")
        if facts := context.get("facts"):
            context["acts"] = order_acts.offered(facts, request.user)
        return context


def _read(key: UUID) -> Any:
    """Read an order with all that its page shows."""
    # Payments are above orders in the import order: they are reached through the reverse relations.
    return (
        Order.objects.with_money()
        .select_related("user", "shipping_address", "billing_address", "plan")
        .prefetch_related(
            Prefetch("lines", queryset=remaining.lines().select_related("variant")),
            "adjustments",
            "payments__refunds",
            "payments__disputes",
            "holds",
            "invoices",
            Prefetch("exchanges", queryset=Exchange.objects.select_related("rma").order_by("ordinal")),
            Prefetch("claims", queryset=Claim.objects.order_by("ordinal")),
        )
        .filter(pk=key)
        .first()
    )


def _facts(order: Any) -> order_acts.Facts:
    """Return what `_read` has read, as the acts ask for it."""
    facts = order_acts.Facts(
        order,
        list(order.lines.all()),
        order.money,
        [hold for hold in order.holds.all() if hold.status == OrderHold.Status.ACTIVE],
        list(shipments.of_order(order)),
        list(order.payments.all()),
        states.with_words(states.with_todo(order.returns.order_by("ordinal"))),
        list(order.exchanges.all()),
        list(order.claims.all()),
        list(order.invoices.all()),
    )
    for row in (*facts.returns, *facts.exchanges, *facts.claims):
        row.order = order  # Its number is the order's, with a letter.
    return facts


def _page(key: UUID) -> dict[str, Any]:
    order = _read(key)
    if order is None:
        return {}
    facts = _facts(order)
    replacing.note_stages(facts.lines)
    entries = timeline.tell(timeline.Subject(trail=order.trail, order_id=order.pk))
    left = 0 if order.is_off else facts.left
    return {
        "order": order,
        "entries": entries,
        "subtitle": f"#{order.number}",
        "facts": facts,
        "holds": facts.holds,
        "lines": _lines(facts.lines),
        "returns": facts.returns,
        "exchanges": facts.exchanges,
        "claims": facts.claims,
        "charges": [charge for charge in charges_of(order) if not charge.is_shipping],
        "money": facts.money,
        "left": left,
        "sold": facts.sold,
        "may_be_sent": facts.may_be_sent,
        "shipments": with_acts(order, list(facts.shipments)),
        "sending": progress.label(progress.of_shipments(facts.shipments)),
    }


def _lines(lines: Sequence[Any]) -> list[Any]:
    """Return the lines that were sold, each followed by those sent instead (`instead_of`: its SKU)."""
    sold = {line.pk: line for line in lines if line.replaces_id is None}
    instead = [line for line in lines if line.replaces_id is not None]
    every = {line.pk: line for line in lines}
    for line in instead:
        line.instead_of = every[line.replaces_id].sku if line.replaces_id in every else "—"
    return [*sold.values(), *instead]


class CheckoutLineInline(HistoryInline[CheckoutLine]):
    model = CheckoutLine
    fields = ("sku", "name", "quantity", "unit_price", "total")
    readonly_fields = fields
    show_change_link = False


class CheckoutAdjustmentInline(HistoryInline[CheckoutAdjustment]):
    """The adjustments besides the shipping, which is among the checkout's sums."""

    model = CheckoutAdjustment
    fields = ("label", "kind", "line", "unit", "amount", "tax")
    readonly_fields = fields
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckoutAdjustment]:
        return super().get_queryset(request).exclude(kind=SHIPPING).select_related("line")


@admin.register(CheckoutSession)
class CheckoutSessionAdmin(HistoryAdmin[CheckoutSession]):
    """Purchases in progress, and those that ended without an order; each with its timeline."""

    list_display = ["created_at", "status_label", "email", "full_name", "amount", "expires_at", "order_link"]
    list_filter = [("status", ChoicesDropdownFilter), PayingFilter, ReachedFilter]
    list_select_related = ["order"]
    search_fields = ["email", "first_name", "last_name", "phone", "document_number", "order__number"]
    date_hierarchy = "created_at"
    inlines = [CheckoutLineInline]
    fieldsets = [
        (None, {"fields": [("status", "order_link"), ("created_at", "expires_at", "completed_at")]}),
        (
            _("Buyer"),
            {
                "fields": [
                    ("email", "full_name"),
                    ("phone", "language"),
                    ("document_type", "document_number"),
                    ("shipping_address", "billing_address"),
                ]
            },
        ),
        (_("Total"), {"fields": [("subtotal", "shipping_total"), ("total", "currency"), ("shipping_name",)]}),
    ]
    readonly_fields = ["order_link", "created_at", "full_name"]
    change_form_outer_after_template = "admin/story.html"

    def get_inlines(
        self, request: HttpRequest, obj: CheckoutSession | None
    ) -> list[type[InlineModelAdmin[Any, Any]]]:
        is_adjusted = obj is not None and obj.adjustments.exclude(kind=SHIPPING).exists()
        return [CheckoutLineInline, CheckoutAdjustmentInline] if is_adjusted else [CheckoutLineInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckoutSession]:
        return super().get_queryset(request).select_related("order", "shipping_address", "billing_address")

    @display(description=_("name"))
    def full_name(self, session: CheckoutSession) -> str:
        return session.full_name or "—"

    @display(description=_("status"), ordering="status", label=STATUS_TONES)
    def status_label(self, session: CheckoutSession) -> tuple[str, str]:
        return session.status, session.get_status_display()

    @display(description=_("total"), ordering="total")
    def amount(self, session: CheckoutSession) -> str:
        return money(session.total, session.currency)

    @display(description=_("order"))
    def order_link(self, session: CheckoutSession) -> str:
        return foreign("orders_order", getattr(session, "order", None))

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return the session's timeline."""
        return {"entries": timeline.tell(timeline.Subject(trail=key))}


class CartLineInline(HistoryInline[CartLine]):
    model = CartLine
    fields = ("variant", "quantity", "seen_price", "created_at")
    readonly_fields = fields
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CartLine]:
        return super().get_queryset(request).select_related("variant")


@admin.register(Cart)
class CartAdmin(HistoryAdmin[Cart]):
    """Carts, to be read."""

    list_display = ["updated_at", "owner", "number_of_lines", "units"]
    list_select_related = ["user"]
    search_fields = [
        "user__email",
        "user__profile__first_name",
        "user__profile__last_name",
        "lines__variant__sku",
    ]
    date_hierarchy = "updated_at"
    inlines = [CartLineInline]
    fields = ["user", "created_at", "updated_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cart]:
        return (
            super().get_queryset(request).annotate(number=Count("lines"), total_units=Sum("lines__quantity"))
        )

    @display(description=_("whose"), ordering="user__email")
    def owner(self, cart: Cart) -> str:
        return cart.user.email if cart.user else str(_("guest"))

    @display(description=_("lines"), ordering="number")
    def number_of_lines(self, cart: Any) -> int:
        return int(cart.number)

    @display(description=_("units"), ordering="total_units")
    def units(self, cart: Any) -> int:
        return int(cart.total_units or 0)
