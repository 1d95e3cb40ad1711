"""Exchanges for tests, made by the real verbs: an order of three units of a product in sizes, delivered today."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from catalog.models import Variant
from inventory.checks import runner
from inventory.ledger import receive
from inventory.models import StockLevel
from inventory.reservations.replacements import units_of
from orders import payables
from orders.exchanges import asking
from orders.exchanges.quoting import Choice
from orders.models import Exchange, ExchangeCharge, Order, OrderLine, Return
from orders.reimbursements.left import left_of
from orders.returns import answering, inspecting, receiving
from orders.returns.inspecting import Found
from orders.tests.factories import warehouse
from orders.tests.returns.returns import STAFF, delivered_order, line_of, wanted
from payments.models import Payment, PaymentAttempt


def order_with_sizes(*, units: int = 5) -> tuple[Order, OrderLine, Variant]:
    """Return a delivered order, its line of three units, and another size of the same product with `units` in stock."""
    order = delivered_order()
    line = line_of(order, 3)
    assert line.variant
    return order, line, size_of(line.variant, units=units)


def size_of(variant: Variant, *, units: int = 5, price: Decimal | None = None) -> Variant:
    """Make another size of a variant's product, dearer than it by default: an even exchange does not ask."""
    made = Variant.objects.create(
        product=variant.product,
        sku=f"SIZE-{uuid4().hex[:8]}",
        name="L",
        price=variant.price + 500 if price is None else price,
    )
    receive(variant_id=made.pk, location_id=warehouse().pk, quantity=units, note="new size", actor=STAFF)
    return made


def ask(order: Order, line: OrderLine, variant: Variant, units: int = 1, **given: Any) -> Exchange:
    given.setdefault("key", uuid4().hex)
    reason = given.pop("reason", "changed_mind")
    return asking.request(
        order,
        [wanted(line, units, reason, wish="exchange")],
        [Choice(line.pk, variant.pk, units)],
        actor="buyer",
        **given,
    )


def approve(exchange: Exchange) -> Return:
    rma = Return.objects.select_related("order").get(pk=exchange.rma_id)
    answering.approve(rma, actor=STAFF)
    exchange.refresh_from_db()
    return rma


def come_back(
    exchange: Exchange, units: int = 1, condition: str = "new", disposition: str = "restock"
) -> Return:
    """Approve the return of an exchange, and let its units come and be inspected."""
    rma = Return.objects.select_related("order").get(pk=exchange.rma_id)
    if rma.status == Return.Status.REQUESTED:
        rma = approve(exchange)
    line = rma.lines.get(wish="exchange")
    receiving.receive(rma, {line.order_line_id: units}, parcel=1, actor=STAFF)
    inspecting.inspect(rma, [Found(line.pk, units, condition, disposition)], key=f"i{rma.pk}", actor=STAFF)
    exchange.refresh_from_db()
    return rma


def reserved(exchange: Exchange) -> int:
    return sum(units_of(exchange.pk).values())


def stock(variant: Variant) -> tuple[int, int]:
    level = StockLevel.objects.get(variant=variant, location=warehouse())
    return level.on_hand, level.reserved


def pay(charge: ExchangeCharge) -> None:
    """Book a payment of a charge as settling does: the order's second payment."""
    order = charge.exchange.order
    attempt = PaymentAttempt.objects.create(
        payable=charge.payable,
        purchase=order.checkout,
        gateway="mercadopago",
        amount=charge.amount,
        currency=charge.currency,
        fingerprint="f",
        expires_at=timezone.now() + timedelta(hours=1),
        external_id=f"pref-{charge.pk.hex}",
        status="paid",
    )
    payment = Payment.objects.create(
        attempt=attempt,
        gateway="mercadopago",
        external_id=charge.pk.hex,
        status="approved",
        amount=charge.amount,
        currency=charge.currency,
        approved_at=timezone.now(),
    )
    with transaction.atomic():
        kind = payables.kind_of(charge.payable)
        kind.lock(charge.payable)
        received = payables.Received(
            payment.pk, f"mercadopago:{charge.pk.hex}", charge.amount, timezone.now()
        )
        kind.fulfil(charge.payable, received, actor="test")
    Payment.objects.filter(pk=payment.pk).update(role="order", order=order)


def stock_is_sound() -> bool:
    found = runner.check(scope="")
    assert not found, [(one.rule, one.expected, one.found) for one in found]
    return True


def worth(order: Order) -> Decimal:
    """What may still go back of all lines of an order, replacements included."""
    return sum((one.owed(one.left) for one in left_of(order).lines), Decimal(0))
