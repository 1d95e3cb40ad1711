"""What the label of a parcel says about its leaving: it is being voided, or is not made yet."""

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
