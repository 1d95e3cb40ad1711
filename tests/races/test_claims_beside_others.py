"""A claim beside a return or a cancellation of the same line: each unit goes back once, for what was paid for it."""

from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from orders.cancellation.cancelling import cancel as cancel_order
from orders.claims import approving, opening, resolving
from orders.claims.approving import Answer
from orders.fulfilment import shipments
from orders.models import Cancellation, Claim, Order, Reimbursement, Return, ReturnDecision
from orders.reimbursements.owing import MoreThanPaid
from orders.returns import deciding
from orders.returns.deciding import Choice
from orders.tests.admin.test_orders import pay as paid
from orders.tests.claims.claims import claim_of
from orders.tests.exchanges.exchanges import stock
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.returns.returns import STAFF, approved, ask, wanted
from payments.models import Refund
from payments.refunds import reimbursing
from tests.histories.after_sale.whole import lessen
from tests.races.test_claims import (
    again,
    at_the_order,
    delivered,
    given_back,
    is_sound,
    unlocked,
    untriggered,
)
from tests.races.tools.concurrency import surprises
from tests.races.tools.rendezvous import come_between

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
Act = Callable[[], Any]


# -- A claim's money against a return's ---------------------------------------------------------------------------------------
def claimed_and_returned(answer: str) -> tuple[Order, list[Act]]:
    """Return an order of two units, both in an approved claim and in a return that was decided, and who pays each."""
    order = delivered(2)
    line = order.lines.get()
    claim = claim_of(order, line, 2, reason="defective")
    key = claim.lines.get().pk
    whole = line.unit_price * 2
    given = Answer(partial=whole) if answer == "credit" else Answer(refund={key: 2})
    approving.approve(claim, given, actor=STAFF)
    rma = approved(order, wanted(line, 2, "defective"))
    made = deciding.decide(rma, Choice(units={rma.lines.get().pk: 2}), key="d", actor=STAFF)
    return order, [
        partial(resolving.resolve, again(claim), actor=STAFF),
        partial(deciding.pay_back, ReturnDecision.objects.get(pk=made.pk), actor=STAFF),
    ]


@pytest.mark.parametrize("claims_first", [True, False])
@pytest.mark.parametrize("answer", ["credit", "refund"])
def test_a_line_is_paid_back_by_its_claim_or_by_its_return(answer: str, claims_first: bool):
    order, acts = claimed_and_returned(answer)
    first, second = at_the_order(order, *(acts if claims_first else acts[::-1]))
    assert not isinstance(first, Exception)
    assert isinstance(second, (MoreThanPaid, deciding.LessIsLeft))
    assert given_back(order) == order.subtotal
    assert Claim.objects.get().status == ("resolved" if claims_first else "approved")
    assert (Return.objects.get().decisions.get().reimbursement is None) == claims_first
    assert is_sound()


@pytest.mark.parametrize("answer", ["credit", "refund"])
def test_control_without_the_triggers_a_line_is_paid_back_twice(answer: str, monkeypatch: pytest.MonkeyPatch):
    order, acts = claimed_and_returned(answer)
    for module in (resolving, deciding):
        monkeypatch.setattr(module, "closes_otherwise", lambda *_given: [])
    with untriggered("orders_reimbursement", "orders_reimbursementline"):
        answers = at_the_order(order, *acts)
    assert not surprises(answers)
    assert given_back(order) == order.subtotal * 2


# -- A claim against a return of the same unit ------------------------------------------------------------------------------
def claim_and_return() -> tuple[Order, list[Act]]:
    """Return an order of one unit that has arrived, and its buyer in two tabs: one claims it, one wants to return it."""
    order = delivered(1)
    line = order.lines.get()
    return order, [partial(claim_of, order, line), partial(ask, order, wanted(line))]


@pytest.mark.parametrize("claims_first", [True, False])
def test_what_is_in_a_return_is_not_claimed(claims_first: bool):
    """A claim that came first stands: whoever has claimed a unit may still want to give it back."""
    order, acts = claim_and_return()
    _first, second = at_the_order(order, *(acts if claims_first else acts[::-1]))
    assert isinstance(second, Return if claims_first else opening.ComingBack)
    assert (Claim.objects.count(), Return.objects.count()) == (int(claims_first), 1)
    assert is_sound()


@pytest.mark.parametrize("is_guarded", [True, False])
def test_control_without_the_lock_the_trigger_alone_keeps_a_returned_unit_from_a_claim(
    is_guarded: bool, monkeypatch: pytest.MonkeyPatch
):
    _order, (claims, returns) = claim_and_return()
    unlocked(monkeypatch)
    with nullcontext() if is_guarded else untriggered("orders_claimline"):
        answer = come_between(claims, before='INSERT INTO "orders_claim"', meanwhile=returns)
    assert isinstance(answer, opening.MoreThanSent if is_guarded else Claim)


# -- A claim against a cancellation of the rest -----------------------------------------------------------------------------
def claim_and_cancellation() -> tuple[Order, Act, Act]:
    """Return an order of two units, less a cent: what resolves the claim of the one that was sent, and cancels the other."""
    order = make_order(make_cart((make_variant(units=9), 2)))
    lessen(order, Decimal("-0.01"))
    paid(order, str(order.number))
    Refund.objects.filter(payment__order=order).delete()
    line = order.lines.get()
    shipments.ship(shipments.prepare(order, key=uuid4().hex, units={line.pk: 1}, actor=STAFF), actor=STAFF)
    claim = claim_of(order, line, 1, reason="never_arrived")
    approving.approve(claim, Answer(refund={claim.lines.get().pk: 1}), actor=STAFF)
    return (
        order,
        partial(resolving.resolve, again(claim), actor=STAFF),
        partial(cancel_order, order, by="staff", reason="other", expected=None, key="k", actor=STAFF),
    )


@pytest.mark.parametrize("claims_first", [True, False])
def test_what_was_sent_is_claimed_while_the_rest_is_cancelled(claims_first: bool):
    """One unit was sent and claimed, one is cancelled: each goes back once, together what was paid for the line."""
    order, *acts = claim_and_cancellation()
    answers = at_the_order(order, *(acts if claims_first else acts[::-1]))
    assert not surprises(answers)
    assert given_back(order) == order.subtotal - Decimal("0.01")
    for owed in Reimbursement.objects.filter(order=order):
        assert reimbursing.pay(owed.pk) in {"paying", "skipped"}
    assert sum(one.amount for one in Refund.objects.filter(payment__order=order)) == given_back(order)
    variant = order.lines.get().variant
    assert variant
    assert stock(variant) == (8, 0)
    assert is_sound()


def test_control_without_locks_and_triggers_the_last_unit_brings_what_the_first_one_did(
    monkeypatch: pytest.MonkeyPatch,
):
    order, resolves, cancels = claim_and_cancellation()
    unlocked(monkeypatch)
    with untriggered("orders_reimbursement", "orders_reimbursementline"):
        answer = come_between(cancels, before='INSERT INTO "orders_reimbursement"', meanwhile=resolves)
    assert isinstance(answer, Cancellation)
    assert given_back(order) != order.subtotal - Decimal("0.01")
