"""All acts together, and the orders with which histories begin."""

from decimal import Decimal
from typing import Final

from django.db import connection, transaction

from orders.models import Order, OrderAdjustment
from orders.tests.admin.test_orders import pay
from orders.tests.exchanges.exchanges import size_of
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.installments.factories import make_plan
from orders.tests.returns.returns import terms_of_the_shop
from payments.models import Refund
from payments.tests.plans import pay_part
from shop.core.allocation import spread
from tests.histories.after_sale.base import History
from tests.histories.after_sale.exchanging import Exchanging
from tests.histories.after_sale.paying import Paying
from tests.histories.after_sale.returning import Returning
from tests.histories.after_sale.sending import Sending


class Whole(Sending, Returning, Exchanging, Paying):
    """An order to which anything may happen."""


_HELPERS: Final = {name for name in vars(History) if not name.startswith("_")}
ACTS: Final = sorted(
    name
    for kind in (Sending, Returning, Exchanging, Paying)
    for name, verb in vars(kind).items()
    if not name.startswith("_") and callable(verb) and name not in _HELPERS
)
# What other acts need first, and what drives the rest on, happens more often.
OFTEN: Final = (
    *("all_arrives", "all_arrives", "ask_return", "approve_return", "receive", "inspect", "decide"),
    *("pay_return", "ask_exchange", "exchange_comes", "release", "open_claim", "approve_claim"),
    *("resolve_claim", "jobs_run", "jobs_run", "refund_ends", "days_pass", "pay_installment"),
)


def begin(kind: str) -> Whole:
    """Sell an order: paid at once, with a discount whose shares are uneven, or in instalments of which one is paid."""
    terms_of_the_shop(days=60, fee_rate=Decimal("0.1"), label_fee=Decimal("350.00"))
    if kind == "plan":
        plan = make_plan(("45000.01", 2), ("78000.00", 3), shipping="1200.00")
        history = Whole(plan.order)
        history.plan = plan
        pay_part(plan, 1)
    else:
        order = make_order(make_cart((make_variant(units=9), 3), (make_variant(units=9), 2)))
        if kind == "discount":
            lessen(order, Decimal("-10000.01"))
        pay(order, f"history-{kind}")
        Refund.objects.all().delete()
        history = Whole(order)
    # What else fires when its transaction ends: the row of the shipping is written.
    connection.check_constraints()
    (first, *_rest) = history.order.lines.order_by("pk")
    assert first.variant
    history.others = (
        size_of(first.variant, units=4),
        make_variant(units=3, price=first.unit_price + 1500),
        make_variant(units=3, price=first.unit_price - 1000),
    )
    history.stock = history.counted()
    return history


def lessen(order: Order, amount: Decimal) -> None:
    """Write a discount of the whole order, spread over its lines."""
    lines = list(order.lines.order_by("pk"))
    shares = spread(amount, [line.total for line in lines], order.currency)
    with transaction.atomic():
        OrderAdjustment.objects.bulk_create(
            OrderAdjustment(
                order=order,
                line=line,
                target="line",
                amount=share,
                kind="payment_discount",
                label="Discount",
                position=position,
                currency=order.currency,
            )
            for position, (line, share) in enumerate(zip(lines, shares, strict=True), 10)
        )
        order.adjustment_total += amount
        order.total += amount
        order.save()
