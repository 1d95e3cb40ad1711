"""The acts on the label of a shipment: buy it, ask the carrier again, decide what nobody knows, have it cancelled."""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from orders.admin.fulfilment.act_table import Act, ReasonForm
from orders.fulfilment import label_costs, label_decisions, label_rows, labels
from orders.fulfilment.label_decisions import NotDecidable
from orders.fulfilment.label_requests import carrier_of
from orders.fulfilment.labels import LabelRefused
from orders.models import LabelPurchase, LabelVoid, Shipment
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.user_input.lines import LineField


class NumberForm(VerbForm):
    """The tracking number that a person found at the carrier."""

    number = LineField(label=_("tracking number"), max_length=60)


def label_of(shipment: Shipment) -> LabelPurchase | None:
    """Return a shipment's live label, asked once for all its acts; none where the shop asks no carrier."""
    known = shipment.__dict__
    if "live_label" not in known:
        known["live_label"] = label_rows.live(shipment) if settings.SHIPPING_CARRIERS else None
    found: LabelPurchase | None = known["live_label"]
    return found


def _buy(shipment: Shipment, data: dict[str, Any], by: str) -> object:
    purchase = labels.buy(shipment, actor=by)
    if purchase.status == purchase.Status.REFUSED:
        raise LabelRefused(purchase.detail)
    return purchase


def _needs_label(shipment: Shipment) -> bool:
    if not settings.SHIPPING_CARRIERS or shipment.status != Shipment.Status.PENDING:
        return False
    if not carrier_of(shipment):
        return False
    there = label_of(shipment)
    return there is None or there.status == there.Status.RESERVED


def _is_unknown(shipment: Shipment) -> bool:
    there = label_of(shipment) if shipment.is_open else None
    return there is not None and there.status == there.Status.UNKNOWN


def _may_be_asked(shipment: Shipment) -> bool:
    there = label_of(shipment)
    return there is not None and label_decisions.may_be_asked(there)


def _may_be_voided(shipment: Shipment) -> bool:
    """Say whether its label is bought and not being voided; also that of a cancelled one, which was refused before."""
    there = label_of(shipment) if shipment.status not in Shipment.LEFT else None
    if there is None or there.status != there.Status.BOUGHT:
        return False
    void: LabelVoid | None = getattr(there, "void", None)
    return void is None or void.status not in LabelVoid.OPEN


def _on_label(verb: Callable[..., object]) -> Callable[[Shipment, dict[str, Any], str], object]:
    def act(shipment: Shipment, data: dict[str, Any], by: str) -> object:
        there = label_of(shipment)
        if there is None:
            raise NotDecidable("no label")
        return verb(there, actor=by, **data)

    return act


BUY: Final = Act(
    "label",
    _("Buy the label"),
    _("Buy the label at the carrier?"),
    _("The carrier was asked for the label."),
    _needs_label,
    _buy,
    lead=_("It is bought once, however often this is pressed."),
    facts=label_costs.words,
    calls_outside=True,
)
ASK: Final = Act(
    "label-ask",
    _("Ask the carrier again"),
    _("Ask the carrier what became of the label?"),
    _("The carrier was asked. What it answered stands with the label."),
    _may_be_asked,
    _on_label(label_decisions.ask),
    lead=_("The shop asks by itself, too, less and less often. Asking buys nothing."),
    calls_outside=True,
)
FOUND: Final = Act(
    "label-found",
    _("The label was bought"),
    _("Under which number did you find it at the carrier?"),
    _("The number is noted, and the label counts as bought."),
    _is_unknown,
    _on_label(label_decisions.decide_bought),
    NumberForm,
    _("No answer came when it was bought. Look into the carrier's own pages before you decide."),
)
NOT_BOUGHT: Final = Act(
    "label-not-bought",
    _("The label was not bought"),
    _("Is it certain that the carrier has no such label?"),
    _("It is noted that there is no label: another one may be bought."),
    _is_unknown,
    _on_label(label_decisions.decide_not_bought),
    ReasonForm,
    _("No answer came when it was bought. Another one may be bought then: if you are wrong, two are paid."),
    is_danger=True,
)
CANCEL: Final = Act(
    "label-cancel",
    _("Cancel the label"),
    _("Cancel the label at the carrier?"),
    _("The carrier was asked to cancel the label."),
    _may_be_voided,
    _on_label(label_decisions.cancel),
    ReasonForm,
    _("What comes back of its price is up to the carrier. One that cannot cancel lets it run out unused."),
    is_danger=True,
    calls_outside=True,
)
