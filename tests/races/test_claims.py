"""Claims under many hands at once, and killed half-way: one answer, and never more money or goods than were paid for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.db.models import Sum

from catalog.models import Variant
from inventory.checks import runner
from inventory.ledger import receive
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.reservations import InsufficientStock
from inventory.reservations.replacements import units_of
from orders.cart import carts
from orders.claims import approving, opening, resolving
from orders.claims.approving import Answer
from orders.claims.rows import NotOpen
from orders.models import (
    Cart,
    CartLine,
    Claim,
    ClaimLine,
    Order,
    OrderLine,
    Reimbursement,
    Replacement,
)
from orders.tests.admin.test_orders import pay as paid
from orders.tests.claims.claims import claim_of
from orders.tests.exchanges.exchanges import order_with_sizes, stock
from orders.tests.factories import make_cart, make_order, make_variant, warehouse
from orders.tests.returns.returns import STAFF, deliver
from payments.models import Refund
from payments.refunds import reimbursing
from shop.core.models import EmailLog, Event
from tests.races.test_killed_worker import DONE, KILLED, MOST, KilledProcess, _processes, killed
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.rendezvous import come_between, meet_at_a_lock, stopping, without
from tests.support.soak import amount
from tests.support.unlocked import without_row_locks

__all__ = ["_processes", "killed"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
Act = Callable[[], Any]
STRIDE = amount("kill points of a claim's approval and its carrying out, one in", usual=45, soak=1)


def at_the_order(order: Order, *acts: Act) -> list[Any]:
    return meet_at_a_lock(acts, lock=lambda: Order.objects.select_for_update().get(pk=order.pk), in_turn=True)


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard out: rows are judged as they were read."""
    without_row_locks(monkeypatch)


