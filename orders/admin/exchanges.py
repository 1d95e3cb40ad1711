"""Exchanges in the back office: what is open first, and the acts that make sense, each a form of its own."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from inventory.reservations import InsufficientStock
from orders.admin.claim_acts import PAY
from orders.exchanges import ending, refusals, releasing, rows
from orders.models import Exchange, Replacement
from shop.core.audit import timeline
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, require, row
from shop.core.backoffice.reason_columns import reason_column
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.money import display as money

Refusals = Mapping[type[Exception], Callable[[Any], tuple[str | None, str]]]
_SOLD_OUT: Final = _("A new unit cannot be had any more. Ask the buyer: wait, another one, or their money.")
_NOTHING_SENT: Final = _(
    "Nothing is left of what was paid for this order, so nothing is sent for it: the exchange is cancelled, its units "
    "may be sold again, and the buyer is told."
)
_REFUSALS: Final[Refusals] = {
    **dict.fromkeys(refusals.REFUSALS, lambda error: (None, refusals.words(error))),
    InsufficientStock: lambda error: (None, str(_SOLD_OUT)),
}


class ReasonForm(VerbForm):
    """Why; the buyer reads it where something ends."""

    reason = forms.CharField(label=_("reason"), max_length=300, required=False)


@admin.register(Exchange)
class ExchangeAdmin(HistoryAdmin[Exchange]):
    """Exchanges with their return, their difference and what they wait for."""

    list_display = ["number_label", "status_label", "order_link", "return_link", "difference", "created_at"]
    list_filter = [("status", ChoicesDropdownFilter)]
    search_fields = ["order__number", "order__email", "units__sku"]
    date_hierarchy = "created_at"
    fields = [
        ("status", "difference"),
        ("order_link", "return_link"),
        ("reserved_until", "released_at"),
        ("attention_since", "attention"),
        ("ended_at", "end", "ended_for"),
        ("reimbursement", "short"),
    ]
    readonly_fields = ["order_link", "return_link", "difference", "short", "attention", "ended_for"]
    change_form_outer_before_template = "admin/orders/exchange/story.html"
    actions_detail = ["release_exchange", "release_early", "cancel_exchange"]
    attention = reason_column("attention_reason", _("why it needs attention"))
    ended_for = reason_column("end_reason", _("reason"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exchange]:
        return super().get_queryset(request).select_related("order", "rma__order", "reimbursement")

    @display(description=_("number"), ordering="created_at")
    def number_label(self, one: Exchange) -> str:
        return one.number

    @display(
        description=_("status"),
        ordering="status",
        label={
            "requested": "warning",
            "attention": "danger",
            "released": "success",
            "cancelled": "default",
        },
    )
    def status_label(self, one: Exchange) -> tuple[str, str]:
        if one.attention_since:
            return "attention", gettext("Needs attention")
        return one.status, one.get_status_display()

    @display(description=_("order"))
    def order_link(self, one: Exchange) -> str:
        return foreign("orders_order", one.order)

    @display(description=_("return of goods"))
    def return_link(self, one: Exchange) -> str:
        return foreign("orders_return", one.rma)

    @display(description=_("difference"), ordering="settlement")
    def difference(self, one: Exchange) -> str:
        return money(one.settlement, one.order.currency)

    @display(description=_("not paid back"))
    def short(self, one: Exchange) -> str:
        """Show what did not go back, since no more was left of what was paid for the order."""
        return money(one.not_paid_back, one.order.currency) if one.not_paid_back else "—"

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return an exchange with its units and the timeline of its order."""
        rows = self.get_queryset(request).select_related("order", "rma__order", "charge")
        found = rows.filter(pk=key).first()
        if found is None:
            return {}
        return {
            "exchange": found,
            "units": list(found.units.select_related("replaced")),
            "entries": timeline.tell(timeline.Subject(found.trail, found.order_id)),
        }

    def makes_sense(self, act: str, one: Exchange) -> bool:
        return one.is_open and (act != "advance" or settings.EXCHANGE_ADVANCE)

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.change_exchange"))

    @action(description=_("Release the exchange"), url_path="release", icon="check", permissions=["act"])
    def release_exchange(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have the new units packed; what is to go back goes back."""
        one = self._to_release(request, object_id)
        return self._act(
            request,
            one,
            gettext("Release the exchange"),
            _words_of_release(one),
            lambda data: releasing.release(one, actor=actor(request), reason=data["reason"]),
            lead=_NOTHING_SENT if releasing.sends_nothing(one) else "",
        )

    @action(description=_("Send in advance"), url_path="advance", icon="bolt", permissions=["act"])
    def release_early(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have the new units packed before the return has come, with a reason."""
        one = self._to_release(request, object_id)
        return self._act(
            request,
            one,
            gettext("Send in advance"),
            _words_of_release(one),
            lambda data: releasing.release(one, actor=actor(request), reason=data["reason"], is_advance=True),
            lead=_NOTHING_SENT if releasing.sends_nothing(one) else "",
        )

    @action(description=_("Cancel the exchange"), url_path="cancel", icon="close", permissions=["act"])
    def cancel_exchange(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancel it: its return goes on for money."""
        one = self._one(object_id)
        return self._act(
            request,
            one,
            gettext("Cancel the exchange"),
            gettext("The exchange is cancelled: its return goes on for money."),
            lambda data: ending.cancel(
                one, end=Exchange.End.STAFF, actor=actor(request), reason=data["reason"]
            ),
        )

    def _to_release(self, request: HttpRequest, object_id: str) -> Exchange:
        """Return an exchange to release: what gives money back asks for the permission of refunds besides."""
        one = self._one(object_id)
        if releasing.money_back(one):
            require(request, PAY)
        return one

    def _one(self, object_id: str) -> Exchange:
        return row(Exchange.objects.select_related("order", "rma"), object_id)

    def _act(
        self,
        request: HttpRequest,
        one: Exchange,
        title: str,
        done_words: str,
        verb: Callable[[dict[str, Any]], object],
        lead: object = "",
    ) -> HttpResponse:
        form = ReasonForm(request.POST or None)
        return act_form(
            request,
            self,
            form,
            one,
            title=title,
            done_words=done_words,
            verb=verb,
            page="orders_exchange",
            lead=str(lead),
        )


def act_form(
    request: HttpRequest,
    model_admin: HistoryAdmin[Any],
    form: VerbForm,
    one: Exchange,
    *,
    title: str,
    done_words: str,
    verb: Callable[[dict[str, Any]], object],
    page: str,
    lead: str = "",
) -> HttpResponse:
    """Show the form of an act, or do it once and return to the row's page."""
    form.compare(f"{page}-{type(form).__name__}:{one.pk}", _shown_rows(one), now=lambda: _current_state(one))
    back = reverse(f"admin:{page}_change", args=[one.pk])
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(request, form=form, scope=page, refusals=_REFUSALS, verb=verb)
    ):
        return done(request, f"{one.number}: {done_words}", back)
    return form_page(
        request, model_admin, form, title=title, subtitle=one.number, button=title, back=back, lead=lead
    )


def _words_of_release(one: Exchange) -> str:
    """Return what releasing it now does, in words."""
    if releasing.sends_nothing(one):
        return gettext("Nothing is sent: what was paid for the order has gone back.")
    return gettext("The new units are to be packed.")


def _shown_rows(one: Exchange) -> ShownRows:
    """Return the `ShownRows` of an exchange. It locks it as its verbs do."""
    own = columns(
        Exchange.objects.filter(pk=one.pk),
        "status",
        "settlement",
        "attention_reason",
        lock=lambda _keys: rows.locked(one),
    )
    units = columns(
        Replacement.objects.filter(exchange=one.pk), "variant_id", "dropped_at", lock=lambda _keys: None
    )
    return lambda is_acting: {**own(is_acting), **units(is_acting)}


def _current_state(one: Exchange) -> str:
    """Return in words how it is now."""
    return type(one).objects.get(pk=one.pk).get_status_display()
