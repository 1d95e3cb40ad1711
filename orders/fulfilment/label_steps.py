"""What a clerk does next about a label, in words: by its state, and by what became of having it voided."""

from django.utils.translation import gettext as _

from orders.models import LabelPurchase, LabelVoid, Shipment
from shop.core.money import display

Status = LabelPurchase.Status


def paid(purchase: LabelPurchase) -> str:
    """Return what a label cost, as far as it is known, for people; else ""."""
    sum_ = purchase.bought_cost if purchase.bought_cost is not None else purchase.quoted_cost
    return display(sum_, purchase.currency) if sum_ is not None else ""


def next_step(purchase: LabelPurchase) -> str:
    """Return what is to be done about a label (with its shipment and its void) as it stands."""
    match purchase.status:
        case Status.RESERVED:
            return _("It waits to be bought: the shop does it by itself. Buying it now buys the same one.")
        case Status.SENT:
            return _(
                "The carrier is being asked. Without an answer the shop asks in some minutes what became of it."
            )
        case Status.ACCEPTED:
            return _("The carrier is making it: the shop asks until it is there.")
        case Status.UNKNOWN:
            return _(
                "Nobody knows whether it was bought. Ask again, or look into the carrier's own pages and say what you "
                "found: no other label is bought before."
            )
        case Status.REFUSED:
            return _(
                "There is no such label, and nothing is paid for it. Mend what the carrier names, then buy it again."
            )
        case Status.CANCELLED:
            return _("It is not used any more. If its parcel is still to be sent, buy another one.")
    return _of_bought(purchase)


def _of_bought(purchase: LabelPurchase) -> str:
    void: LabelVoid | None = getattr(purchase, "void", None)
    state = void.status if void is not None else ""
    if purchase.shipment.status in Shipment.LEFT:
        return _("Its parcel has left with it: nothing is to be done.")
    if state == LabelVoid.Status.UNKNOWN:
        return _(
            "The carrier has not said whether it is cancelled: the shop asks on, and the parcel does not leave "
            "meanwhile."
        )
    if state in LabelVoid.OPEN:
        return _("The carrier is being asked to cancel it: the parcel does not leave meanwhile.")
    if state == LabelVoid.Status.REFUSED:
        return not_voided(purchase)
    if getattr(purchase, "lacks_file", False):
        return _("Its file is not here yet: the shop asks on. You can print it on the carrier's own pages.")
    return _("Print it, stick it on the parcel, and mark the shipment as sent.")


def not_voided(purchase: LabelPurchase, reason: str = "") -> str:
    """Return what a clerk does about a label that its carrier does not cancel, after the carrier's own words."""
    refused = _("The carrier does not cancel the label: %(reason)s.") % {"reason": reason.rstrip(".")}
    cost = paid(purchase)
    stays = _("The label stays paid: %(sum)s.") % {"sum": cost} if cost else _("The label stays paid.")
    if purchase.shipment.status == Shipment.Status.CANCELLED:
        todo = _(
            "Ask the carrier for the money back, then mark the shipment as settled; or cancel the label again."
        )
    else:
        todo = _("Send the parcel with it, or talk to the carrier and cancel it again.")
    return " ".join([*([refused] if reason else []), stays, todo])
