"""What keeps a shipment from being prepared, packed or sent, in words for the staff."""

from typing import Final

from django.utils.translation import gettext as _

from orders.fulfilment import label_steps, leaving
from orders.fulfilment.holds import HeldBack, NothingToSend, UnitsGone
from orders.fulfilment.label_decisions import NotDecidable, NotVoided
from orders.fulfilment.labels import LabelRefused, NotConnected
from orders.fulfilment.leaving import LabelBeingVoided, LabelNotMade
from orders.fulfilment.packing import WrongItem
from orders.fulfilment.shipments import Claimed, MoreThanLeft, NotToBeSentAgain
from shop.core.states import IllegalTransition

REFUSALS: Final = (
    HeldBack,
    NothingToSend,
    UnitsGone,
    MoreThanLeft,
    NotToBeSentAgain,
    WrongItem,
    IllegalTransition,
    LabelRefused,
    LabelBeingVoided,
    LabelNotMade,
    NotDecidable,
)


def words(error: Exception) -> str:
    """Return why the act was refused, and what helps; `error` is one of `REFUSALS`."""
    match error:
        case HeldBack() | NothingToSend() | UnitsGone() | LabelBeingVoided():
            return leaving.words(error)
        case MoreThanLeft():
            left = ", ".join(f"{line.left} × {line.sku}" for line in error.lines)
            return _("Not so many are left to send: %(left)s.") % {"left": left or "0"}
        case Claimed():
            return _(
                "Claim %(number)s is about its units: the buyer has, or may get, others or money for them. Deny the "
                "claim to send them again, or put them back in stock."
            ) % {"number": error.number}
        case NotToBeSentAgain():
            return _("It did not come back, or its units were paid back or sent again since.")
        case WrongItem(why=WrongItem.Why.ENOUGH):
            return _("Enough: all units of %(name)s are packed already.") % {"name": error.name}
        case WrongItem(why=WrongItem.Why.OTHER):
            return _("Wrong item: %(code)s does not go into this parcel.") % {"code": error.code}
        case WrongItem():
            return _("Unknown code: %(code)s.") % {"code": error.code}
        case IllegalTransition() | NotDecidable():
            return _("Its state is another one by now: look again.")
    return _of_label(error)


def _of_label(error: Exception) -> str:
    match error:
        case NotConnected():
            return _("No connected carrier sells its label: type the tracking number.")
        case NotVoided():
            return label_steps.not_voided(error.purchase, error.reason)
        case LabelRefused():
            return _("The carrier refuses: %(reason)s") % {"reason": error.reason}
        case LabelNotMade():
            return _(
                "Its label is not made yet (%(state)s): wait for it, or say that the parcel leaves without it. A label "
                "that is made later is paid all the same."
            ) % {"state": error.label.get_status_display()}
    raise error
