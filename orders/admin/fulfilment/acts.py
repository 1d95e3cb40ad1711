"""The acts on one shipment: which make sense in its state, the form each asks, and the verb it calls."""

from collections.abc import Callable, Collection
from typing import Any, Final

from django import forms
from django.conf import settings
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.admin.fulfilment import label_acts
from orders.admin.fulfilment.act_table import Act, ReasonForm
from orders.fulfilment import label_rows, leaving, packing, shipment_flags, shipments
from orders.fulfilment.refusals import REFUSALS, words
from orders.fulfilment.shipment_rows import locked_with_order
from orders.models import LabelPurchase, Order, Shipment
from shop.core.backoffice.act_fingerprint import ChangedMeanwhile, ShownRows, Shows, columns
from shop.core.backoffice.base import actor, require
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.user_input.lines import LineField

Status: Final = Shipment.Status


class AttentionForm(ReasonForm):
    """What is wrong, and whether the buyer gets the mail of a delay."""

    mails_buyer = forms.BooleanField(label=_("write to the buyer that it is late"), required=False)


class TrackingForm(VerbForm):
    """The carrier's number of a parcel, where there is one."""

    tracking_number = LineField(label=_("tracking number"), max_length=100, required=False)
    tracking_url = forms.URLField(
        label=_("tracking page"), max_length=500, required=False, assume_scheme="https"
    )


class ShipForm(TrackingForm):
    """The carrier's number; and that it leaves although its label is not made, asked where that is so."""

    without_label = forms.BooleanField(label=_("it leaves without this label"), required=False)

    def ask_about(self, shipment: Shipment) -> None:
        if leaving.label_not_made(shipment) is None:
            del self.fields["without_label"]


def _label_not_made(shipment: Shipment) -> str:
    label = leaving.label_not_made(shipment)
    return words(leaving.LabelNotMade(label)) if label else ""


def _is(*states: str) -> Callable[[Shipment], bool]:
    return lambda shipment: shipment.status in states


