"""Why an act on an exchange was refused, in words for buyers, the staff and clients of the API."""

from collections.abc import Callable, Mapping
from typing import Final

from django.utils.translation import gettext as _

from inventory.reservations import InsufficientStock
from orders.exchanges.quoting import NothingChosen, NothingLeft, NotOffered, OnlyEven
from orders.exchanges.releasing import NoReason, NotPaid, NotReceived, NotTheirUnits, ReturnNotOpen
from orders.exchanges.replacing import VariantGone
from orders.exchanges.rows import NotOpen
from orders.reimbursements.owing import MoreThanPaid

_PLAIN: Final[Mapping[type[Exception], Callable[[], str]]] = {
    NothingChosen: lambda: _(
        "Choose what is sent instead of each unit: something else, as many as come back."
    ),
    NotOffered: lambda: _("This is not sold any more: choose another one."),
    OnlyEven: lambda: _("This exchange costs something, which cannot be paid here. Choose another one."),
    NothingLeft: lambda: _("What was paid for it has gone back already."),
    InsufficientStock: lambda: _("There are not as many units left: choose another one."),
    NotOpen: lambda: _("It has moved on meanwhile: look again."),
    MoreThanPaid: lambda: _("Some of the money has gone back otherwise."),
    ReturnNotOpen: lambda: _("Its return is not approved, or has ended."),
    NotReceived: lambda: _("Its return has not come yet: receive it first."),
    NotPaid: lambda: _("The buyer has not paid the difference."),
    VariantGone: lambda: _(
        "A new unit cannot be had any more. Ask the buyer: wait, another one, or their money."
    ),
    NotTheirUnits: lambda: _("Choose units of this exchange."),
    NoReason: lambda: _("Nothing is sent in advance without a reason, nor where the shop does not do so."),
}
REFUSALS: Final = tuple(_PLAIN)


def words(error: Exception) -> str:
    """Return why an act was refused, and what helps; `error` is one of `REFUSALS`."""
    return str(_PLAIN[type(error)]())
