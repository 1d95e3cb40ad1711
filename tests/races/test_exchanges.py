"""Exchanges under many hands at once: no unit is promised twice, and for no unit both money and goods are given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.utils import timezone

from catalog.models import Variant
from inventory.checks import runner
from inventory.ledger import receive
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.reservations import InsufficientStock
from orders.cart import carts
from orders.exchanges import ending, releasing
from orders.exchanges.quoting import NothingLeft
from orders.exchanges.rows import NotOpen
from orders.models import (
    Cart,
    CartLine,
    Exchange,
    ExchangeCharge,
    Order,
    OrderLine,
    Reimbursement,
    ReimbursementLine,
    Replacement,
    Return,
    ReturnDecision,
)
from orders.payables import CannotFulfil
from orders.reimbursements import owing
from orders.reimbursements.left import for_units, left_of
from orders.returns import answering, asking
from orders.tests.admin.test_orders import pay as paid
from orders.tests.exchanges.exchanges import (
    approve,
    ask,
    come_back,
    order_with_sizes,
    pay,
    reserved,
    size_of,
    stock,
)
from orders.tests.factories import make_cart, make_order, make_variant, warehouse
from orders.tests.returns.returns import STAFF, deliver, delivered_order
from payments.models import Payment, Refund, RefundLine
from payments.refunds import refund_requests
from shop.core.models import EmailLog
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.rendezvous import come_between, meet_at_a_lock, stopping, without
from tests.support.unlocked import without_row_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
Act = Callable[[], Any]


def at_the_order(order: Order, *acts: Act) -> list[Any]:
    return meet_at_a_lock(acts, lock=lambda: Order.objects.select_for_update().get(pk=order.pk), in_turn=True)


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard out: rows are judged as they were read."""
    without_row_locks(monkeypatch)


@contextmanager
def untriggered(table: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def is_sound() -> bool:
    found = runner.check(scope="")
    assert not found, [(one.rule, one.expected, one.found) for one in found]
    return True


# -- The last unit of the new size ----------------------------------------------------------------------------------------
def another_order(variant: Variant) -> tuple[Order, OrderLine]:
    """Return an order of one unit of a variant that was sold before, delivered today."""
    order = make_order(make_cart((variant, 1)))
    paid(order, str(order.number))
    Refund.objects.all().delete()
    deliver(order)
    return order, order.lines.get()


def who_want_one() -> tuple[Variant, list[Act]]:
    """Return a size of which one unit is left, and three who want it: two exchanges, and a shopper's cart."""
    order, line, other = order_with_sizes(units=1)
    assert line.variant
    second, its_line = another_order(line.variant)
    cart = Cart.objects.create()
    return other, [
        partial(ask, order, line, other),
        partial(ask, second, its_line, other),
        partial(carts.add, cart=cart, variant_id=other.pk, quantity=1, actor="shopper"),
    ]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_last_unit_is_had_by_one_of_two_exchanges_and_a_cart(first: int):
    other, acts = who_want_one()
    answers = meet_at_a_lock(
        acts[first:] + acts[:first],
        lock=lambda: StockLevel.objects.select_for_update().get(variant=other),
        in_turn=True,
    )
    assert isinstance(answers[0], CartLine if first == 2 else Exchange)
    assert count(answers, InsufficientStock) == 2
    assert stock(other) == (1, 1)
    asked = 0 if first == 2 else 1
    assert (Exchange.objects.count(), Return.objects.count(), Replacement.objects.count()) == (asked,) * 3
    assert CartLine.objects.filter(variant=other).count() == 1 - asked
    assert is_sound()


def test_a_crowd_of_exchanges_has_what_there_is():
    first, line, other = order_with_sizes(units=2)
    assert line.variant
    wanting = [(first, line), *(another_order(line.variant) for _n in range(5))]
    answers = together([partial(ask, order, its_line, other) for order, its_line in wanting])
    assert not surprises(answers, InsufficientStock)
    assert count(answers, Exchange) == 2
    assert stock(other) == (2, 2)
    assert is_sound()


def test_control_without_the_levels_lock_the_last_unit_is_two_exchanges(monkeypatch: pytest.MonkeyPatch):
    """Both see one unit and reserve it: beside the lock only the table's own constraint stands between."""
    other, acts = who_want_one()
    unlocked(monkeypatch)
    barrier = Barrier(2, timeout=PATIENCE)
    both = [
        stopping(act, before='INSERT INTO "inventory_reservation"', wait=barrier.wait) for act in acts[:2]
    ]
    with without("stocklevel_reserved_within_on_hand"):
        answers = together(both)
        assert not surprises(answers)
        assert stock(other) == (1, 2)
        receive(variant_id=other.pk, location_id=warehouse().pk, quantity=1, note="control", actor=STAFF)


# -- The difference against those who do not come -------------------------------------------------------------------------
def uneven() -> Exchange:
    """Return an exchange whose return is approved and whose difference is asked for."""
    order, line, _size = order_with_sizes()
    exchange = ask(order, line, make_variant(units=1, price=line.unit_price + 1500))
    approve(exchange)
    return exchange


def not_sent(exchange: Exchange) -> None:
    Return.objects.filter(pk=exchange.rma_id).update(send_by=timezone.now() - timedelta(days=1))


def not_paid(exchange: Exchange) -> None:
    late = timezone.now() - timedelta(seconds=1)
    ExchangeCharge.objects.filter(exchange=exchange).update(expires_at=late)


def money_and_goods(exchange: Exchange) -> tuple[str, str, bool, int]:
    """Return how exchange and charge stand, whether the money is owed back, and what is reserved."""
    exchange.refresh_from_db()
    charge = ExchangeCharge.objects.get(exchange=exchange)
    owed = Reimbursement.objects.filter(order=exchange.order, amount=charge.amount)
    return exchange.status, charge.status, owed.exists(), reserved(exchange)


@pytest.mark.parametrize("pays_first", [True, False])
def test_paid_while_its_return_expires_the_money_goes_back_or_is_not_taken(pays_first: bool):
    exchange = uneven()
    not_sent(exchange)
    acts: list[Act] = [partial(pay, exchange.charge), answering.expire_due]
    answers = at_the_order(exchange.order, *(acts if pays_first else acts[::-1]))
    booked, expired = answers if pays_first else answers[::-1]
    assert expired == {"expired": 1}
    assert isinstance(booked, CannotFulfil) != pays_first
    assert money_and_goods(exchange) == ("cancelled", "paid" if pays_first else "ended", pays_first, 0)
    assert is_sound()


@pytest.mark.parametrize("pays_first", [True, False])
def test_paid_while_it_ends_unpaid_the_exchange_goes_on(pays_first: bool):
    exchange = uneven()
    not_paid(exchange)
    acts: list[Act] = [partial(pay, exchange.charge), ending.end_unpaid]
    answers = at_the_order(exchange.order, *(acts if pays_first else acts[::-1]))
    booked, ended = answers if pays_first else answers[::-1]
    assert (booked, ended) == (None, {"skipped": 1} if pays_first else {"ended": 1})
    assert money_and_goods(exchange) == ("requested", "paid", False, 1)
    assert is_sound()


def test_control_without_locks_the_money_is_kept_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch):
    exchange = uneven()
    not_paid(exchange)
    unlocked(monkeypatch)
    booked = come_between(
        partial(pay, exchange.charge), before='UPDATE "orders_exchangecharge"', meanwhile=ending.end_unpaid
    )
    assert booked is None
    assert Payment.objects.get(attempt__payable=exchange.charge.payable_id).role == "order"
    assert money_and_goods(exchange) == ("cancelled", "ended", False, 0)