ACTS: Final = (
    label_acts.BUY,
    label_acts.ASK,
    label_acts.FOUND,
    label_acts.NOT_BOUGHT,
    Act(
        "ship",
        _("Mark as sent"),
        _("Mark this shipment as sent?"),
        _("It is marked as sent."),
        lambda one: one.status == Status.PENDING and not one.is_pickup,
        lambda one, data, by: shipments.ship(one, actor=by, **data),
        ShipForm,
        _("The buyer gets a mail, with the tracking number when there is one."),
        _label_not_made,
    ),
    Act(
        "ready",
        _("Ready to be fetched"),
        _("Tell the buyer that it can be fetched?"),
        _("The buyer is told that it can be fetched."),
        lambda one: (
            one.ready_for_pickup_at is None
            and (
                (one.status == Status.PENDING and one.is_pickup and one.packed_at is not None)
                or (one.status == Status.SHIPPED and one.kind == "branch")
            )
        ),
        lambda one, data, by: shipment_flags.ready_for_pickup(one, actor=by),
        lead=_("The buyer gets a mail."),
    ),
    Act(
        "hand-over",
        _("Hand over"),
        _("Has the buyer fetched it?"),
        _("It is handed over."),
        lambda one: one.status == Status.PENDING and one.is_pickup,
        lambda one, data, by: shipments.hand_over(one, actor=by),
        lead=_("It counts as sent and delivered. Ask for a document."),
    ),
    Act(
        "deliver",
        _("Mark as delivered"),
        _("Has it arrived?"),
        _("It is marked as delivered."),
        _is(Status.SHIPPED),
        lambda one, data, by: shipments.deliver(one, actor=by),
        lead=_("The buyer gets a mail, and the time for returns begins."),
    ),
    Act(
        "returned",
        _("It came back"),
        _("Has the parcel come back?"),
        _("It is noted that it came back."),
        _is(Status.SHIPPED, Status.DELIVERED),
        lambda one, data, by: shipments.mark_returned(one, actor=by, **data),
        ReasonForm,
        _("It needs attention then: send it again, or put its units back in stock and pay them back."),
    ),
    Act(
        "again",
        _("Send again"),
        _("Send its units again?"),
        _("A new shipment of its units is to be packed."),
        lambda one: one.status == Status.RETURNED and one.sent_again_at is None,
        lambda one, data, by: shipments.send_again(one, key=f"again:{one.pk}", actor=by),
        lead=_("A new shipment of the same units is made, to be packed."),
    ),
    Act(
        "pack",
        _("Packed without scanning"),
        _("Is everything in the parcel?"),
        _("It is marked as packed."),
        lambda one: one.status == Status.PENDING and one.packed_at is None,
        lambda one, data, by: packing.pack_all(one, actor=by),
        lead=_("Nothing is checked then: scanning finds the wrong item before the buyer does."),
    ),
    Act(
        "unpack",
        _("Pack again"),
        _("Begin the packing again?"),
        _("Its packing begins again."),
        lambda one: (
            one.status == Status.PENDING
            and (one.packed_at is not None or any(line.packed for line in one.lines.all()))
        ),
        lambda one, data, by: packing.unpack(one, actor=by),
    ),
    Act(
        "tracking",
        _("Tracking number"),
        _("Tracking number"),
        _("The tracking number is noted."),
        _is(Status.PENDING, Status.SHIPPED),
        lambda one, data, by: shipment_flags.note_label(one, actor=by, **data),
        TrackingForm,
    ),
    Act(
        "attention",
        _("Needs attention"),
        _("What is wrong with it?"),
        _("It is among the shipments that need attention now."),
        lambda one: one.is_open and one.attention_since is None,
        lambda one, data, by: shipment_flags.flag_attention(one, actor=by, **data),
        AttentionForm,
    ),
    Act(
        "settled",
        _("Settled"),
        _("Is it settled?"),
        _("It needs no attention any more."),
        lambda one: one.attention_since is not None,
        lambda one, data, by: shipment_flags.clear_attention(one, actor=by, **data),
        ReasonForm,
    ),
    label_acts.CANCEL,
    Act(
        "cancel",
        _("Cancel shipment"),
        _("Cancel this shipment?"),
        _("The shipment is cancelled: its units are to be sent again."),
        _is(Status.PENDING),
        lambda one, data, by: shipments.cancel(one, actor=by, **data),
        ReasonForm,
        _("Its units are to be sent again. The order itself is not cancelled."),
        is_danger=True,
    ),
)
BY_CODE: Final = {act.code: act for act in ACTS}


# Those that end what a parcel needs attention for. Whatever else it needs is on its page.
_ON_ATTENTION: Final = (
    "label",
    "label-ask",
    "label-found",
    "label-not-bought",
    "label-cancel",
    "deliver",
    "returned",
    "again",
    "settled",
)


def on_label(shipment: Shipment) -> list[Act]:
    """Return the acts on a shipment's label, and the one that says that it is settled."""
    return [act for act in on_attention(shipment) if act.code == "settled" or act.code.startswith("label")]


def _page_of_label(shipment: Shipment) -> str:
    newest = shipment.labels.order_by("-attempt").values_list("pk", flat=True).first()
    if newest is None:
        return reverse("admin:orders_shipment_change", args=[shipment.pk])
    return reverse("admin:orders_labelpurchase_change", args=[newest])


# Where an act leads back to, by the word in its address; else to the page of the order.
_BACK: Final[dict[str, Callable[[Shipment], str]]] = {
    "shipment": lambda one: reverse("admin:orders_shipment_change", args=[one.pk]),
    "attention": lambda one: reverse("admin:orders_shipment_queues") + "?queue=exception",
    "label": _page_of_label,
}


def offered(shipment: Shipment) -> list[Act]:
    """Return the acts that make sense now, the likeliest first."""
    return [act for act in ACTS if act.is_offered(shipment)]


