"""What a claim settled and what comes back after it: nothing is paid twice, and the shipping belongs to a whole order."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from inventory.checks import runner
from orders.claims import approving, resolving
from orders.claims.approving import Answer
from orders.fulfilment import shipments
from orders.models import Claim, Order, OrderLine
from orders.returns import asking, deciding, receiving
from orders.tests.claims.claims import claim_of
from orders.tests.returns.returns import STAFF, approved, delivered_order, paid_order, wanted
from payments.refunds import reimbursing

# Not so dear that the shipping is free.
CHEAP = Decimal(1000)


def settle(claim: Claim, **given: Any) -> None:
    approving.approve(claim, Answer(**given), actor=STAFF)
    resolving.resolve(claim, actor=STAFF)


@pytest.fixture(scope="module")
def arrived_after_all(shared_rows: Any) -> Iterator[tuple[Order, OrderLine]]:
    """An order of two units that never arrived and were paid back; then the parcel is delivered."""
    with shared_rows():
        order = paid_order(2, price=CHEAP)
        shipment = shipments.prepare(order, key="s", actor=STAFF)
        shipments.ship(shipment, actor=STAFF)
        line = order.lines.get()
        claim = claim_of(order, line, 2, reason="never_arrived")
        settle(claim, refund={claim.lines.get().pk: 2})
        shipments.deliver(shipment, actor=STAFF)
        yield order, line


@pytest.mark.django_db
def test_the_shipping_comes_back_with_all_that_arrived_after_all_and_not_with_a_part(arrived_after_all):
    order, line = arrived_after_all
    assert order.shipping_total
    assert asking.quote(order, [wanted(line)]).total == 0
    whole = asking.quote(order, [wanted(line, 2)])
    assert (whole.freight, whole.total) == (order.shipping_total, order.shipping_total)
    totals = []
    for _unit in range(2):
        rma = approved(order, wanted(line))
        made = deciding.decide(
            rma, deciding.Choice(units=deciding.open_units(rma)), key=rma.number, actor=STAFF
        )
        totals.append(made.total)
    assert totals == [0, order.shipping_total]
    deciding.pay_back(made, actor=STAFF)
    reimbursing.pay_due()
    assert order.money.promised == order.total
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_what_never_came_at_all_does_not_keep_the_shipping_of_the_rest():
    order = delivered_order(2, price=CHEAP)
    line = order.lines.get()
    claim = claim_of(order, line, 1, reason="missing")
    settle(claim, refund={claim.lines.get().pk: 1})
    assert asking.quote(order, [wanted(line)]).freight == order.shipping_total


@pytest.mark.django_db
def test_a_return_with_a_unit_that_a_claim_replaced_is_decided_and_pays_the_others():
    order = delivered_order(3)
    line = order.lines.get()
    claim = claim_of(order, line, 1)
    settle(claim, replace={claim.lines.get().pk: 1})
    rma = approved(order, wanted(line, 3))
    receiving.receive(rma, {line.pk: 3}, parcel=1, actor=STAFF)
    shown = deciding.quote(rma, deciding.Choice(units=deciding.open_units(rma)))
    assert [(one.units, one.settled) for one in shown.lines] == [(3, 1)]
    choice = deciding.Choice(units=deciding.open_units(rma))
    made = deciding.decide(rma, choice, key="all", actor=STAFF, expected=shown.seen)
    assert made.total == line.unit_price * 2 == shown.total
    assert deciding.decide(rma, choice, key="all", actor=STAFF) == made
    settled = rma.decisions.exclude(pk=made.pk).get()
    assert (settled.total, settled.reason) == (Decimal(0), f"claim {claim.number}")
    assert not any(deciding.open_units(rma).values())
    assert deciding.pay_back(made, actor=STAFF).amount == made.total
    assert runner.check(scope="") == []
