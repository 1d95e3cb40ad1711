"""The pages of a purchase order's verbs: order it, receive a delivery, give up the rest."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldBooleanWidget

from inventory import purchasing
from inventory.models import PurchaseOrder, PurchaseOrderLine
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.user_input.fields import MoneyField, MoneyInput, NumberInput, WholeField

MOST_UNITS = 1_000_000
COST = MoneyField(min_value=Decimal(0), required=False)
UNITS = WholeField(min_value=0, max_value=MOST_UNITS, required=False)


class ConfirmForm(VerbForm):
    """Nothing to fill in: only to confirm."""


class ReasonForm(VerbForm):
    """Why."""

    reason = forms.CharField(label=_("why"), max_length=300)


class DeliveryForm(VerbForm):
    """A delivery's reference and date; its lines arrive as `units-<line>` and `cost-<line>`."""

    delivery_note = forms.CharField(
        label=_("delivery note"),
        max_length=60,
        help_text=_("The number on the supplier's paper."),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    note = forms.CharField(label=_("note"), max_length=300, required=False)
    accept_over = forms.BooleanField(
        label=_("Accept more than was ordered"), required=False, widget=UnfoldBooleanWidget
    )


def _back(order: PurchaseOrder) -> str:
    return reverse("admin:inventory_purchaseorder_change", args=[order.pk])


def _not_open(error: purchasing.NotOpen) -> tuple[None, str]:
    return None, gettext("%(number)s is %(status)s already.") % {
        "number": error.order.number,
        "status": error.order.get_status_display(),
    }


def _shown_rows(order: PurchaseOrder) -> ShownRows:
    """Return the `ShownRows` of an order with its lines. It locks the order, as every change of the lines does."""
    of_order = columns(
        PurchaseOrder.objects.filter(pk=order.pk), "status", "supplier_id", "location_id", "expected_date"
    )
    of_lines = columns(
        PurchaseOrderLine.objects.filter(order_id=order.pk),
        "variant_id",
        "quantity",
        "unit_cost",
        "received",
        lock=lambda _keys: None,
    )
    return lambda is_acting: {**of_order(is_acting), **of_lines(is_acting)}


def _summary(order: PurchaseOrder) -> str:
    """Return how many units of how many lines are ordered, and how many of them have come."""
    lines = order.lines.all()
    ordered, received = sum(line.quantity for line in lines), sum(line.received for line in lines)
    words = gettext("Lines: %(lines)d. Units ordered: %(ordered)d, received: %(received)d.")
    return words % {"lines": len(lines), "ordered": ordered, "received": received}


def place_view(model_admin: AnyAdmin, request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    """Turn a draft into an order by `purchasing.place`."""
    form = ConfirmForm(request.POST or None)
    form.compare(f"purchase-place:{order.pk}", _shown_rows(order))
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="purchase-place",
            verb=lambda _data: purchasing.place(order_id=order.pk, actor=actor(request)),
            refusals={
                purchasing.NotOpen: _not_open,
                purchasing.NothingInIt: lambda _error: (None, gettext("The order has no lines yet.")),
            },
        )
    ):
        return done(
            request,
            gettext("%s is ordered. Print it or send it to the supplier.") % order.number,
            _back(order),
        )
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Order it?"),
        subtitle=f"{order.number} · {order.supplier}",
        button=gettext("Order it"),
        back=_back(order),
        lead="\n".join(
            [
                _summary(order),
                gettext("Its units count as on order from now on, and its lines no longer change."),
            ]
        ),
    )


def close_view(model_admin: AnyAdmin, request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    """Cancel what has not arrived by `purchasing.close`."""
    form = ReasonForm(request.POST or None)
    form.compare(f"purchase-close:{order.pk}", _shown_rows(order))
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="purchase-close",
            refusals={purchasing.NotOpen: _not_open},
            verb=lambda data: purchasing.close(
                order_id=order.pk, reason=data["reason"], actor=actor(request)
            ),
        )
    ):
        return done(request, gettext("Nothing more is expected of %s.") % order.number, _back(order))
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Give up what has not come?"),
        is_danger=True,
        subtitle=f"{order.number} · {order.supplier}",
        button=gettext("Give it up"),
        back=_back(order),
        lead=_summary(order),
    )


