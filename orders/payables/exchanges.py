"""Differences of exchanges as payables: their units are reserved by the exchange itself."""

from decimal import Decimal
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from orders.checkout.issues import NotReady
from orders.exchanges import charging, issues
from orders.models import ExchangeCharge, Order, Payable
from orders.models.payables import Received
from orders.payables.bills import BillKind, offer
from orders.payables.protocol import Bill, BillLine, State
from shop.core.money import ZERO


class ExchangeKind(BillKind[ExchangeCharge]):
    """The difference of an exchange: its payment lets the exchange be released. Its token opens it, whoever has it.

    Locks: the order, the return, the exchange, then the charge; after attempts and their payments.
    """

    rows = ExchangeCharge

    def row(self, payable: Payable) -> ExchangeCharge:
        return ExchangeCharge.objects.select_related("exchange__order").get(payable=payable)

    def bill(self, payable: Payable) -> Bill:
        return _offer(self.row(payable))

    def freeze(self, payable: Payable, *, way: str, actor: str) -> Bill:
        charge = charging.lock(self.row(payable))
        if not charging.is_owed(charge):
            raise NotReady([issues.NOT_OWED])
        return _offer(charge)

    def lock(self, payable: Payable) -> State:
        return State(charging.lock(self.row(payable)).status)

    def keep_for_review(self, payable: Payable) -> None:
        """Nothing: it ends as it would, and is taken up again afterwards while the units are there."""

    def order(self, payable: Payable) -> Order | None:
        charge = self.row(payable)
        return charge.exchange.order if charge.status == State.PAID else None

    def fulfil(self, payable: Payable, received: Received, *, actor: str, as_read: bool = False) -> Order:
        return charging.book(self.row(payable), received, actor=actor)

    def money_changed(
        self, payable: Payable, *, payment_id: UUID, kept: Decimal, charged_back: Decimal, actor: str
    ) -> Decimal:
        """Note what a bank took back. What goes back by a refund is of the order, whichever payment pays it."""
        charge = self.row(payable)
        if charge.lost != min(charged_back, charge.amount):
            ExchangeCharge.objects.filter(pk=charge.pk).update(lost=min(charged_back, charge.amount))
        return ZERO


def _offer(charge: ExchangeCharge) -> Bill:
    """Return what is offered to the provider: one line, the difference."""
    order = charge.exchange.order
    with translation.override(order.language):
        name = _("Difference for exchange %(number)s") % {"number": charge.exchange.number}
    line = BillLine(
        sku=charge.exchange.number, name=name, quantity=1, unit_price=charge.amount, total=charge.amount
    )
    return offer(charge, order, [line], page=reverse("orders:exchange_pay", args=[charge.token]))
