"""Histories of a paid order: packed, sent, come back, cancelled, refunded, restocked in whatever order and twice.

Of each line the units in every state add up to what was ordered, no more goes back than was paid, and the rules of
`check_stock` find nothing: stock = ledger, no unit cancelled and sent.
"""

from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.checks import runner
from inventory.ledger import InsufficientOnHand, MoreThanSold
from orders.cancellation.cancelling import cancel
from orders.cancellation.quotes import CannotCancel, WrongUnits
from orders.fulfilment import holds, packing, remaining, shipments
from orders.models import Cancellation, CancellationLine, Order, OrderLine, Shipment
from orders.reimbursements.left import TooMany, for_units, left_of
from orders.returns.restocking import at_their_places, put_back
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_variant
from payments.models import Payment, Refund
from payments.refunds import refund_requests, reimbursing
from payments.refunds.refund_requests import LinesTaken, NoMoney, OverRefund
from payments.refunds.refund_state import move_refund
from shop.core.ids import readable_code
from shop.core.states import IllegalTransition
from tests.support import soak

pytestmark = pytest.mark.django_db
STAFF = "staff:ana@example.com"
REFUSED = (
    CannotCancel,
    WrongUnits,
    IllegalTransition,
    LinesTaken,
    MoreThanSold,
    InsufficientOnHand,
    NoMoney,
    OverRefund,
    TooMany,
    holds.HeldBack,
    holds.NothingToSend,
    holds.UnitsGone,
    shipments.MoreThanLeft,
    shipments.NotToBeSentAgain,
)
MANY = soak.amount("histories after the sale", usual=6, soak=200)


class Sale:
    """A paid order of three units and two, and what may happen to it; each act may be refused."""

    def __init__(self) -> None:
        self.order = make_order(make_cart((make_variant(units=9), 3), (make_variant(units=9), 2)))
        self.payment = pay(self.order, readable_code(8))
        Refund.objects.filter(payment=self.payment).delete()
        self.last_key = ""

    def prepare(self, number: int) -> None:
        line = self._line(number)
        shipments.prepare(self.order, key=readable_code(9), units={line.pk: 1 + number % 2}, actor=STAFF)

    def pack(self, number: int) -> None:
        if box := self._shipment(number):
            packing.pack_all(box, actor=STAFF)

    def ship(self, number: int) -> None:
        if box := self._shipment(number):
            shipments.ship(box, actor=STAFF)

    def deliver(self, number: int) -> None:
        if box := self._shipment(number):
            shipments.deliver(box, actor=STAFF)

    def comes_back(self, number: int) -> None:
        if box := self._shipment(number):
            shipments.mark_returned(box, reason="nobody there", actor=STAFF)

    def send_again(self, number: int) -> None:
        if box := self._shipment(number):
            shipments.send_again(box, key=readable_code(9), actor=STAFF)

    def cancel_some(self, number: int) -> None:
        self.last_key = readable_code(9)
        self._cancel(self.last_key, {self._line(number).pk: 1 + number % 2})

    def cancel_all(self, number: int) -> None:
        self._cancel(readable_code(9), None, by=("staff", "shopper")[number % 2])

    def cancel_again(self, _number: int) -> None:
        """Send the last form once more: it acts once."""
        before = list(Cancellation.objects.values_list("pk"))
        if Cancellation.objects.filter(dedupe_key=self.last_key).exists():
            self._cancel(self.last_key, None)
            assert list(Cancellation.objects.values_list("pk")) == before

    def refund_units(self, number: int) -> None:
        lines = for_units(left_of(self.order), {self._line(number).pk: 1}, shipping=number % 5 == 0)
        reimbursing.ask(
            self.payment, lines, reason="x", dedupe_key=readable_code(9), expected=None, actor=STAFF
        )

    def refund_sum(self, number: int) -> None:
        amount = Decimal(number * 100) + Decimal("0.37")
        refund_requests.request(self.payment, amount, "staff", "x", readable_code(9), actor=STAFF)

    def refund_ends(self, number: int) -> None:
        live = list(Refund.objects.filter(status="requested").order_by("pk"))
        if live:
            with transaction.atomic():
                Payment.objects.select_for_update().get(pk=self.payment.pk)
                move_refund(live[0], "failed" if number % 2 else "succeeded", actor=STAFF)

    def owed_is_paid(self, _number: int) -> None:
        reimbursing.pay_due()

    def units_back(self, number: int) -> None:
        put_back(self.order, at_their_places(self.order, {self._line(number): 1}), note="x", actor=STAFF)

    def _cancel(self, key: str, units: Any, *, by: str = "staff") -> None:
        cancel(self.order, units=units, by=by, reason="other", expected=None, key=key, actor=STAFF)

    def _line(self, number: int) -> OrderLine:
        return self.order.lines.order_by("pk")[number % 2]

    def _shipment(self, number: int) -> Shipment | None:
        rows = list(Shipment.objects.filter(order=self.order).order_by("ordinal"))
        return rows[number % len(rows)] if rows else None


ACTS = [name for name in vars(Sale) if not name.startswith("_")]


@settings(max_examples=MANY, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 60)), min_size=4, max_size=16))
def test_units_and_money_agree_after_whatever_happens(acts: list[tuple[str, int]]):
    with transaction.atomic():
        sale = Sale()
        for name, number in acts:
            try:
                with transaction.atomic():
                    getattr(sale, name)(number)
            except REFUSED:
                pass
            check(sale.order)
        assert [str(one) for one in runner.check(scope="")] == []
        transaction.set_rollback(True)


def check(order: Order) -> None:
    for line in remaining.lines().filter(order=order):
        assert min(line.unsent, line.left, line.sent, line.cancelled) >= 0
        assert line.unsent + line.sent + line.cancelled <= line.quantity, vars(line)
        assert line.cancelled <= line.restocked <= line.quantity, vars(line)
        assert line.refunded <= line.quantity
    money = Order.objects.get(pk=order.pk).money
    assert money.promised + money.charged_back <= money.paid
    if Order.objects.get(pk=order.pk).status == Order.Status.CANCELLED:
        assert not [line for line in remaining.lines().filter(order=order) if line.unsent]


def test_the_rules_find_what_was_changed_by_hand():
    sale = Sale()
    sale.cancel_some(0)
    line = sale._line(0)
    box = shipments.prepare(sale.order, key="rest", units={line.pk: 2}, actor=STAFF)
    assert runner.check(scope="") == []
    whole = Cancellation.objects.create(
        order=sale.order, by="staff", reason="other", is_whole=True, dedupe_key="by hand"
    )
    assert {one.code for one in runner.check(scope="")} == {"cancelled-back"}
    with pgtrigger.ignore("orders.CancellationLine:within_line"):
        CancellationLine.objects.create(cancellation=whole, order_line=line, quantity=2)
    assert {one.code for one in runner.check(scope="")} == {"cancelled-back", "units-once"}
    assert box.pk
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_cancellationline")
        cursor.execute("DELETE FROM orders_cancellation WHERE is_whole")
    assert runner.check(scope="") == []