@contextmanager
def untriggered(*tables: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def is_sound() -> bool:
    found = runner.check(scope="")
    assert not found, [(one.rule, one.expected, one.found) for one in found]
    return True


def again(claim: Claim) -> Claim:
    """Return the row as another clerk has it before them."""
    return Claim.objects.select_related("order").get(pk=claim.pk)


def delivered(units: int) -> Order:
    """Return a paid order of so many units that have arrived, beside others of which money has gone back."""
    order = make_order(make_cart((make_variant(units=9), units)))
    paid(order, str(order.number))
    Refund.objects.filter(payment__order=order).delete()
    deliver(order)
    return order


def given_back(order: Order) -> Decimal:
    found = order.reimbursements.exclude(status="failed").aggregate(sum=Sum("amount"))["sum"]
    return Decimal(found or 0)


# -- Two clerks, one claim ------------------------------------------------------------------------------------------------
def two_answers(claim: Claim, other: Variant) -> list[Act]:
    """Return two clerks who answer a claim about one unit: by another size, and by the same again."""
    key = claim.lines.get().pk
    return [
        partial(approving.approve, again(claim), Answer(replace={key: 1}, variants=variants), actor=STAFF)
        for variants in ({key: other.pk}, {})
    ]


@pytest.mark.parametrize("first", [0, 1])
def test_two_clerks_approve_one_claim_once_and_the_first_answer_holds(first: int):
    order, line, other = order_with_sizes()
    claim = claim_of(order, line)
    acts = two_answers(claim, other)
    assert at_the_order(order, *(acts[::-1] if first else acts)) == [True, False]
    assert [unit.variant for unit in claim.units.all()] == [line.variant if first else other]
    assert sum(units_of(claim.pk).values()) == 1
    assert Event.objects.filter(subject_id=claim.pk, to_state="approved").count() == 1
    assert is_sound()


def test_control_without_locks_two_answers_reserve_two_units_for_one(monkeypatch: pytest.MonkeyPatch):
    order, line, other = order_with_sizes()
    claim = claim_of(order, line)
    mine, theirs = two_answers(claim, other)
    unlocked(monkeypatch)
    answer = come_between(mine, before='UPDATE "orders_claimline"', meanwhile=theirs)
    assert answer is True, "it saw an open claim"
    assert claim.units.count() == 2
    assert sum(units_of(claim.pk).values()) == 2


def test_approved_denied_cancelled_and_resolved_by_many_a_claim_ends_once():
    order, line, _other = order_with_sizes()
    claim = claim_of(order, line, 2)
    key = claim.lines.get().pk
    answer = Answer(replace={key: 1}, refund={key: 1})
    answers = together(
        [partial(approving.approve, again(claim), answer, actor=STAFF) for _n in range(4)]
        + [partial(opening.deny, again(claim), answer="no", actor=STAFF) for _n in range(2)]
        + [partial(opening.cancel, again(claim), actor="buyer") for _n in range(2)]
    )
    assert not surprises(answers, NotOpen)
    assert answers.count(True) == 1
    claim.refresh_from_db()
    assert (claim.units.count(), claim.status == "approved") in ((1, True), (0, False))
    if claim.status == "approved":
        ends = together([partial(resolving.resolve, again(claim), actor=STAFF) for _n in range(6)])
        assert not surprises(ends)
        assert ends.count(True) == 1
        assert (Reimbursement.objects.count(), OrderLine.everything.filter(replaces=line).count()) == (1, 1)
    mails = EmailLog.objects.filter(kind__in=("claim_resolved", "claim_ended"))
    assert mails.count() == 1
    assert is_sound()


# -- A claim that its buyer cancels -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("cancels_first", [True, False])
def test_cancelled_by_its_buyer_while_it_is_approved_it_is_one_of_the_two(cancels_first: bool):
    order, line, _other = order_with_sizes()
    claim = claim_of(order, line)
    answer = Answer(replace={claim.lines.get().pk: 1})
    acts: list[Act] = [
        partial(approving.approve, again(claim), answer, actor=STAFF),
        partial(opening.cancel, again(claim), actor="buyer"),
    ]
    first, second = at_the_order(order, *(acts[::-1] if cancels_first else acts))
    assert first is True
    assert isinstance(second, NotOpen)
    claim.refresh_from_db()
    reserved = sum(units_of(claim.pk).values())
    assert (claim.status, reserved) == (("cancelled", 0) if cancels_first else ("approved", 1))
    assert is_sound()


def test_control_without_locks_a_cancelled_claim_has_its_units_reserved(monkeypatch: pytest.MonkeyPatch):
    order, line, _other = order_with_sizes()
    claim = claim_of(order, line)
    answer = Answer(replace={claim.lines.get().pk: 1})
    unlocked(monkeypatch)
    come_between(
        partial(approving.approve, again(claim), answer, actor=STAFF),
        before='UPDATE "orders_claim"',
        meanwhile=partial(opening.cancel, again(claim), actor="buyer"),
    )
    claim.refresh_from_db()
    assert (claim.status, sum(units_of(claim.pk).values())) == ("cancelled", 1)


# -- One unit in two claims -------------------------------------------------------------------------------------------------
def twin_claims() -> tuple[OrderLine, list[Act]]:
    """Return a line of one unit, and two who write it into a claim after both have seen that it is free, unlocked."""
    order = delivered(1)
    line = order.lines.get()
    barrier = Barrier(2, timeout=PATIENCE)
    twins = [
        Claim.objects.create(order=order, ordinal=n, reason="missing", dedupe_key=uuid4().hex) for n in (1, 2)
    ]
    return line, [
        stopping(
            partial(ClaimLine.objects.create, claim=twin, order_line=line, quantity=1),
            before='INSERT INTO "orders_claimline"',
            wait=barrier.wait,
        )
        for twin in twins
    ]


def test_two_tabs_claim_the_last_unit_once():
    order, line, _other = order_with_sizes()
    tabs = [partial(claim_of, order, line, 3, key=str(n)) for n in range(4)]
    answers = at_the_order(order, *tabs)
    assert count(answers, opening.MoreThanSent) == 3
    twice = together([partial(claim_of, order, order.lines.exclude(pk=line.pk).get(), key="form")] * 4)
    assert not surprises(twice)
    assert len({one.pk for one in twice}) == 1
    assert is_sound()


def test_control_without_the_trigger_one_unit_is_in_two_claims():
    line, acts = twin_claims()
    assert count(together(acts), DatabaseError) == 1
    line, acts = twin_claims()
    with untriggered("orders_claimline"):
        assert not surprises(together(acts))
    assert ClaimLine.objects.filter(order_line=line).count() == 2


# -- The last unit ----------------------------------------------------------------------------------------------------------
def who_want_one() -> tuple[Variant, Claim, list[Act]]:
    """Return a size of which one unit is left, a claim to be answered by it, and a shopper who puts it into a cart."""
    order, line, other = order_with_sizes(units=1)
    claim = claim_of(order, line)
    key = claim.lines.get().pk
    answer = Answer(replace={key: 1}, variants={key: other.pk})
    return (
        other,
        claim,
        [
            partial(approving.approve, again(claim), answer, actor=STAFF),
            partial(carts.add, cart=Cart.objects.create(), variant_id=other.pk, quantity=1, actor="shopper"),
        ],
    )


@pytest.mark.parametrize("claims_first", [True, False])
def test_the_last_unit_is_had_by_a_claim_or_by_a_cart(claims_first: bool):
    other, claim, acts = who_want_one()
    answers = meet_at_a_lock(
        acts if claims_first else acts[::-1],
        lock=lambda: StockLevel.objects.select_for_update().get(variant=other),
        in_turn=True,
    )
    assert answers[0] is True if claims_first else isinstance(answers[0], CartLine)
    assert isinstance(answers[1], InsufficientStock)
    claim.refresh_from_db()
    assert claim.status == ("approved" if claims_first else "open")
    assert Replacement.objects.count() == (1 if claims_first else 0)
    assert stock(other) == (1, 1)
    assert is_sound()


def test_control_without_the_levels_lock_the_last_unit_is_promised_to_two_claims(
    monkeypatch: pytest.MonkeyPatch,
):
    """Both see one unit and reserve it: beside the lock only the table's own constraint stands between."""
    other, _claim, acts = who_want_one()
    second = claim_of(order := delivered(2), order.lines.get(), key="second")
    key = second.lines.get().pk
    answer = Answer(replace={key: 1}, variants={key: other.pk})
    unlocked(monkeypatch)
    barrier = Barrier(2, timeout=PATIENCE)
    both = [
        stopping(act, before='INSERT INTO "inventory_reservation"', wait=barrier.wait)
        for act in (acts[0], partial(approving.approve, again(second), answer, actor=STAFF))
    ]
    with without("stocklevel_reserved_within_on_hand"):
        assert not surprises(together(both))
        assert stock(other) == (1, 2)
        receive(variant_id=other.pk, location_id=warehouse().pk, quantity=1, note="control", actor=STAFF)


# -- Killed half-way ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("answer", ["both", "partial"])
def test_killed_at_any_step_a_claim_is_answered_and_carried_out_once(killed: KilledProcess, answer: str):
    """Approved and resolved, each killed at a step and done again: nothing is half, and in the end each is there once."""
    deaths, is_alive = 0, False
    for step in range(4, MOST, STRIDE):
        order = delivered(2)
        line = order.lines.get()
        assert line.variant
        claim = claim_of(order, line, 2, key=str(order.pk))
        statuses = [killed.do("answer-claim", claim.pk, answer, dies_at=step)]
        claim.refresh_from_db()
        assert claim.status in ("open", "approved"), f"after a death at step {step}"
        if claim.status == "open":
            assert not claim.units.exists()
            assert stock(line.variant) == (7, 0)
        assert approving.approve(claim, answer_of(claim, answer), actor=STAFF) in (True, False)
        statuses.append(killed.do("resolve-claim", claim.pk, dies_at=step))
        resolving.resolve(claim, actor=STAFF)
        sent = 1 if answer == "both" else 0
        claim.refresh_from_db()
        assert (claim.status, claim.units.count(), sum(units_of(claim.pk).values())) == ("resolved", sent, 0)
        assert OrderLine.everything.filter(order=order, replaces=line).count() == sent
        assert stock(line.variant) == (7 - sent, 0), f"after a death at step {step}"
        assert StockMovement.objects.filter(reference=claim.number).count() == sent
        reimbursing.pay_due()
        assert [one.amount for one in Refund.objects.filter(payment__order=order)] == [line.unit_price]
        assert EmailLog.objects.filter(kind="claim_resolved", trail=order.trail).count() == 1
        assert not Reservation.objects.filter(status="active").exists()
        is_alive = set(statuses) == {DONE}
        assert set(statuses) <= {DONE, KILLED}
        deaths += statuses.count(KILLED)
        if is_alive:
            break
    assert is_alive
    assert deaths >= 2
    assert is_sound()


def answer_of(claim: Claim, answer: str) -> Answer:
    """Return the answer that the process which is killed gives (`tests.races.tools.killed_process`)."""
    line = claim.lines.select_related("order_line").get()
    if answer == "partial":
        return Answer(partial=line.order_line.unit_price)
    return Answer(replace={line.pk: 1}, refund={line.pk: 1})
