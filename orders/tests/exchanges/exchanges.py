"""Exchanges for tests, made by the real verbs: an order of three units of a product in sizes, delivered today."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from catalog.models import Variant
from inventory.ledger import receive
from inventory.models import StockLevel
from inventory.reservations.replacements import units_of
from orders.exchanges import asking
from orders.exchanges.quoting import Choice
from orders.models import Exchange, Order, OrderLine, Return
from orders.returns import answering, inspecting, receiving
from orders.returns.inspecting import Found
from orders.tests.factories import warehouse
from orders.tests.returns.returns import STAFF, delivered_order, line_of, wanted


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
