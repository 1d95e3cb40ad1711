"""What the verbs refuse: each leaves everything as it was."""

from typing import Final

from inventory.ledger import InsufficientOnHand, MoreThanSold
from inventory.reservations import InsufficientStock
from orders.cancellation.cancelling import Changed
from orders.cancellation.quotes import CannotCancel, WrongUnits
from orders.claims import approving, opening, rows
from orders.exchanges import quoting, releasing, replacing
from orders.exchanges.rows import NotOpen as ExchangeNotOpen
from orders.fulfilment import holds, shipments
from orders.payables import CannotFulfil
from orders.reimbursements.left import SentUnclear, TooMany
from orders.reimbursements.owing import MoreThanPaid
from orders.returns.refusals import REFUSALS as OF_RETURNS
from payments.refunds import plan_returns
from payments.refunds.blocking import PaymentDisputed
from payments.refunds.quotes import NothingChosen
from payments.refunds.refund_requests import LinesTaken, NoMoney, OverRefund
from payments.refunds.reimbursing import NothingToPayWith
from shop.core.states import IllegalTransition


class NothingThere(Exception):
    """There is nothing yet that this could happen to."""


REFUSED: Final = (
    *OF_RETURNS,
    *(
        CannotCancel,
        WrongUnits,
        Changed,
        IllegalTransition,
        LinesTaken,
        NoMoney,
        OverRefund,
        TooMany,
        SentUnclear,
    ),
    *(MoreThanSold, InsufficientOnHand, InsufficientStock, MoreThanPaid, PaymentDisputed, NothingToPayWith),
    *(
        holds.HeldBack,
        holds.NothingToSend,
        holds.UnitsGone,
        shipments.MoreThanLeft,
        shipments.NotToBeSentAgain,
    ),
    *(quoting.NothingChosen, quoting.NotOffered, quoting.OnlyEven, quoting.NothingLeft, ExchangeNotOpen),
    *(releasing.NotReceived, releasing.NotPaid, releasing.ReturnNotOpen, replacing.VariantGone, CannotFulfil),
    *(opening.MoreThanSent, opening.ComingBack, rows.NotOpen, approving.NothingDecided, approving.TooMuch),
    *(approving.AnswerChanged, approving.CannotComeBack, plan_returns.Changed, NothingChosen, NothingThere),
)
