"""Histories of exchanges, claims, returns and refunds of a small order: what may go back never grows, and all of it
ends at the same total, whatever came first.
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
from orders.models import Exchange, Order, OrderLine, Reimbursement
from orders.reimbursements import owing
from orders.reimbursements.left import for_units, left_of
from orders.returns.asking import MoreThanSent
from orders.tests.exchanges.exchanges import ask, come_back, order_with_sizes
from orders.tests.returns.returns import STAFF, deliver

ACTS = st.lists(
    st.tuples(st.sampled_from(["exchange", "half", "claim", "paid back"]), st.integers(0, 5)),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes(units=9)


def worth(order: Order) -> Decimal:
    return sum((one.owed(one.left) for one in left_of(order).lines), Decimal(0))


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
        exchange = ask(order, line, other)
        if name == "exchange":
            come_back(exchange)
            releasing.release(exchange, actor=STAFF)


@pytest.mark.django_db
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=ACTS)
def test_any_order_ends_at_the_same_total_and_nothing_grows(sizes, history):
    order, _line, other = sizes
    with transaction.atomic():
        total, owed = worth(order), Decimal(0)
        for name, which in history:
            lines = open_lines(order)
            if not lines:
                break
            before = worth(order)
            try:
                with transaction.atomic():
                    act(name, order, lines[which % len(lines)], other)
            except (opening.MoreThanSent, releasing.NotReceived, releasing.NotPaid, MoreThanSent):
                continue
            if any(one.left for one in unsent(order)):
                deliver(order)
            owed = sum(Reimbursement.objects.values_list("amount", flat=True), Decimal(0))
            assert worth(order) <= before
        for exchange in Exchange.objects.filter(status="requested"):
            ending.cancel(exchange, end=Exchange.End.STAFF, actor=STAFF)
        assert worth(order) + owed == total
        assert not runner.check(scope="")
        transaction.set_rollback(True)


def unsent(order: Order) -> Any:
    return remaining.lines().filter(order=order, left__gt=0)