# -- Two clerks, one exchange ---------------------------------------------------------------------------------------------
def ready() -> Exchange:
    """Return an even exchange whose unit came back and is for sale again."""
    order, line, other = order_with_sizes()
    exchange = ask(order, line, other)
    come_back(exchange)
    return exchange


def again(exchange: Exchange) -> Exchange:
    """Return the row as another clerk has it before them."""
    return Exchange.objects.get(pk=exchange.pk)


def sent(exchange: Exchange) -> tuple[int, int]:
    """Return how many lines and sales an exchange has made."""
    lines = OrderLine.everything.filter(order=exchange.order, replaces__isnull=False)
    return lines.count(), StockMovement.objects.filter(kind="sale", reference=exchange.number).count()


def test_two_clerks_and_the_job_release_it_once():
    exchange = ready()
    clerks = [partial(releasing.release, again(exchange), actor=STAFF) for _n in range(2)]
    assert at_the_order(exchange.order, *clerks, releasing.release_due) == [True, False, {"skipped": 1}]
    assert sent(exchange) == (1, 1)
    assert (ReturnDecision.objects.count(), Reservation.objects.filter(status="active").count()) == (1, 0)
    assert EmailLog.objects.filter(kind="exchange_released").count() == 1
    assert is_sound()


def test_control_without_locks_the_second_clerk_sends_it_again(monkeypatch: pytest.MonkeyPatch):
    """Without the order's lock the second is stopped by the unit's trigger alone; without that it is sent twice."""
    for is_guarded in (True, False):
        exchange = ready()
        with monkeypatch.context() as patched:
            unlocked(patched)
            second = partial(
                come_between,
                partial(releasing.release, again(exchange), actor=STAFF),
                before='INSERT INTO "orders_orderline"',
                meanwhile=partial(releasing.release, again(exchange), actor=STAFF),
            )
            if is_guarded:
                assert isinstance(second(), DatabaseError)
                assert sent(exchange) == (1, 1)
                continue
            # The return's decision is written once by its key: let each clerk's have its own.
            patched.setattr(releasing, "_decide", lambda *given, **more: None)
            with untriggered("orders_replacement"):
                assert second() is True
            assert sent(exchange) == (2, 2)