def on_attention(shipment: Shipment) -> list[Act]:
    """Return the acts that may end what a shipment needs attention for."""
    return [act for act in offered(shipment) if act.code in _ON_ATTENTION]


def act_page(model_admin: AnyAdmin, request: HttpRequest, shipment: Shipment, act: Act) -> HttpResponse:
    """Ask for what an act needs, then do it once and return to where it was chosen (`from` in the address)."""
    require(request, "orders.change_shipment")
    initial = {"tracking_number": shipment.tracking_number, "tracking_url": shipment.tracking_url}
    form = act.form(request.POST or None, initial=initial)
    if isinstance(form, ShipForm):
        form.ask_about(shipment)
    form.compare(
        f"shipment-{act.code}:{shipment.pk}", _shown_rows(shipment), now=lambda: _current_state(shipment)
    )
    to_order = reverse("admin:orders_order_change", args=[shipment.order_id])
    chosen = _BACK.get(request.GET.get("from", ""))
    if request.method == "POST" and form.is_valid() and _is_done(request, shipment, act, form):
        return done(request, f"{shipment.number}: {act.done}", chosen(shipment) if chosen else to_order)
    return form_page(
        request,
        model_admin,
        form,
        title=str(act.title),
        subtitle=f"{shipment.number} · {shipment.order.full_name}",
        button=str(act.button),
        back=chosen(shipment) if chosen else to_order,
        lead="\n".join(filter(None, (act.facts(shipment), str(act.lead)))),
        is_danger=act.is_danger,
    )


def _is_done(request: HttpRequest, shipment: Shipment, act: Act, form: VerbForm) -> bool:
    """Call the act's verb; False: the form says why it was not done."""
    by = actor(request)
    if not act.calls_outside:
        return run_verb(
            request,
            form=form,
            scope=f"shipment-{act.code}",
            refusals=dict.fromkeys(REFUSALS, lambda error: (None, words(error))),
            verb=lambda data: act.verb(shipment, data, by),
        )
    try:
        with transaction.atomic():
            form.demand_as_shown()
        act.verb(shipment, _data_of(form), by)
    except ChangedMeanwhile:
        form.show_anew()
    except REFUSALS as error:
        form.add_error(None, words(error))
    else:
        return True
    return False


def _shown_rows(shipment: Shipment) -> ShownRows:
    """Return the `ShownRows` of a shipment with its labels. It locks the order, then the shipment, as its verbs do."""
    own = columns(
        Shipment.objects.filter(pk=shipment.pk),
        "status",
        "packed_at",
        "tracking_number",
        "tracking_url",
        "attention_reason",
        lock=lambda _keys: locked_with_order(shipment),
    )
    bought = columns(
        LabelPurchase.objects.filter(shipment=shipment.pk), "status", "external_id", lock=lambda _keys: None
    )
    return lambda is_acting: {**own(is_acting), **bought(is_acting)}


def _current_state(shipment: Shipment) -> str:
    """Return in words how a shipment is now."""
    fresh = Shipment.objects.get(pk=shipment.pk)
    parts = (fresh.get_status_display(), fresh.tracking_number, fresh.attention_reason)
    return " · ".join(part for part in parts if part)


def _data_of(form: VerbForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name not in {"token", Shows.FIELD}}


def read_labels(shown: Collection[Shipment]) -> None:
    """Read of listed shipments what their acts ask: their live labels and their methods, a query each."""
    if settings.SHIPPING_CARRIERS:
        live = label_rows.live_of(shown)
        prefetch_related_objects(list(shown), "method")
        for one in shown:
            one.__dict__["live_label"] = live.get(one.pk)


def with_acts(order: Order, shown: list[Shipment]) -> list[tuple[Shipment, list[Act]]]:
    """Return shipments of an order's page, each with its acts."""
    for one in shown:
        one.order = order
    read_labels(shown)
    return [(one, offered(one)) for one in shown]
