"""What payments may charge, and what becomes of it: the protocol between orders and payments.

Payments use a `Payable` row and the methods of its kind, nothing else: what is owed and by whom, until when, and what
happens when the money arrives. A new thing to be paid is a class with these methods and a line in `KINDS`; payments do
not change. Locks: the row that a payable stands for (a checkout session) comes after the attempt and its payments
(docs/locking.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from django.urls import reverse

from inventory import reservations
from orders.checkout import cash_vouchers, free, placement, sessions
from orders.checkout import reservations as checkout_reservations
from orders.checkout.free import NotFree
from orders.checkout.placement import CannotFulfil
from orders.models import CheckoutSession, Order, Payable
from orders.pricing import purchases
from orders.pricing.totals import Charge, Target
from shop.core.money import ZERO

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
    "State",
    "bill_of",
    "by_token",
    "kind_of",
    "of_purchase",
]


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


class PayableKind(Protocol):
    """The behaviour of one kind of payable. The methods that lock or write need the caller's transaction."""

    def by_token(self, token: str) -> Payable | None:
        """Return the payable that the token opens; None: it is none of this kind."""

    def visible_to(self, payable: Payable, user: "User | AnonymousUser") -> bool:
        """Say whether this visitor may see and pay it."""

    def bill(self, payable: Payable) -> Bill:
        """Return what is to be paid as it stands now; no lock."""

    def freeze(self, payable: Payable, *, actor: str) -> Bill:
        """Recompute it one last time and reserve what it needs (stock); return what will be offered to the provider.

        Raises:
            NotReady: it cannot be paid as it stands; the findings say why. What was recomputed stays written.
        """

    def lock(self, payable: Payable) -> State:
        """Lock it for the rest of the transaction; return its state."""

    def await_payment(
        self, payable: Payable, *, reserve_until: datetime, expires_at: datetime, actor: str
    ) -> None:
        """Await its payment: reserved until `reserve_until`, itself valid until `expires_at`; repeated, only longer.

        Raises: IllegalTransition: it ended meanwhile.
        """

    def reopen(self, payable: Payable, *, actor: str, reason: str) -> None:
        """Let it be paid another way, after its attempt was closed at the provider. Harmless where there was none."""

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

    def fulfil(self, payable: Payable, *, transaction_id: str, paid_at: datetime, actor: str) -> Order:
        """Deliver what was sold for exactly this payment, once; return the order it made or belongs to. It is locked.

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


class CheckoutKind:
    """A purchase in checkout: its payment places the order."""

    def by_token(self, token: str) -> Payable | None:
        session = CheckoutSession.objects.filter(token=token).first()
        return of_purchase(session) if session else None

    def visible_to(self, payable: Payable, user: "User | AnonymousUser") -> bool:
        return sessions.visible_to(payable.purchase, user)

    def bill(self, payable: Payable) -> Bill:
        return _bill(CheckoutSession.objects.get(pk=payable.purchase_id))

    def freeze(self, payable: Payable, *, actor: str) -> Bill:
        return _bill(sessions.freeze_for_payment(payable.purchase, actor))

    def lock(self, payable: Payable) -> State:
        return _STATES[CheckoutSession.Status(_locked(payable).status)]

    def await_payment(
        self, payable: Payable, *, reserve_until: datetime, expires_at: datetime, actor: str
    ) -> None:
        sessions.mark_awaiting(
            payable.purchase, reserve_until=reserve_until, expires_at=expires_at, actor=actor
        )

    def reopen(self, payable: Payable, *, actor: str, reason: str) -> None:
        session = _locked(payable)
        if session.status == CheckoutSession.Status.AWAITING_PAYMENT:
            sessions.reopen(session, actor, reason)

    def renew(self, payable: Payable, *, actor: str) -> None:
        checkout_reservations.renew(payable.purchase, actor)

    def reserved_until(self, payable: Payable) -> datetime | None:
        session = payable.purchase
        own = reservations.find_active(
            cart_id=session.cart_id, checkout_id=None if session.cart_id else session.pk
        )
        return min((reservation.expires_at for reservation in own.values()), default=None)

    def may_offer_vouchers(self, payable: Payable) -> bool:
        return cash_vouchers.may_be_offered(payable.purchase)

    def keep_for_voucher(self, payable: Payable) -> bool:
        return cash_vouchers.keep(payable.purchase)

    def order(self, payable: Payable) -> Order | None:
        return Order.objects.filter(checkout_id=payable.purchase_id).first()

    def fulfil(self, payable: Payable, *, transaction_id: str, paid_at: datetime, actor: str) -> Order:
        return placement.place(
            checkout_id=payable.purchase_id, transaction_id=transaction_id, paid_at=paid_at, actor=actor
        )

    def money_changed(
        self, payable: Payable, *, payment_id: UUID, kept: Decimal, charged_back: Decimal, actor: str
    ) -> Decimal:
        return ZERO

    def confirm_free(self, payable: Payable, *, actor: str) -> Order:
        return free.confirm(checkout_id=payable.purchase_id, actor=actor)


KINDS: Final[dict[str, PayableKind]] = {Payable.CHECKOUT: CheckoutKind()}


def kind_of(payable: Payable) -> PayableKind:
    """Return the behaviour of a payable. Raises: KeyError: its kind is not known to this version."""
    return KINDS[payable.kind]


def of_purchase(session: CheckoutSession) -> Payable:
    """Return the payable of a purchase in checkout; it is written when it is first asked for. Safe to race."""
    return Payable.objects.get_or_create(
        pk=session.pk, defaults={"kind": Payable.CHECKOUT, "purchase": session}
    )[0]


def bill_of(session: CheckoutSession) -> Bill:
    """Return what is to be paid now for a purchase in checkout; no lock."""
    return _bill(session)


def by_token(token: str, user: "User | AnonymousUser") -> Payable | None:
    """Return the payable that this visitor's token opens; None: there is none, or it is somebody else's."""
    for kind in KINDS.values():
        payable = kind.by_token(token)
        if payable is not None:
            return payable if kind.visible_to(payable, user) else None
    return None


_STATES: Final = {
    CheckoutSession.Status.OPEN: State.OPEN,
    CheckoutSession.Status.AWAITING_PAYMENT: State.AWAITING,
    CheckoutSession.Status.COMPLETED: State.PAID,
    CheckoutSession.Status.EXPIRED: State.ENDED,
    CheckoutSession.Status.CANCELLED: State.ENDED,
}


def _locked(payable: Payable) -> CheckoutSession:
    return CheckoutSession.objects.select_for_update(of=("self",)).get(pk=payable.purchase_id)


def _bill(session: CheckoutSession) -> Bill:
    lines = list(session.lines.all())
    totals = purchases.totals_of(session, lines)
    return Bill(
        token=session.token,
        page=reverse("orders:checkout_payment", args=[session.token]),
        contact_page=reverse("orders:checkout_contact", args=[session.token]),
        state=_STATES[CheckoutSession.Status(session.status)],
        currency=session.currency,
        lines=[
            BillLine(
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total=line.total,
                image=line.image,
                adjusted=priced.adjusted,
            )
            for line, priced in zip(lines, totals.lines, strict=True)
        ],
        charges=totals.charges,
        shipping_name=session.shipping_name,
        shipping=session.shipping_total,
        total=session.total,
        buyer=Buyer(
            email=session.email,
            first_name=session.first_name,
            last_name=session.last_name,
            phone=session.phone,
            document_type=session.document_type,
            document_number=session.document_number,
        ),
        language=session.language,
    )