def test_two_who_approve_ask_for_the_difference_once():
    order, line, _size = order_with_sizes()
    exchange = ask(order, line, make_variant(units=1, price=line.unit_price + 1500))
    clerks = [
        partial(answering.approve, Return.objects.get(pk=exchange.rma_id), actor=STAFF) for _n in range(2)
    ]
    assert at_the_order(order, *clerks) == [True, False]
    assert ExchangeCharge.objects.filter(exchange=exchange).count() == 1
    assert EmailLog.objects.filter(kind="exchange_to_pay").count() == 1


# -- Money or goods -------------------------------------------------------------------------------------------------------
def owe_it(order: Order) -> Act:
    """Return an act that owes the buyer what was paid for the one unit, as it was when it was looked at."""
    lines = for_units(left_of(order), {order.lines.get().pk: 1})
    return partial(
        owing.owe,
        order,
        lines,
        reason="torn",
        dedupe_key="money",
        actor=STAFF,
        origin=Reimbursement.Origin.STAFF,
    )


def refund_it(order: Order) -> Act:
    """Return an act that refunds the one unit by the page of the payment."""
    (payment,), line = order.payments.all(), order.lines.get()
    back = RefundLine(order_line=line, quantity=1, amount=line.unit_price)
    return partial(
        refund_requests.request, payment, line.unit_price, "staff", "torn", "money", actor=STAFF, lines=[back]
    )


@pytest.mark.parametrize("exchanges_first", [True, False])
@pytest.mark.parametrize("give_back", [owe_it, refund_it])
def test_for_one_unit_there_is_money_or_goods(give_back: Callable[[Order], Act], exchanges_first: bool):
    order = delivered_order(1)
    line = order.lines.get()
    assert line.variant
    acts: list[Act] = [partial(ask, order, line, size_of(line.variant)), give_back(order)]
    answers = at_the_order(order, *(acts if exchanges_first else acts[::-1]))
    exchanged, refunded = answers if exchanges_first else answers[::-1]
    if exchanges_first:
        assert isinstance(exchanged, Exchange)
        assert isinstance(refunded, (owing.MoreThanPaid, refund_requests.LinesTaken))
    else:
        assert isinstance(exchanged, (NothingLeft, asking.MoreThanSent))
        assert isinstance(refunded, (Reimbursement, Refund))
    money = ReimbursementLine.objects.count() + RefundLine.objects.count()
    assert (Replacement.objects.count(), money) == ((1, 0) if exchanges_first else (0, 1))
    assert is_sound()


def test_control_without_the_triggers_one_unit_is_paid_back_and_exchanged(monkeypatch: pytest.MonkeyPatch):
    order = delivered_order(1)
    line = order.lines.get()
    assert line.variant
    exchange = partial(ask, order, line, size_of(line.variant))
    money = owe_it(order)
    unlocked(monkeypatch)
    with untriggered("orders_replacement"), untriggered("orders_returnline"):
        answer = come_between(exchange, before='INSERT INTO "orders_replacement"', meanwhile=money)
    assert isinstance(answer, Exchange)
    assert (Replacement.objects.count(), ReimbursementLine.objects.count()) == (1, 1)
    assert [found.rule for found in runner.check(scope="")] == [
        "no unit goes back twice, and no more than was paid for it"
    ]


# -- Cancelled while it is released ---------------------------------------------------------------------------------------
def cancelling(exchange: Exchange) -> Act:
    return partial(ending.cancel, again(exchange), end=Exchange.End.BUYER, actor="buyer")


@pytest.mark.parametrize("releases_first", [True, False])
def test_cancelled_while_it_is_released_one_of_the_two_is_done(releases_first: bool):
    exchange = ready()
    acts: list[Act] = [partial(releasing.release, again(exchange), actor=STAFF), cancelling(exchange)]
    answers = at_the_order(exchange.order, *(acts if releases_first else acts[::-1]))
    assert answers[0] is True
    assert isinstance(answers[1], NotOpen)
    exchange.refresh_from_db()
    assert exchange.status == ("released" if releases_first else "cancelled")
    assert sent(exchange) == ((1, 1) if releases_first else (0, 0))
    assert exchange.units.filter(dropped_at=None).exists() == releases_first
    assert reserved(exchange) == 0
    assert exchange.rma.lines.get().wish == ("exchange" if releases_first else "money")
    assert is_sound()


def test_control_without_locks_what_was_cancelled_is_sent(monkeypatch: pytest.MonkeyPatch):
    """Without the order's lock a constraint stops the second; without that the buyer has both."""
    for is_guarded in (True, False):
        exchange = ready()
        with monkeypatch.context() as patched:
            unlocked(patched)
            release = partial(
                come_between,
                partial(releasing.release, again(exchange), actor=STAFF),
                before='INSERT INTO "orders_orderline"',
                meanwhile=cancelling(exchange),
            )
            if is_guarded:
                assert isinstance(release(), IntegrityError)
                assert sent(exchange) == (0, 0)
                continue
            with without("replacement_sent_is_not_dropped"):
                assert release() is True
                exchange.refresh_from_db()
                assert (exchange.status, sent(exchange)) == ("cancelled", (1, 1))
                with untriggered("orders_replacement"):
                    Replacement.objects.update(dropped_at=None)
