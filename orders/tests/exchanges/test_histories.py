"""Histories of exchanges, claims, returns and refunds of a small order: what may go back grows by what is paid alone,
and all of it ends at the same total, whatever came first.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Variant
from inventory.checks import runner
from orders.claims import approving, opening, resolving
from orders.exchanges import ending, releasing
from orders.fulfilment import remaining
from orders.models import Exchange, ExchangeCharge, Order, OrderLine, Reimbursement
from orders.reimbursements import owing
from orders.reimbursements.left import for_units, left_of
from orders.tests.exchanges.exchanges import approve, ask, come_back, order_with_sizes, pay, worth
from orders.tests.factories import make_variant
from orders.tests.returns.returns import STAFF, deliver
from tests.support.soak import amount

EXAMPLES = amount("histories of exchanges, claims and refunds of an order", usual=6, soak=100)
ACTS = st.lists(
    st.tuples(st.sampled_from(["exchange", "cheaper", "half", "claim", "paid back"]), st.integers(0, 5)),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, Variant, Variant]]:
    """An order, another size of one of its products (dearer than the other product), and something cheaper."""
    with shared_rows():
        order, line, other = order_with_sizes(units=9)
        yield order, other, make_variant(units=9, price=line.unit_price - 1000)


def open_lines(order: Order) -> list[OrderLine]:
    return [one.line for one in left_of(order).lines if one.left and one.line.variant_id]


def act(name: str, order: Order, line: OrderLine, other: Variant) -> None:
    """Do one act about one unit of a line that is left."""
    if name == "claim":
        key = uuid4().hex
        claim = opening.open_claim(order, {line.pk: 1}, reason="defective", key=key, actor="buyer")
        approving.approve(claim, approving.Answer(replace={claim.lines.get().pk: 1}), actor=STAFF)
        resolving.resolve(claim, actor=STAFF)
    elif name == "paid back":
        lines = for_units(left_of(order), {line.pk: 1})
        owing.owe(
            order, lines, reason="x", dedupe_key=uuid4().hex, actor=STAFF, origin=Reimbursement.Origin.STAFF
        )
    elif (
        line.variant_id != other.pk and not Exchange.objects.filter(order=order, status="requested").exists()
    ):
        exchange_it(order, line, other, is_whole=name != "half")


def exchange_it(order: Order, line: OrderLine, other: Variant, *, is_whole: bool) -> None:
    """Exchange one unit, and pay the difference if it is asked for; not `is_whole`: no unit comes back."""
    exchange = ask(order, line, other)
    come_back(exchange) if is_whole else approve(exchange)
    for charge in ExchangeCharge.objects.filter(exchange=exchange):
        if is_whole:
            with pytest.raises(releasing.NotPaid):
                releasing.release(exchange, actor=STAFF)
        pay(charge)
    if is_whole:
        assert releasing.release(exchange, actor=STAFF)


def paid_in() -> Decimal:
    """Return what was paid for exchanges."""
    return sum(ExchangeCharge.objects.filter(status="paid").values_list("amount", flat=True), Decimal(0))


@pytest.mark.django_db
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=ACTS)
def test_any_order_ends_at_the_same_total_and_nothing_grows(sizes, history):
    order, other, cheaper = sizes
    with transaction.atomic():
        total = worth(order)
        for name, which in history:
            lines = open_lines(order)
            if not lines:
                break
            before, paid = worth(order), paid_in()
            act(name, order, lines[which % len(lines)], cheaper if name == "cheaper" else other)
            if any(one.left for one in unsent(order)):
                deliver(order)
            assert worth(order) <= before + paid_in() - paid
        for exchange in Exchange.objects.filter(status="requested"):
            ending.cancel(exchange, end=Exchange.End.STAFF, actor=STAFF)
        owed = sum(Reimbursement.objects.values_list("amount", flat=True), Decimal(0))
        assert worth(order) + owed == total + paid_in()
        assert not runner.check(scope="")
        transaction.set_rollback(True)


def unsent(order: Order) -> Any:
    return remaining.lines().filter(order=order, left__gt=0)