def receive_view(model_admin: AnyAdmin, request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    """Book a delivery by `purchasing.receive`; errors beside the field, typed figures kept."""
    lines = list(order.lines.select_related("variant__product"))
    form = DeliveryForm(request.POST or None)
    rows = [_row(line, request.POST if request.method == "POST" else None) for line in lines]
    if request.method == "POST" and form.is_valid():
        if any(entry["error"] for entry in rows):
            form.add_error(None, gettext("Look at the figures marked below."))
        elif _receive(request, form, order, rows):
            words = gettext("Delivery %(note)s of %(number)s is received.")
            return done(
                request,
                words % {"note": form.cleaned_data["delivery_note"], "number": order.number},
                _back(order),
            )
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Receive a delivery"),
        button=gettext("Receive"),
        back=_back(order),
        subtitle=f"{order.number} · {order.supplier} → {order.location}",
        extra={"rows": rows, "wide_template": "admin/inventory/purchaseorder/receive.html"},
    )


def _nothing_in_it(_error: Exception) -> tuple[None, str]:
    return None, gettext("Type how many units came of at least one line.")


def _note_taken(error: purchasing.DeliveryNoteTaken) -> tuple[str, str]:
    words = gettext("This delivery note was received by %(actor)s already.")
    return "delivery_note", words % {"actor": error.receipt.actor}


def _mark(rows: list[dict[str, Any]], over: Mapping[UUID, int], unclear: Mapping[UUID, bool]) -> None:
    """Add to each line its error: more units than ordered, a missing cost."""
    for entry in rows:
        entry["over"] = over.get(entry["line"].pk, 0)
        if entry["line"].pk in unclear:
            entry["asks_free"] = unclear[entry["line"].pk]
            entry["error"] = (
                gettext("Were these really free?")
                if entry["asks_free"]
                else gettext("What did one unit cost?")
            )


def _receive(
    request: HttpRequest, form: DeliveryForm, order: PurchaseOrder, rows: list[dict[str, Any]]
) -> bool:
    delivered = [
        purchasing.Delivered(entry["line"].pk, entry["quantity"], entry["cost"], is_free=entry["is_free"])
        for entry in rows
        if entry["quantity"]
    ]
    over: dict[UUID, int] = {}
    unclear: dict[UUID, bool] = {}

    def tell_over(error: purchasing.OverDelivery) -> tuple[str, str]:
        over.update(error.over)
        words = gettext(
            "More than was ordered came of %s. Tick this to receive it all, or send the rest back."
        )
        return "accept_over", words % ", ".join(error.skus)

    def tell_unclear(error: purchasing.CostUnclear) -> tuple[None, str]:
        unclear.update({key: key in error.free for key in error.lines})
        return None, gettext("Look at the costs marked below: the value of the stock is made of them.")

    ok = run_verb(
        request,
        form=form,
        scope="purchase-receive",
        verb=lambda data: purchasing.receive(
            order_id=order.pk, delivered=delivered, actor=actor(request), **data
        ),
        refusals={
            purchasing.NotOpen: _not_open,
            purchasing.OverDelivery: tell_over,
            purchasing.CostUnclear: tell_unclear,
            purchasing.NothingInIt: _nothing_in_it,
            purchasing.DeliveryNoteTaken: _note_taken,
        },
    )
    _mark(rows, over, unclear)
    return ok


def _row(line: PurchaseOrderLine, sent: Mapping[str, str] | None) -> dict[str, Any]:
    """Return a line with the typed text, its parsed figures and their errors."""
    known = "" if line.unit_cost is None else MoneyInput().format_value(line.unit_cost)
    units = sent.get(f"units-{line.pk}", "").strip() if sent is not None else numerals_of(line.outstanding)
    cost = sent.get(f"cost-{line.pk}", "").strip() if sent is not None else known
    entry = {
        "line": line,
        "units": units,
        "typed_cost": cost,
        "quantity": 0,
        "cost": None,
        "error": "",
        "over": 0,
        "is_free": sent is not None and f"free-{line.pk}" in sent,
        "asks_free": False,
    }
    for name, field, text in (("quantity", UNITS, units), ("cost", COST, cost)):
        try:
            entry[name] = field.clean(text)
        except ValidationError as error:
            entry["error"] = " ".join(error.messages)
    entry["quantity"] = entry["quantity"] or 0
    return entry


def numerals_of(units: int) -> str:
    """Return units as the field shows them; nothing for none."""
    return str(NumberInput().format_value(units)) if units else ""
