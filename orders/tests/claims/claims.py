"""Claims for tests: opened about a delivered order, and what may still go back of it."""

from decimal import Decimal
from typing import Any

from orders.claims import opening
from orders.models import Claim, Order, OrderLine
from orders.reimbursements.left import left_of


def claim_of(order: Order, line: OrderLine, units: int = 1, **given: Any) -> Claim:
    """Open a claim about so many units of a line."""
    given = {"reason": "damaged_in_transit", "key": f"c{units}", "actor": "buyer", **given}
    return opening.open_claim(order, {line.pk: units}, **given)


def worth(order: Order) -> Decimal:
    """Return what may still go back for the lines of an order."""
    return sum((one.owed(one.left) for one in left_of(order).lines), Decimal(0))
