"""Uneven exchanges: what the buyer pays is asked for by a link, what they get goes back, and late money buys or returns."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from catalog.models import Variant
from inventory.reservations import expire_due
from orders import payables
from orders.checkout.issues import NotReady
from orders.exchanges import charging, ending, quoting, releasing
from orders.exchanges.quoting import Choice
from orders.exchanges.releasing import NotPaid
from orders.exchanges.rows import live_units
from orders.models import Exchange, ExchangeCharge, Order, OrderLine, Reimbursement, Return
from orders.payables import CannotFulfil
from orders.returns import answering, deciding
from orders.returns.asking import TermsChanged
from orders.returns.deciding import Choice as Choices
from orders.tests.exchanges.exchanges import (
    approve,
    ask,
    come_back,
    order_with_sizes,
    pay,
    reserved,
    stock_is_sound,
    worth,
)
from orders.tests.factories import make_variant
from orders.tests.returns.returns import STAFF, approved, give_but, line_of, wanted

DEARER, CHEAPER = Decimal(1500), Decimal(-1000)


@pytest.fixture(scope="module")
def sold(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant, Variant]]:
    """An order, its line of three, and a dearer and a cheaper variant of other products."""
    with shared_rows():
        order, line, _size = order_with_sizes()
        dearer = make_variant(units=2, price=line.unit_price + DEARER)
        cheaper = make_variant(units=2, price=line.unit_price + CHEAPER)
        yield order, line, dearer, cheaper


@pytest.mark.django_db
def test_a_dearer_one_is_released_when_the_difference_is_paid(sold):
    order, line, dearer, _cheaper = sold
    before = worth(order)
    shown = quoting.quote(order, [wanted(line, 1, wish="exchange")], [Choice(line.pk, dearer.pk)])
    assert shown.settlement == DEARER
    exchange = ask(order, line, dearer, expected=shown.seen)
    assert exchange.settlement == DEARER
    come_back(exchange)
    charge = exchange.charge
    assert (charge.amount, charge.status, releasing.release_due()) == (DEARER, "open", {"waiting": 1})
    with pytest.raises(NotPaid) as unpaid:
        releasing.release(exchange, actor=STAFF)
    assert unpaid.value.missing == DEARER
    pay(charge)
    assert payables.kind_of(charge.payable).order(charge.payable) == order
    assert releasing.release_due() == {"released": 1}
    assert worth(order) == before + DEARER
    assert OrderLine.everything.get(replaces=line).total == line.unit_price + DEARER
    assert not Reimbursement.objects.exists()
    assert stock_is_sound()


@pytest.mark.django_db
def test_a_cheaper_one_brings_money_with_the_release(sold):
    order, line, _dearer, cheaper = sold
    before = worth(order)
    exchange = ask(order, line, cheaper)
    come_back(exchange)
    assert not hasattr(exchange, "charge")
    assert releasing.release(exchange, actor=STAFF)
    owed = Reimbursement.objects.get()
    assert (owed.amount, exchange.reimbursement) == (-CHEAPER, owed)
    assert worth(order) == before + CHEAPER
    assert stock_is_sound()


@pytest.mark.django_db
def test_what_is_not_paid_in_time_ends_and_late_money_takes_it_up_again_or_goes_back(sold):
    order, line, dearer, _cheaper = sold
    before = worth(order)
    exchange = ask(order, line, dearer)
    approve(exchange)
    charge = exchange.charge
    ExchangeCharge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotReady), transaction.atomic():
        payables.kind_of(charge.payable).freeze(charge.payable, way="fake", actor="x")
    assert ending.end_unpaid() == {"ended": 1}
    assert ending.end_unpaid() == {}
    exchange.refresh_from_db()
    assert (exchange.status, exchange.end, reserved(exchange), worth(order)) == (
        "cancelled",
        "unpaid",
        0,
        before,
    )
    pay(charge)
    exchange.refresh_from_db()
    assert (exchange.status, reserved(exchange), worth(order)) == ("requested", 1, before - line.unit_price)
    # Paid, and then the buyer thinks better of it: the difference goes back.
    assert ending.cancel(exchange, end=Exchange.End.BUYER, actor="buyer")
    assert Reimbursement.objects.get().amount == DEARER
    assert stock_is_sound()


@pytest.mark.django_db
def test_late_money_goes_back_where_the_unit_is_somebody_elses(sold):
    order, line, dearer, _cheaper = sold
    exchange = ask(order, line, dearer)
    approve(exchange)
    ending.cancel(exchange, end=Exchange.End.UNPAID, actor="job")
    expire_due()
    other = ask(order, line, dearer, 2)
    with pytest.raises(CannotFulfil), transaction.atomic():
        charging.book(
            exchange.charge,
            payables.Received(exchange.pk, "test:1", DEARER, timezone.now()),
            actor="test",
        )
    exchange.refresh_from_db()
    assert (exchange.status, reserved(other)) == ("cancelled", 2)


@pytest.mark.django_db
def test_what_is_kept_is_what_was_shown(sold):
    order, line, dearer, _cheaper = sold
    asked = [wanted(line, 1, wish="exchange")]
    shown = quoting.quote(order, asked, [Choice(line.pk, dearer.pk)])
    Variant.objects.filter(pk=dearer.pk).update(price=dearer.price + 1)
    with pytest.raises(TermsChanged):
        ask(order, line, dearer, expected=shown.seen)
    assert not Exchange.objects.exists()


@pytest.mark.django_db
def test_only_some_units_are_sent_and_the_rest_goes_back(sold):
    order, line, dearer, _cheaper = sold
    before = worth(order)
    exchange = ask(order, line, dearer, 2)
    approve(exchange)
    pay(exchange.charge)
    come_back(exchange)
    with pytest.raises(releasing.NotReceived):
        releasing.release(exchange, actor=STAFF)
    first = live_units(exchange)[0]
    assert releasing.release(exchange, units=[first.pk], actor=STAFF)
    assert Reimbursement.objects.get().amount == DEARER
    assert worth(order) == before + DEARER
    assert stock_is_sound()


@pytest.mark.django_db
def test_the_freight_stays_while_a_unit_is_to_be_sent_instead_and_comes_back_when_none_is(sold):
    order, line, dearer, _cheaper = sold
    ask(order, line, dearer, 2)
    rest = approved(order, wanted(line), wanted(line_of(order, 1)))
    units = dict.fromkeys(rest.lines.values_list("pk", flat=True), 1)
    quote = deciding.quote(rest, Choices(units=units))
    assert (rest.terms["freight"], quote.freight, quote.is_freight_by_law) == ("0.00", 0, False)
    assert ending.cancel(Exchange.objects.get(), actor=STAFF, end=Exchange.End.STAFF)
    exchanged = Return.objects.exclude(pk=rest.pk).get()
    answering.approve(exchanged, actor=STAFF)
    made = deciding.decide(rest, Choices(units=units), key="rest", actor=STAFF)
    assert made.freight == 0
    deciding.pay_back(made, actor=STAFF)
    last = deciding.quote(exchanged, Choices(units={exchanged.lines.get().pk: 2}))
    assert (last.freight, last.is_freight_by_law) == (order.shipping_total, True)


@pytest.mark.django_db
def test_what_went_back_otherwise_does_not_go_back_again_and_holds_up_nothing(sold):
    order, line, dearer, cheaper = sold
    exchange = ask(order, line, cheaper)
    come_back(exchange)
    give_but(order, Decimal(1))
    shown = quoting.quote(order, [wanted(line, 1, wish="exchange")], [Choice(line.pk, cheaper.pk)])
    assert (shown.settlement, shown.to_get, releasing.money_back(exchange)) == (CHEAPER, 1, 1)
    # With the last of the order's money nothing would be left to send anything for: it goes back by the return.
    assert releasing.release_due() == {"sends nothing": 1}
    exchange.refresh_from_db()
    assert (exchange.end, exchange.reimbursement, exchange.rma.status) == ("refunded", None, "approved")
    assert deciding.quote(exchange.rma, Choices(units={exchange.rma.lines.get().pk: 1})).total == 1
    other = ask(order, line, dearer)
    approve(other)
    pay(other.charge)
    give_but(order, Decimal(0))
    assert ending.cancel(other, end=Exchange.End.BUYER, actor="buyer")
    assert (other.reimbursement, other.not_paid_back) == (None, DEARER)
    assert stock_is_sound()
