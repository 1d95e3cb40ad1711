"""The acts of fulfilment on the page of an order: prepare what is left, pack, buy the label, send, deliver."""

from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from orders.admin.fulfilment import label_acts
from orders.admin.order_acts import Act, Facts, Rank, contribute, page_of
from orders.models import Shipment

Status = Shipment.Status


def _first(facts: Facts, fits: Callable[[Shipment], bool]) -> Shipment | None:
    """Return the first shipment that fits; while the order is held, or its money has gone, none is packed or sent."""
    return next((one for one in facts.shipments if fits(one)), None)


def _may_leave(facts: Facts) -> bool:
    return facts.is_confirmed and not facts.holds and not facts.order.is_off


def _of_shipment(
    code: str, label: StrOrPromise, rank: Rank, fits: Callable[[Shipment], bool], *, leaves: bool = True
) -> None:
    """Contribute an act on the first shipment that fits; `leaves`: only while nothing keeps the order back."""

    def address(facts: Facts) -> str:
        one = _first(facts, fits)
        if one is None:
            return ""
        if code == "pack":
            return reverse("admin:orders_shipment_pack", args=[one.pk])
        return reverse("admin:orders_shipment_act", args=[one.pk, code])

    contribute(
        Act(
            code=code,
            label=label,
            rank=rank,
            permissions=("orders.change_shipment",),
            makes_sense=lambda facts: not leaves or _may_leave(facts),
            address=address,
        )
    )


contribute(
    Act(
        code="prepare",
        label=_("Prepare a shipment"),
        rank=Rank.PREPARE,
        permissions=("orders.add_shipment",),
        makes_sense=lambda facts: facts.may_be_sent,
        address=page_of("prepare"),
    )
)
_of_shipment("pack", _("Pack"), Rank.PACK, lambda one: one.status == Status.PENDING and one.packed_at is None)
_of_shipment(
    "label",
    _("Buy the label"),
    Rank.LABEL,
    lambda one: one.packed_at is not None and label_acts.BUY.is_offered(one),
)
_of_shipment(
    "ship",
    _("Mark as sent"),
    Rank.SEND,
    lambda one: one.status == Status.PENDING and one.packed_at is not None and not one.is_pickup,
)
_of_shipment(
    "hand-over",
    _("Hand over"),
    Rank.SEND,
    lambda one: one.status == Status.PENDING and one.packed_at is not None and one.is_pickup,
)
_of_shipment(
    "deliver",
    _("Mark as delivered"),
    Rank.DELIVER,
    lambda one: one.status == Status.SHIPPED,
    leaves=False,
)
