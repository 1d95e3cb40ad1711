"""Orders that have arrived, and returns of them, for tests: made by the real verbs."""

from decimal import Decimal
from importlib import import_module
from threading import Lock
from typing import Any
from uuid import uuid4

from django.apps import apps

from orders.fulfilment import shipments
from orders.models import Order, OrderLine, Return, ReturnPolicy, ReturnReason
from orders.returns import answering, asking
from orders.returns.asking import Wanted
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_variant
from payments.models import Payment, Refund
from payments.refunds import refund_requests

STAFF = "staff:ana@example.com"
# Races ask from many threads.
_SEEDING = Lock()


def paid_order(*units: int, **fields: Any) -> Order:
    """Make a paid order with lines of so many units (3 and 1); `fields`: of their variants."""
    return paid(
        make_order(make_cart(*((make_variant(units=9, **fields), number) for number in units or (3, 1))))
    )


def paid(order: Order) -> Order:
    """Write the payment of an order, of which nothing has gone back."""
    pay(order, str(order.number))
    Refund.objects.all().delete()
    return order


def delivered_order(*units: int, **fields: Any) -> Order:
    """Make a paid order with lines of so many units (3 and 1), all of which have arrived today."""
    order = paid_order(*units, **fields)
    deliver(order)
    return order


def deliver(order: Order, **units: Any) -> None:
    """Send what is left of an order (or `units`), and let it arrive."""
    shipment = shipments.prepare(order, key=uuid4().hex, actor=STAFF, **units)
    shipments.ship(shipment, actor=STAFF)
    shipments.deliver(shipment, actor=STAFF)


def line_of(order: Order, quantity: int) -> OrderLine:
    return order.lines.get(quantity=quantity)


def wanted(line: OrderLine, units: int = 1, reason: str = "changed_mind", **given: Any) -> Wanted:
    with _SEEDING:
        if not ReturnReason.objects.filter(code=reason).exists():
            # A transactional test that changed a seeded row has emptied them all (tests/support/emptying.py).
            import_module("orders.migrations.0030_return_reasons").add(apps, None)
    found = ReturnReason.objects.get(code=reason)
    area = "waist" if found.needs_area else ""
    return Wanted(line.pk, units, found, **{"area": area, **given})


def ask(order: Order, *lines: Wanted, key: str = "", **given: Any) -> Return:
    """Ask for a return as a buyer does; of one unit of the line of three where no lines are named."""
    return asking.request(
        order, lines or (wanted(line_of(order, 3)),), key=key or uuid4().hex, actor="buyer", **given
    )


def approved(order: Order, *lines: Wanted, **given: Any) -> Return:
    rma = ask(order, *lines, **given)
    answering.approve(rma, actor=STAFF)
    return rma


def terms_of_the_shop(**changes: Any) -> None:
    """Change the shop's own terms, for orders placed before as well (which the staff cannot)."""
    ReturnPolicy.objects.filter(product=None, collection=None).update(**changes)


def give_but(order: Order, amount: Decimal) -> None:
    """Give what was paid for an order back as mere sums, all but so much."""
    payments = list(Payment.objects.filter(order=order, role="order").order_by("created_at"))
    for payment in payments:
        sum_ = refund_requests.refundable(payment) - (amount if payment == payments[-1] else 0)
        refund_requests.request(payment, sum_, Refund.Origin.STAFF, "goodwill", uuid4().hex, actor=STAFF)
