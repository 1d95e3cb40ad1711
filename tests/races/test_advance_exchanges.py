"""A new unit is sent before the old one came, while somebody ends the exchange: one of the two, and one unit."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from orders.exchanges import ending, releasing
from orders.exchanges.rows import NotOpen
from orders.models import Exchange, Order, OrderLine
from orders.returns import answering
from orders.tests.exchanges.exchanges import approve, ask, come_back, order_with_sizes, reserved
from orders.tests.exchanges.exchanges import stock_is_sound as is_sound
from orders.tests.returns.returns import STAFF
from shop.core.models import EmailLog
from tests.races.tools.rendezvous import come_between, meet_at_a_lock
from tests.support.unlocked import without_row_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def exchange(settings: Any) -> Exchange:
    """Return an exchange whose return is approved, and is still on its way."""
    settings.EXCHANGE_ADVANCE = True
    made = ask(*order_with_sizes())
    approve(made)
    return made


def again(exchange: Exchange) -> Exchange:
    return Exchange.objects.select_related("order", "rma").get(pk=exchange.pk)


def sends(exchange: Exchange) -> Any:
    return partial(releasing.release, again(exchange), is_advance=True, reason="known", actor=STAFF)


def cancels(exchange: Exchange) -> Any:
    return partial(ending.cancel, again(exchange), end=Exchange.End.BUYER, actor="buyer")


def sold_instead(exchange: Exchange) -> int:
    return OrderLine.everything.filter(order=exchange.order, replaces__isnull=False).count()


def at_the_order(exchange: Exchange, *acts: Any) -> list[Any]:
    lock = partial(Order.objects.select_for_update().get, pk=exchange.order_id)
    return meet_at_a_lock(acts, lock=lock, in_turn=True)


def test_two_clerks_send_one_unit_in_advance(exchange: Exchange):
    assert at_the_order(exchange, sends(exchange), sends(exchange)) == [True, False]
    assert (sold_instead(exchange), reserved(exchange)) == (1, 0)
    assert EmailLog.objects.filter(kind="exchange_released").count() == 1
    assert is_sound()


@pytest.mark.parametrize("sends_first", [True, False])
def test_it_is_sent_in_advance_or_cancelled(exchange: Exchange, sends_first: bool):
    acts = [sends(exchange), cancels(exchange)]
    answers = at_the_order(exchange, *(acts if sends_first else acts[::-1]))
    assert isinstance(answers[1], NotOpen), answers
    assert again(exchange).status == ("released" if sends_first else "cancelled")
    assert (sold_instead(exchange), reserved(exchange)) == (int(sends_first), 0)
    assert is_sound()


def test_sent_in_advance_while_its_return_expires_it_is_one_of_the_two(exchange: Exchange):
    """What was sent in advance still waits for the old unit; what has expired is not sent any more."""
    rma = exchange.rma
    type(rma).objects.filter(pk=rma.pk).update(send_by=timezone.now() - timedelta(days=1))
    answers = at_the_order(exchange, sends(exchange), answering.expire_due)
    fresh = again(exchange)
    assert (answers[0], fresh.status, sold_instead(exchange)) == (True, "released", 1)
    assert is_sound()


def test_the_old_unit_that_comes_afterwards_is_settled_and_is_no_money(exchange: Exchange):
    sends(exchange)()
    come_back(again(exchange))
    fresh = again(exchange)
    assert (fresh.rma.status, fresh.order.reimbursements.count()) == ("closed", 0)
    assert is_sound()


def test_control_without_the_lock_only_the_database_refuses_what_was_cancelled(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
):
    """It is on the point of being sent; neither the look at its state nor the move of it stand in the way."""
    without_row_locks(monkeypatch)
    monkeypatch.setattr(releasing, "_move", lambda *_given, **_more: None)
    answer = come_between(sends(exchange), before='UPDATE "orders_replacement"', meanwhile=cancels(exchange))
    assert isinstance(answer, IntegrityError), answer
    assert "replacement_sent_is_not_dropped" in str(answer)
