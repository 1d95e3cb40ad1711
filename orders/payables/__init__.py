"""What payments may charge, and what becomes of it: the protocol between orders and payments.

Payments use a `Payable` row and the methods of its kind, nothing else: what is owed and by whom, until when, and what
happens when the money arrives. A new thing to be paid is a class with these methods (`protocol.PayableKind`) and a line
in `KINDS`; payments do not change.
"""

from typing import TYPE_CHECKING, Final

from orders.checkout.free import NotFree
from orders.checkout.placement import CannotFulfil
from orders.models import Payable
from orders.models.payables import Received
from orders.payables.checkout import CheckoutKind, bill_of, of_purchase
from orders.payables.exchanges import ExchangeKind
from orders.payables.installments import InstallmentsKind
from orders.payables.protocol import Bill, BillLine, Buyer, PayableKind, Priced, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shop.accounts.models import User

__all__ = [
    "KINDS",
    "Bill",
    "BillLine",
    "Buyer",
    "CannotFulfil",
    "NotFree",
    "PayableKind",
    "Priced",
    "Received",
    "State",
    "bill_of",
    "by_token",
    "kind_of",
    "of_purchase",
]

KINDS: Final[dict[str, PayableKind]] = {
    Payable.CHECKOUT: CheckoutKind(),
    Payable.INSTALLMENTS: InstallmentsKind(),
    Payable.EXCHANGE: ExchangeKind(),
}


def kind_of(payable: Payable) -> PayableKind:
    """Return the behaviour of a payable. Raises: KeyError: its kind is not known to this version."""
    return KINDS[payable.kind]


def by_token(token: str, user: "User | AnonymousUser") -> Payable | None:
    """Return the payable that this visitor's token opens; None: there is none, or it is somebody else's."""
    for kind in KINDS.values():
        payable = kind.by_token(token)
        if payable is not None:
            return payable if kind.visible_to(payable, user) else None
    return None
