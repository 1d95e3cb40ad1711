"""What payments know of anything that can be paid: its bill, its state, and the methods of its kind.

Locks: the row that a payable stands for comes after the attempt and its payments (docs/locking.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from django.db.models import QuerySet

from orders.models import Order, Payable
from orders.models.payables import Received
from orders.pricing.totals import Charge, Target
from shop.core.money import ZERO

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shop.accounts.models import User


class State(StrEnum):
    """The state of a payable. `ENDED`: given up or too late; a late payment may still find it payable (`fulfil`)."""

    OPEN = "open"
    AWAITING = "awaiting"
    PAID = "paid"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of what is paid. Amounts in the bill's currency, major units.

    total = unit price × quantity; `adjusted` is what its adjustments add (below zero: a deduction).
    """

    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    total: Decimal
    image: str = ""
    adjusted: Decimal = ZERO

    @property
    def paid(self) -> Decimal:
        """What is charged for the line; never below zero."""
        return self.total + self.adjusted


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who pays, as sent to the provider."""

    email: str
    first_name: str
    last_name: str
    phone: str
    document_type: str
    document_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What is to be paid now; amounts in `currency`, major units.

    total = what is paid for the lines + shipping + those `charges` that belong to the order. `charges` are the rows
    between the lines and the total as people see them: those of the lines, of the shipping and of the order.
    `token` opens the pages of paying; `page` is the address where a way to pay is chosen, `contact_page` where the
    buyer corrects their data ("": nowhere).
    """

    token: str
    page: str
    contact_page: str
    state: State
    currency: str
    lines: Sequence[BillLine]
    shipping_name: str
    shipping: Decimal
    total: Decimal
    buyer: Buyer
    language: str
    charges: Sequence[Charge] = ()

    @property
    def order_charges(self) -> list[Charge]:
        """What is charged besides the lines and the shipping."""
        return [charge for charge in self.charges if charge.target == Target.ORDER]

    @property
    def is_live(self) -> bool:
        return self.state in {State.OPEN, State.AWAITING}


class Priced(Protocol):
    """What has a total in a currency, major units."""

    @property
    def total(self) -> Decimal: ...

    @property
    def currency(self) -> str: ...


class PayableKind(Protocol):
    """The behaviour of one kind of payable. The methods that lock or write need the caller's transaction.

    `opens_order`: whoever may pay it may see the order besides. A bill's link may be sent to somebody else, who pays it
    and sees nothing but the bill.
    """

    @property
    def opens_order(self) -> bool: ...

    def by_token(self, token: str) -> Payable | None:
        """Return the payable that the token opens; None: it is none of this kind."""

    def visible_to(self, payable: Payable, user: "User | AnonymousUser") -> bool:
        """Say whether this visitor may see and pay it."""

    def bill(self, payable: Payable) -> Bill:
        """Return what is to be paid as it stands now; no lock."""

    def priced(self, payable: Payable) -> Priced:
        """Return the row that has its price, for the question what it costs by each way to pay."""

    def rivals(self, payable: Payable) -> "QuerySet[Payable]":
        """Return other payables that must not be paid beside it: their attempts are closed before its own begins."""

    def freeze(self, payable: Payable, *, way: str, actor: str) -> Bill:
        """Recompute it one last time and reserve what it needs (stock); return what will be offered to the provider.

        `way` is the gateway's code: its price may depend on it.

        Raises:
            NotReady: it cannot be paid as it stands; the findings say why. What was recomputed stays written.
        """

    def lock(self, payable: Payable) -> State:
        """Lock it for the rest of the transaction; return its state."""

    def lock_with_bill(self, payable: Payable) -> tuple[Order | None, Bill | None]:
        """Lock it as `lock` does; return what is to be paid below the lock, or the order that is paid already."""

    def set_way(self, payable: Payable, way: str) -> None:
        """Price it as paid by the gateway `way`, which offered it so. It is locked."""

    def await_payment(
        self,
        payable: Payable,
        *,
        reserve_until: datetime,
        expires_at: datetime,
        actor: str,
        is_frozen: bool = False,
    ) -> None:
        """Await its payment: reserved until `reserve_until`, itself valid until `expires_at`; repeated, only longer.

        `is_frozen`: `freeze` has locked it in this transaction, and nothing was written of it since.

        Raises: IllegalTransition: it ended meanwhile.
        """

    def reopen(self, payable: Payable, *, actor: str, reason: str) -> None:
        """Let it be paid another way, after its attempt was closed at the provider. Harmless where there was none."""

    def keep_for_review(self, payable: Payable) -> None:
        """Give people time to decide about money that does not fit. Called below the attempt's lock; locks it."""

    def renew(self, payable: Payable, *, actor: str) -> None:
        """Extend its reservations as after any other step of the shopper's."""

    def reserved_until(self, payable: Payable) -> datetime | None:
        """Return until when its units are reserved; None: none are."""

    def may_offer_vouchers(self, payable: Payable) -> bool:
        """Say whether a cash voucher, which is paid days later, may be offered."""

    def keep_for_voucher(self, payable: Payable) -> bool:
        """Keep its reservations as long as a voucher may be paid; return whether that is allowed. It is locked."""

    def order(self, payable: Payable) -> Order | None:
        """Return the order that its payment made or belongs to; None while it is not paid."""

    def fulfil(self, payable: Payable, received: Received, *, actor: str, as_read: bool = False) -> Order:
        """Deliver what was sold for this payment, once; return the order it made or belongs to. It is locked.

        `as_read`: `lock_with_bill` found no order in this transaction, and nothing was written of it since.
        The amount is the bill's, unless people accepted a payment of another one.

        Raises:
            CannotFulfil: too late; nothing was changed, and the money must go back.
        """

    def money_changed(
        self, payable: Payable, *, payment_id: UUID, kept: Decimal, charged_back: Decimal, actor: str
    ) -> Decimal:
        """Learn what the shop has now of the payment that fulfilled it; return what of that is owed to nobody.

        `kept`: its amount less refunds that have not failed and less `charged_back`, which a bank took. Called in the
        transaction in which that changes, the payment locked. What is returned goes back to the buyer.
        """

    def confirm_free(self, payable: Payable, *, actor: str) -> Order:
        """Fulfil what costs nothing, without any provider.

        Raises:
            NotReady: it cannot be had as it stands.
            NotFree: it has a price after all.
        """
