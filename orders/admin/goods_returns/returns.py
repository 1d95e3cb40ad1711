"""Returns in the back office: the list with its queues, and the page of each with its story and next acts."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from orders.admin.goods_returns import acts, counting, opening
from orders.models import Exchange, Inspection, Return, ReturnFile, ReturnLine
from orders.returns import deciding, states, units
from orders.views.returns import serve
from shop.core.audit import timeline
from shop.core.backoffice.base import HistoryAdmin, foreign, require, row
from shop.core.backoffice.reason_columns import reason_column

TONES = {
    "requested": "warning",
    "approved": "info",
    "received": "info",
    "refunded": "success",
    "rejected": "default",
}


class QueueFilter(admin.SimpleListFilter):
    """What is to be done next."""

    title = _("to do")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(queue.value, words) for queue, words in states.QUEUE_WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Return]) -> QuerySet[Return]:
        value = self.value()
        return states.in_queue(queryset, value) if value else queryset


class StateFilter(admin.SimpleListFilter):
    """The state as clients read it."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, words) for state, words in states.WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Return)
class ReturnAdmin(HistoryAdmin[Return]):
    """Returns are made and moved by their verbs only."""

    list_display = ["number_label", "state_label", "order_link", "status", "origin", "created_at", "send_by"]
    list_display_links = ["number_label"]
    list_filter = [QueueFilter, StateFilter, ("status", ChoicesDropdownFilter), "origin", "is_gift"]
    list_select_related = ["order"]
    search_fields = ["order__number", "tracking_number", "order__email", "order__last_name", "email"]
    date_hierarchy = "created_at"
    command_icon = "assignment_return"
    fields = [
        ("order_link", "status", "origin"),
        ("payer", "way", "is_gift"),
        ("carrier", "tracking_number", "drop_off_code"),
        ("created_at", "approved_at", "send_by"),
        ("sent_at", "ended_at", "ended_for"),
        ("note", "instructions"),
    ]
    readonly_fields = ["order_link", "created_at", "ended_for"]
    ended_for = reason_column("end_reason", _("reason"))
    change_form_outer_before_template = "admin/orders/return/story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Return]:
        return states.with_state(super().get_queryset(request).select_related("order"))

    @display(description=_("return of goods"), ordering="order__number")
    def number_label(self, rma: Return) -> str:
        return rma.number

    @display(description=_("state"), label=TONES)
    def state_label(self, rma: Any) -> tuple[str, str]:
        return rma.state, states.words_of(rma)

    @display(description=_("order"), ordering="order__number")
    def order_link(self, rma: Return) -> str:
        return foreign("orders_order", rma.order)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("of-order/<uuid:key>/", wrap(self.open_view), name="orders_return_open"),
            path("<uuid:key>/exchange/", wrap(self.exchange_view), name="orders_return_exchange"),
            path("<uuid:key>/receive/", wrap(self.receive_view), name="orders_return_receive"),
            path("<uuid:key>/decide/", wrap(self.decide_view), name="orders_return_decide"),
            path("<uuid:key>/inspect/<uuid:line>/", wrap(self.inspect_view), name="orders_return_inspect"),
            path(
                "<uuid:key>/change/<uuid:inspection>/",
                wrap(self.change_disposition),
                name="orders_return_move",
            ),
            path("<uuid:key>/file/<uuid:file>/", wrap(self.file_view), name="orders_return_file"),
            path("<uuid:key>/act/<slug:code>/", wrap(self.act_view), name="orders_return_act"),
        ]
        return [*own, *super().get_urls()]

    def open_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Take up a return of an order for its buyer."""
        return opening.open_page(self, request, key)

    def exchange_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Send something else instead of units of a return."""
        return opening.exchange_page(self, request, self._return(key))

    def receive_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Count a parcel."""
        return counting.receive_page(self, request, self._return(key))

    def decide_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Decide what goes back."""
        return counting.decide_page(self, request, self._return(key))

    def inspect_view(self, request: HttpRequest, key: UUID, line: UUID) -> HttpResponse:
        """Inspect units of a line."""
        return counting.inspect_page(self, request, self._return(key), line)

    def change_disposition(self, request: HttpRequest, key: UUID, inspection: UUID) -> HttpResponse:
        """Change what became of inspected units."""
        return counting.change_page(self, request, self._return(key), inspection)

    def file_view(self, request: HttpRequest, key: UUID, file: UUID) -> HttpResponse:
        """Send a photo or label."""
        require(request, "orders.view_return")
        return serve(self._return(key), file)

    def act_view(self, request: HttpRequest, key: UUID, code: str) -> HttpResponse:
        """Do one act on a return."""
        if code not in acts.BY_CODE:
            raise Http404
        return acts.act_page(self, request, self._return(key), acts.BY_CODE[code])

    def _return(self, key: UUID) -> Return:
        return row(Return.objects.select_related("order"), key)

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return a return's lines, its acts and the timeline of its order."""
        found = states.with_state(Return.objects.select_related("order").filter(pk=key)).first()
        return _page(request, found) if found else {}


def _page(request: HttpRequest, rma: Any) -> dict[str, Any]:
    lines = list(units.lines().filter(rma=rma).select_related("order_line", "reason"))
    inspections = Inspection.objects.filter(line__rma=rma).select_related(
        "line__order_line", "found", "location"
    )
    exchanges = rma.exchanges.select_related("order").prefetch_related("units__replaced").order_by("ordinal")
    is_open = rma.status == Return.Status.APPROVED
    may = request.user.has_perm
    return {
        **_shown(rma, lines, list(exchanges)),
        "rma": rma,
        "state": states.words_of(rma),
        "lines": lines,
        "inspections": list(inspections),
        "receipts": list(rma.receipts.select_related("location")),
        "decisions": list(rma.decisions.select_related("reimbursement")),
        "files": list(ReturnFile.objects.filter(rma=rma, purged_at=None).defer("content")),
        "acts": acts.offered(request, rma),
        "may_receive": is_open and may(acts.RECEIVE),
        "may_inspect": is_open and may(acts.INSPECT),
        "to_inspect": [line for line in lines if is_open and line.received > line.inspected],
        "may_move": may(acts.INSPECT),
        "may_exchange": may(opening.EXCHANGE) and opening.may_exchange(rma, lines),
        "may_decide": is_open and may(acts.DECIDE) and any(deciding.open_units(rma).values()),
        "subtitle": rma.number,
        "entries": timeline.tell(timeline.Subject(trail=rma.trail, order_id=rma.order_id)),
    }


def _shown(rma: Return, lines: list[ReturnLine], exchanges: list[Exchange]) -> dict[str, Any]:
    """Return what the page says of what the buyer was shown: money, an exchange, or both.

    `terms` has the money of the lines that asked for money: of a return that was all exchange it is zero, which nobody
    was shown, also when the exchange has ended since and the lines bring money.
    """
    is_all_exchange = bool(exchanges) and not Decimal(rma.terms.get("total") or 0)
    is_asked = any(line.wish == ReturnLine.Wish.EXCHANGE for line in lines)
    return {
        "exchanges": exchanges,
        "asked_exchange": exchanges[0] if exchanges and (is_all_exchange or is_asked) else None,
        "brings_money": not is_all_exchange,
    }
