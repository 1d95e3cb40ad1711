"""Asking, releasing, cancelling and paying exchanges: each act once; stock, money and the sale's lines stay right."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from catalog.models import Variant
from inventory.models import StockMovement
from inventory.reservations import InsufficientStock
from orders.exchanges import ending, releasing
from orders.fulfilment import remaining
from orders.models import Exchange, Order, OrderLine, Replacement, Return
from orders.returns import deciding, states
from orders.returns.deciding import Choice
from orders.tests.exchanges.exchanges import (
    ask,
    come_back,
    order_with_sizes,
    reserved,
    stock,
    stock_is_sound,
    worth,
)
from orders.tests.returns.returns import STAFF, deliver
from shop.core.audit import labels
from shop.core.mail import outbox
from shop.core.models import EmailLog, Event


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes()


@pytest.mark.django_db
def test_an_even_exchange_moves_no_money_and_the_sale_stays_as_it_was(sizes):
    order, line, other = sizes
    before, total = worth(order), order.total
    exchange = ask(order, line, other, 2, key="k")
    assert ask(order, line, other, 2, key="k") == exchange
    assert (exchange.settlement, reserved(exchange), stock(other)) == (0, 2, (5, 2))
    assert worth(order) == before - 2 * line.unit_price
    rma = come_back(exchange, 2)
    assert releasing.release_due() == {"released": 1}
    assert releasing.release_due() == {}
    exchange.refresh_from_db()
    assert (exchange.status, stock(other), reserved(exchange)) == ("released", (3, 0), 0)
    assert not releasing.release(exchange, actor=STAFF)
    rma.refresh_from_db()
    order.refresh_from_db()
    assert (rma.status, order.status, order.total) == ("closed", "confirmed", total)
    shown = states.with_state(Return.objects.filter(pk=rma.pk)).get()
    assert (shown.state, shown.is_exchanged) == ("received", True)
    assert worth(order) == before
    new = OrderLine.everything.filter(order=order, replaces=line)
    assert [one.total for one in new] == [line.unit_price] * 2
    assert sorted(order.lines.values_list("quantity", flat=True)) == [1, 3]
    assert sum(remaining.lines().filter(order=order).values_list("left", flat=True)) == 2
    deliver(order)
    order.refresh_from_db()
    assert order.status == "completed"
    sale = StockMovement.objects.filter(kind="sale", cause_type="orders.orderline")
    assert [one.reference for one in sale] == [exchange.number] * 2
    events = Event.objects.filter(trail=order.trail, subject_type="orders.exchange").order_by("pk")
    assert [event.to_state or event.kind for event in events] == ["requested", "released"]
    assert stock_is_sound()


@pytest.mark.django_db
def test_no_money_goes_back_for_units_of_an_open_exchange(sizes):
    order, line, other = sizes
    exchange = ask(order, line, other, 2)
    rma = come_back(exchange, 2)
    announced = rma.lines.get()
    assert deciding.open_units(rma) == {announced.pk: 0}
    for nothing in (False, True):
        choice = Choice(units={announced.pk: 1}, gives_nothing=nothing, reason="too late")
        with pytest.raises(deciding.InExchange):
            deciding.decide(rma, choice, key="d", actor=STAFF)

    assert ending.cancel(exchange, end=Exchange.End.STAFF, actor=STAFF, reason="money")
    assert deciding.open_units(rma) == {announced.pk: 2}
    decided = deciding.decide(rma, Choice(units={announced.pk: 2}), key="d", actor=STAFF)
    assert decided.total == 2 * line.unit_price


@pytest.mark.django_db
def test_the_staff_reads_the_mail_of_an_exchange_without_its_link(sizes):
    order, line, other = sizes
    exchange = ask(order, line, other)
    row = EmailLog.objects.get(kind="exchange_requested")
    assert exchange.number in row.subject
    assert line.sku in row.text
    assert order.secret not in row.text + row.html
    assert f"/{order.secret}/devoluciones/" in outbox.as_sent(row).text


@pytest.mark.django_db
def test_a_cancelled_exchange_frees_its_units_and_its_return_goes_on_for_money(sizes):
    order, line, other = sizes
    before = worth(order)
    exchange = ask(order, line, other)
    assert ending.cancel(exchange, end=Exchange.End.BUYER, actor="buyer")
    assert not ending.cancel(exchange, end=Exchange.End.BUYER, actor="buyer")
    with override("en"):
        said = labels.reason(Event.objects.get(subject_id=exchange.pk, to_state="cancelled").reason)
    assert said == "by the buyer"
    assert (reserved(exchange), worth(order)) == (0, before)
    assert exchange.rma.lines.get().wish == "money"
    assert Replacement.objects.get().dropped_at
    assert stock_is_sound()


@pytest.mark.django_db
def test_the_last_unit_is_one_buyers(sizes):
    order, line, other = sizes
    ask(order, line, other, 3)
    second, its_line, _other = order_with_sizes()
    with pytest.raises(InsufficientStock):
        ask(second, its_line, other, 3)
    assert not Exchange.objects.filter(order=second).exists()
    assert not second.returns.exists()
