"""Purchases in checkout as payables."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from inventory import reservations
from orders.checkout import adjustments, cash_vouchers, free, frozen_lines, placement, sessions
from orders.checkout import reservations as checkout_reservations
from orders.models import CheckoutSession, Order, Payable
from orders.models.payables import Received
from orders.payables.protocol import Bill, BillLine, Buyer, Priced, State
from orders.pricing import purchases
from shop.core.database.kept_queries import KeptQuery, together
from shop.core.database.kept_writes import KeptInsert
from shop.core.money import ZERO

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shop.accounts.models import User


class CheckoutKind:
    """A purchase in checkout: its payment places the order."""

    opens_order = True

    def by_token(self, token: str) -> Payable | None:
        found, payables = together(_BY_TOKEN.asked(token), _PAYABLE_OF.asked(token))
        session: CheckoutSession | None = next(iter(found), None)
        if session is None:
            return None
        payable: Payable = next(iter(payables), None) or _made(session)
        payable.purchase = session
        return payable

    def visible_to(self, payable: Payable, user: "User | AnonymousUser") -> bool:
        return sessions.visible_to(payable.purchase, user)

    def bill(self, payable: Payable) -> Bill:
        return _bill(_read(payable.purchase_id))

    def priced(self, payable: Payable) -> Priced:
        return _read(payable.purchase_id)

    def rivals(self, payable: Payable) -> "QuerySet[Payable]":
        return Payable.objects.none()

    def freeze(self, payable: Payable, *, way: str, actor: str) -> Bill:
        # Locked, with what was read of it: whatever follows in this transaction is asked of this one.
        payable.purchase = sessions.freeze_for_payment(payable.purchase, actor, way=way)
        return _bill(payable.purchase)

    def lock(self, payable: Payable) -> State:
        return _STATES[CheckoutSession.Status(_locked(payable).status)]

    def lock_with_bill(self, payable: Payable) -> tuple[Order | None, Bill | None]:
        session, placed = placement.lock_whole(payable.purchase_id)
        # Locked, with what was read of it.
        payable.purchase = session
        return placed, None if placed else _bill(session)

    def set_way(self, payable: Payable, way: str) -> None:
        sessions.set_way(_read(payable.purchase_id), way)

    def await_payment(
        self,
        payable: Payable,
        *,
        reserve_until: datetime,
        expires_at: datetime,
        actor: str,
        is_frozen: bool = False,
    ) -> None:
        sessions.mark_awaiting(
            payable.purchase,
            reserve_until=reserve_until,
            expires_at=expires_at,
            actor=actor,
            is_locked=is_frozen,
        )

    def reopen(self, payable: Payable, *, actor: str, reason: str) -> None:
        session = _locked(payable)
        if session.status == CheckoutSession.Status.AWAITING_PAYMENT:
            sessions.reopen(session, actor, reason)

    def keep_for_review(self, payable: Payable) -> None:
        """Nothing: it ends as it would, and is sold afterwards while the units are there."""

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
        return placement.PLACED.first(payable.purchase_id)

    def fulfil(self, payable: Payable, received: Received, *, actor: str, as_read: bool = False) -> Order:
        return placement.place(
            checkout_id=payable.purchase_id,
            locked=payable.purchase if as_read else None,
            transaction_id=received.transaction_id,
            paid_at=received.paid_at,
            actor=actor,
        )

    def money_changed(
        self, payable: Payable, *, payment_id: UUID, kept: Decimal, charged_back: Decimal, actor: str
    ) -> Decimal:
        return ZERO

    def confirm_free(self, payable: Payable, *, actor: str) -> Order:
        return free.confirm(checkout_id=payable.purchase_id, actor=actor)


_STATES: Final = {
    CheckoutSession.Status.OPEN: State.OPEN,
    CheckoutSession.Status.AWAITING_PAYMENT: State.AWAITING,
    CheckoutSession.Status.COMPLETED: State.PAID,
    CheckoutSession.Status.EXPIRED: State.ENDED,
    CheckoutSession.Status.CANCELLED: State.ENDED,
}


def of_purchase(session: CheckoutSession) -> Payable:
    """Return the payable of a purchase in checkout; it is written when it is first asked for. Safe to race."""
    found = _PAYABLE.first(session.pk)
    if found is not None:
        return found
    return _made(session)


def _made(session: CheckoutSession) -> Payable:
    payable = Payable(pk=session.pk, kind=Payable.CHECKOUT, purchase=session)
    # Not written where another request was first.
    return payable if _write(payable) else Payable.objects.get(pk=session.pk)


def bill_of(session: CheckoutSession) -> Bill:
    """Return what is to be paid now for a purchase in checkout; no lock."""
    return _bill(session)


def _locked(payable: Payable) -> CheckoutSession:
    return placement.lock(payable.purchase_id)


def _read(key: UUID) -> CheckoutSession:
    found = _SESSION.first(key)
    if found is None:
        raise CheckoutSession.DoesNotExist(str(key))
    return found


def _by_token(token: str) -> QuerySet[CheckoutSession]:
    # The address is never another one while a purchase is begun to be paid, which asks for it.
    return CheckoutSession.objects.select_related("shipping_address").filter(token=token).order_by()


def _payable_of(token: str) -> QuerySet[Payable]:
    return Payable.objects.filter(purchase__token=token, kind=Payable.CHECKOUT).order_by()


_BY_TOKEN: Final = KeptQuery(_by_token, str)
_PAYABLE_OF: Final = KeptQuery(_payable_of, str)
_write: Final = KeptInsert(Payable, unless_there=True)
_PAYABLE: Final = KeptQuery(lambda key: Payable.objects.filter(pk=key), UUID)
_SESSION: Final = KeptQuery(lambda key: CheckoutSession.objects.filter(pk=key), UUID)


def _bill(session: CheckoutSession) -> Bill:
    lines = frozen_lines.read(session)
    adjustments.read(session)
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
