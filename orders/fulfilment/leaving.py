"""Whether a parcel may leave by what its label says (it is being voided, or not made yet); why not, in words."""

from django.utils.translation import gettext

from orders.fulfilment.holds import HeldBack, NothingToSend, UnitsGone
from orders.models import LabelPurchase, LabelVoid, Shipment


class LabelBeingVoided(Exception):
    """Its label is being voided at the carrier: nobody knows yet whether it counts. Trying again later helps."""


class LabelNotMade(Exception):
    """Its label is being bought and is not there; `label` is the purchase. To wait helps, or to say: without it."""

    def __init__(self, label: LabelPurchase) -> None:
        super().__init__(label.status)
        self.label = label


def label_not_made(shipment: Shipment) -> LabelPurchase | None:
    """Return the label of a shipment that is being bought and is not there, or None."""
    waits = set(LabelPurchase.LIVE) - {LabelPurchase.Status.BOUGHT}
    return LabelPurchase.objects.filter(shipment=shipment, status__in=waits).defer("pdf", "raw").first()


def demand_label_decided(shipment: Shipment, *, without_label: bool) -> None:
    """Require of a locked shipment that nothing is open about its label; `without_label`: its making may be.

    Raises: LabelBeingVoided, LabelNotMade.
    """
    if LabelVoid.objects.filter(purchase__shipment=shipment, status__in=LabelVoid.OPEN).exists():
        raise LabelBeingVoided(shipment.number)
    if not without_label and (label := label_not_made(shipment)):
        raise LabelNotMade(label)


def words(error: HeldBack | NothingToSend | UnitsGone | LabelBeingVoided) -> str:
    """Return why a shipment may not leave, and what helps, for the staff."""
    match error:
        case HeldBack():
            return gettext("Held: %(reason)s") % {"reason": "; ".join(hold.reason for hold in error.holds)}
        case NothingToSend():
            return gettext("Nothing of it is to be sent: %(state)s.") % {"state": error.state.label}
        case UnitsGone():
            skus = ", ".join(line.sku for line in error.lines)
            return gettext(
                "Units were refunded or went back to stock since it was prepared (%(skus)s). Cancel this shipment and "
                "prepare what is left."
            ) % {"skus": skus}
        case LabelBeingVoided():
            return gettext(
                "Its label is being voided at the carrier: wait for the answer, or prepare it anew."
            )
