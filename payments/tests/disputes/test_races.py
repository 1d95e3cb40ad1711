"""Disputes processed concurrently, and an order put on hold at the moment when it is being sent."""

from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from orders.fulfilment import holds
from orders.models import Order, OrderHold
from orders.tests.factories import make_order
from payments.disputes import disputes
from payments.models import Dispute
from payments.settlement import settle
from payments.tests.disputes.test_disputes import mails, paid
from payments.tests.settlement.test_races import at_once
from payments.tests.world import GATEWAYS, World, post
from tests.races.tools.rendezvous import meet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_everybody_tells_of_a_dispute_at_once(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    providers.dispute(attempt, there)
    letters = providers.letters()
    knocks = [lambda letter=letter: post(letter).status_code for letter in letters * 2]
    asks = [lambda: settle.settle(attempt_id=attempt.pk, actor="race") for _turn in range(4)]
    results = at_once(*knocks, *asks)
    assert not [result for result in results if isinstance(result, Exception)]
    at_once(providers.work, providers.work)
    assert (Dispute.objects.count(), OrderHold.objects.count(), mails("dispute_opened")) == (1, 1, 1)


def test_control_without_the_attempts_lock_the_race_shows(providers: World, monkeypatch: pytest.MonkeyPatch):
    """Mirror the same dispute four times at once without the lock: the database must object to the second."""
    attempt, there = paid(providers, "stripe")
    payment = attempt.payments.get()
    providers.dispute(attempt, there)
    snapshot = settle.ask(attempt)
    together = Barrier(4)
    write = disputes._write

    def all_together(*arguments: Any) -> None:
        together.wait(60)
        write(*arguments)

    monkeypatch.setattr(disputes, "_write", all_together)

    def mirror() -> None:
        with transaction.atomic():
            disputes.upsert(payment, snapshot.payments[0], fetched_at=snapshot.fetched_at, actor="race")

    results = at_once(*[mirror] * 4)
    assert len([result for result in results if isinstance(result, IntegrityError)]) == 3
    assert Dispute.objects.count() == 1


def test_reminders_by_two_workers_go_out_once(providers: World):
    attempt, there = paid(providers, "stripe")
    providers.dispute(attempt, there)
    settle.settle(attempt_id=attempt.pk, actor="test")
    near = Dispute.objects.get().respond_by
    results = at_once(*[lambda: disputes.remind_due(now=near - timedelta(hours=5))] * 6)
    assert not [result for result in results if isinstance(result, Exception)]
    assert mails("dispute_reminder") == 1


def hold(order: Order) -> OrderHold:
    return holds.place_hold(
        order, kind=OrderHold.Kind.DISPUTE, source="dispute:x:1", reason="disputed", actor="race"
    )


def test_an_order_that_is_being_sent_is_held_afterwards_and_not_meanwhile():
    order = make_order()
    held: list[bool] = []
    answer = meet(
        partial(hold, order),
        first=partial(holds.demand_free, order),
        # The hold waits for us, who are sending.
        then=lambda: held.append(OrderHold.objects.exists()),
    )
    assert isinstance(answer, OrderHold), answer
    assert held == [False]
    with pytest.raises(holds.HeldBack), transaction.atomic():
        holds.demand_free(order)


def test_the_same_cause_holds_once_whoever_is_faster():
    order = make_order()
    results = at_once(*[lambda: hold(order).pk] * 6)
    assert len(set(results)) == 1
    assert OrderHold.objects.count() == 1
