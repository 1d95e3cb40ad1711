"""Differences of exchanges as payables: their units are reserved by the exchange itself."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from orders.checkout.free import NotFree
from orders.checkout.issues import NotReady
from orders.exchanges import charging, issues
from orders.models import ExchangeCharge, Order, Payable
from orders.models.payables import Received
from orders.payables.protocol import Bill, BillLine, Buyer, Priced, State
from shop.core.money import ZERO
from shop.core.states import IllegalTransition, move

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shop.accounts.models import User

Status = ExchangeCharge.Status
_STATES: Final = {
    Status.OPEN: State.OPEN,
    Status.AWAITING: State.AWAITING,
    Status.PAID: State.PAID,
    Status.ENDED: State.ENDED,
}


class ExchangeKind:
    """The difference of an exchange: its payment lets the exchange be released. Its token opens it, whoever has it.

    Locks: the order, the return, the exchange, then the charge; after attempts and their payments.
    """

    def by_token(self, token: str) -> Payable | None:
        charge = ExchangeCharge.objects.select_related("payable").filter(token=token).first()
        return charge.payable if charge else None

    def visible_to(self, payable: Payable, user: "User | AnonymousUser") -> bool:
        return True

    def priced(self, payable: Payable) -> Priced:
        return _charge(payable)

    def rivals(self, payable: Payable) -> "QuerySet[Payable]":
        return Payable.objects.none()

    def bill(self, payable: Payable) -> Bill:
        return _offer(_charge(payable))

    def freeze(self, payable: Payable, *, way: str, actor: str) -> Bill:
        charge = charging.lock(_charge(payable))
        if not charging.is_owed(charge):
            raise NotReady([issues.NOT_OWED])
        return _offer(charge)

    def lock(self, payable: Payable) -> State:
        return _STATES[Status(charging.lock(_charge(payable)).status)]

    def set_way(self, payable: Payable, way: str) -> None:
        """The difference depends on no way to pay."""

    def await_payment(
        self, payable: Payable, *, reserve_until: datetime, expires_at: datetime, actor: str
    ) -> None:
        charge = _charge(payable)
        until = max(charge.expires_at, expires_at)
        if charge.status == Status.AWAITING:
            ExchangeCharge.objects.filter(pk=charge.pk).update(expires_at=until)
        elif charge.status == Status.OPEN:
            move(charge, Status.AWAITING, actor=actor, expires_at=until)
        else:
            raise IllegalTransition(charge, charge.status, Status.AWAITING)

    def reopen(self, payable: Payable, *, actor: str, reason: str) -> None:
        charge = _charge(payable)
        if charge.status == Status.AWAITING:
            move(charge, Status.OPEN, actor=actor, reason=reason)

    def keep_for_review(self, payable: Payable) -> None:
        """Nothing: it ends as it would, and is taken up again afterwards while the units are there."""

    def renew(self, payable: Payable, *, actor: str) -> None:
        """The exchange keeps its units reserved by itself."""

    def reserved_until(self, payable: Payable) -> datetime | None:
        return None

    def may_offer_vouchers(self, payable: Payable) -> bool:
        return True

    def keep_for_voucher(self, payable: Payable) -> bool:
        return True

    def order(self, payable: Payable) -> Order | None:
        charge = _charge(payable)
        return charge.exchange.order if charge.status == Status.PAID else None

    def fulfil(self, payable: Payable, received: Received, *, actor: str) -> Order:
        return charging.book(_charge(payable), received, actor=actor)

    def money_changed(
        self, payable: Payable, *, payment_id: UUID, kept: Decimal, charged_back: Decimal, actor: str
    ) -> Decimal:
        """Note what a bank took back. What goes back by a refund is of the order, whichever payment pays it."""
        charge = _charge(payable)
        if charge.lost != min(charged_back, charge.amount):
            ExchangeCharge.objects.filter(pk=charge.pk).update(lost=min(charged_back, charge.amount))
        return ZERO

    def confirm_free(self, payable: Payable, *, actor: str) -> Order:
        raise NotFree(str(payable))


def _charge(payable: Payable) -> ExchangeCharge:
    return ExchangeCharge.objects.select_related("exchange__order").get(payable=payable)


def _offer(charge: ExchangeCharge) -> Bill:
    """Return what is offered to the provider: one line, the difference."""
    order = charge.exchange.order
    with translation.override(order.language):
        name = _("Difference for exchange %(number)s") % {"number": charge.exchange.number}
    line = BillLine(
        sku=charge.exchange.number, name=name, quantity=1, unit_price=charge.amount, total=charge.amount
    )
    return Bill(
        token=charge.token,
        page=reverse("orders:exchange_pay", args=[charge.token]),
        contact_page="",
        state=_STATES[Status(charge.status)],
        currency=charge.currency,
        lines=[line],
        shipping_name="",
        shipping=ZERO,
        total=charge.amount,
        buyer=Buyer(
            email=order.email,
            first_name=order.first_name,
            last_name=order.last_name,
            phone=order.phone,
            document_type=order.document_type,
            document_number=order.document_number,
        ),
        language=order.language,
    )
