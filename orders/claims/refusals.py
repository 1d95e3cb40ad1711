"""Why an act on a claim was refused, in words for the staff and clients of the API."""

from typing import Final

from django.utils.translation import gettext as _

from inventory.reservations import InsufficientStock
from orders.claims.approving import AnswerChanged, CannotComeBack, NothingDecided, TooMuch
from orders.claims.opening import AnswerMissing, ComingBack, MoreThanSent, TooLate
from orders.claims.resolving import MoreThanPaid
from orders.claims.rows import NotOpen
from orders.exchanges.quoting import NothingChosen, NothingLeft
from orders.exchanges.replacing import VariantGone
from orders.returns.files import FileRefused
from shop.core.states import IllegalTransition

REFUSALS: Final = (
    AnswerChanged,
    AnswerMissing,
    CannotComeBack,
    ComingBack,
    FileRefused,
    IllegalTransition,
    InsufficientStock,
    MoreThanPaid,
    MoreThanSent,
    NotOpen,
    NothingChosen,
    NothingDecided,
    NothingLeft,
    TooLate,
    TooMuch,
    VariantGone,
)


def words(error: Exception) -> str:
    """Return why an act was refused, and what helps; `error` is one of `REFUSALS`."""
    if isinstance(error, FileRefused):
        return str(error)
    return str(_PLAIN[type(error)]())


def _sold_out() -> str:
    return _("A new unit cannot be had any more. Ask the buyer: wait, another one, or their money.")


_PLAIN: Final = {
    AnswerChanged: lambda: _("What the buyer would get is not what was shown any more: look again."),
    AnswerMissing: lambda: _("Say why: the buyer reads it."),
    CannotComeBack: lambda: _("These units cannot be asked back."),
    ComingBack: lambda: _(
        "These units are in a return or an exchange already: say there what is wrong with them, or cancel it first."
    ),
    IllegalTransition: lambda: _("Its state is another one by now: look again."),
    InsufficientStock: _sold_out,
    MoreThanPaid: lambda: _("Some of the money has gone back otherwise."),
    MoreThanSent: lambda: _("Not as many units were sent, or they are in another claim already."),
    NotOpen: lambda: _("It has moved on meanwhile: look again."),
    NothingChosen: _sold_out,
    NothingDecided: lambda: _(
        "Give new units, money, or a part of the price: no more units than were claimed."
    ),
    NothingLeft: lambda: _("What was paid for it has gone back already."),
    TooLate: lambda: _("The days to claim it are over. Write to the shop if something is wrong."),
    TooMuch: lambda: _("More than is left of what was paid for these units, or for the order."),
    VariantGone: _sold_out,
}
