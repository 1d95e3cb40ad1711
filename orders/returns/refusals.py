"""Why an act on a return was refused, in words for the staff and clients of the API."""

from typing import Final

from django.utils.translation import gettext as _

from orders.returns.asking import MoreThanSent, NeedsArea, NotReturnable, TermsChanged, WishNotOffered
from orders.returns.closing import Unfinished
from orders.returns.deciding import DecisionChanged, InExchange, LessIsLeft, NothingToDecide, ReasonMissing
from orders.returns.files import FileRefused
from orders.returns.inspecting import MoreThanReceived, NotForSale, NotThere, SentBack
from orders.returns.receiving import MoreCameThanSent, NothingCounted, SoldFrom, WrongParcel
from orders.returns.rows import NotOpen
from shop.core.states import IllegalTransition

REFUSALS: Final = (
    MoreThanSent,
    NeedsArea,
    NotReturnable,
    TermsChanged,
    WishNotOffered,
    Unfinished,
    DecisionChanged,
    InExchange,
    LessIsLeft,
    NothingToDecide,
    ReasonMissing,
    FileRefused,
    MoreThanReceived,
    NotForSale,
    NotThere,
    SentBack,
    MoreCameThanSent,
    NothingCounted,
    SoldFrom,
    WrongParcel,
    NotOpen,
    IllegalTransition,
)


def words(error: Exception) -> str:
    """Return why an act was refused, and what helps; `error` is one of `REFUSALS`."""
    if isinstance(error, FileRefused):
        return str(error)
    if isinstance(error, MoreThanReceived):
        return _("Units left to inspect: %(number)s.") % {"number": error.left}
    if isinstance(error, WrongParcel):
        return _("The next parcel of this return is number %(number)s.") % {"number": error.next}
    if isinstance(error, LessIsLeft) and error.sku:
        return _(
            "Of %(sku)s no more than %(number)s may still go back. Decide about so many; for the others, that nothing"
            " goes back, and why."
        ) % {"sku": error.sku, "number": error.left}
    return str(_PLAIN[type(error)]())


_PLAIN: Final = {
    MoreThanSent: lambda: _("Not as many units have arrived, or they are in another return already."),
    NeedsArea: lambda: _("Choose where it does not fit."),
    NotReturnable: lambda: _("It cannot come back: it was a final sale, or it is too late."),
    TermsChanged: lambda: _("What comes back is not what was shown any more: look again."),
    WishNotOffered: lambda: _("The shop does not offer this for a return: choose money."),
    Unfinished: lambda: _("Units that came are not inspected or decided about, or not paid back."),
    DecisionChanged: lambda: _("What goes back is not what was shown any more: look again."),
    InExchange: lambda: _("These units are exchanged: cancel the exchange first, then money may go back."),
    LessIsLeft: lambda: _("Less of the order may still go back: some went back otherwise. Decide again."),
    NothingToDecide: lambda: _("Choose units that nobody has decided about yet."),
    ReasonMissing: lambda: _("Say why: the buyer reads it."),
    NotForSale: lambda: _("Damaged units, and places nothing is sold from, are no stock."),
    NotThere: lambda: _("The units are not where they were put any more: sold, reserved or moved."),
    SentBack: lambda: _("These units were sent back to the buyer."),
    MoreCameThanSent: lambda: _("More units than were sent and have not come back yet: count again."),
    NothingCounted: lambda: _("Count at least one unit, or name what came instead."),
    SoldFrom: lambda: _("Returns wait at a place that nothing is sold from."),
    NotOpen: lambda: _("This return is not approved, or has ended."),
    IllegalTransition: lambda: _("Its state is another one by now: look again."),
}
