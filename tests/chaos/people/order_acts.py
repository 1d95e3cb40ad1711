"""What happens to an order after its sale, by the shop's verbs: sent, returned, exchanged, claimed. Called by the clerk.

Each step has a key of its own, so that it may be repeated after the database was away; a verb that refuses says why.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from catalog.models import Variant
from orders.claims import approving, claimable, opening, resolving
from orders.exchanges import asking as exchanges
from orders.exchanges import releasing
from orders.exchanges.quoting import Choice
from orders.fulfilment import remaining, shipments
from orders.models import Claim, Exchange, Order, OrderLine, Return, ReturnReason, Shipment
from orders.returns import answering, asking, deciding, inspecting, receiving, units
from orders.returns.asking import Wanted
from orders.returns.inspecting import Found
from tests.histories.after_sale.refusals import REFUSED, NothingThere

CLERK: Final = "staff:chaos"
_DISPOSITIONS: Final = ("restock", "restock", "write_off", "quarantine")


def send(order: Order, key: str, number: int) -> str:
    """Send what is left, or a unit of it, and let all that is on its way arrive."""
    lines = list(remaining.lines().filter(order=order, left__gt=0))
    if lines:
        some = {lines[number % len(lines)].pk: 1} if number % 3 == 0 else None
        shipments.prepare(order, key=key, units=some, actor=CLERK)
    for box in Shipment.objects.filter(order=order, status="pending"):
        shipments.ship(box, actor=CLERK)
    for box in Shipment.objects.filter(order=order, status="shipped"):
        shipments.deliver(box, actor=CLERK)
    return "sent"


def ask_return(order: Order, key: str, number: int) -> str:
    """Ask for units to come back; of some the fault is the shop's."""
    if Return.objects.filter(dedupe_key=key).exists():
        return "asked for"
    line, some = _returnable(order, number)
    reason = ReturnReason.objects.get(code=("changed_mind", "defective")[number % 2])
    asking.request(order, [Wanted(line.pk, some, reason)], key=key, actor="shopper")
    return "asked for"


def ask_exchange(order: Order, key: str, number: int) -> str:
    """Ask for another size of a unit, or for something cheaper or dearer: a difference goes back, or is to be paid."""
    if Exchange.objects.filter(dedupe_key=key).exists():
        return "asked for"
    line, _some = _returnable(order, number)
    if line.variant is None:
        raise NothingThere
    there = Variant.objects.filter(is_active=True, product__is_active=True).exclude(pk=line.variant_id)
    others = there.exclude(product=line.variant.product_id)
    kinds = (
        there.filter(product=line.variant.product_id),
        others.filter(price__lt=line.unit_price),
        others.filter(price__gt=line.unit_price),
    )
    offered = list(kinds[number % 3].order_by("pk"))
    other = offered[number % len(offered)] if offered else None
    if other is None:
        raise NothingThere
    return _ask_for(order, line, other, key)


def ask_dearer(order: Order, key: str, number: int) -> str:
    """Ask for something dearer than a unit: the difference is to be paid."""
    if Exchange.objects.filter(dedupe_key=key).exists():
        return "asked for"
    line, _some = _returnable(order, number)
    if line.variant is None:
        raise NothingThere
    there = Variant.objects.filter(is_active=True, product__is_active=True, price__gt=line.unit_price)
    offered = list(there.exclude(product=line.variant.product_id).order_by("-price", "pk")[:10])
    if not offered:
        raise NothingThere
    return _ask_for(order, line, offered[number % len(offered)], key)


def _ask_for(order: Order, line: OrderLine, other: Variant, key: str) -> str:
    reason = ReturnReason.objects.get(code="changed_mind")
    wanted = [Wanted(line.pk, 1, reason, wish="exchange")]
    exchanges.request(order, wanted, [Choice(line.pk, other.pk)], key=key, actor="shopper")
    return "asked for"


def come(order: Order, key: str, number: int) -> str:
    """Approve the returns of an order, and let their parcels come and be inspected."""
    for rma in Return.objects.filter(order=order, status__in=Return.OPEN):
        answering.approve(rma, actor=CLERK)
        lines = {one.order_line_id: one.quantity for one in rma.lines.filter(quantity__gt=0)}
        receiving.receive(rma, lines, parcel=1, actor=CLERK)
        found = [
            Found(one.pk, one.received - one.inspected, "new", _DISPOSITIONS[number % 4])
            for one in units.lines().filter(rma=rma)
            if one.received > one.inspected
        ]
        if found:
            inspecting.inspect(rma, found, key=f"{key}:{rma.pk}", actor=CLERK)
    return "came"


def pay_back(order: Order, key: str, number: int) -> str:
    """Decide about what the returns of an order announced, and pay it back; release what waits for the goods."""
    for exchange in order.exchanges.filter(status="requested"):
        releasing.release(exchange, actor=CLERK)
    for rma in Return.objects.filter(order=order, status="approved"):
        left = {
            one.pk: max(one.quantity, one.received) - one.decided for one in units.lines().filter(rma=rma)
        }
        if any(left.values()):
            choice = deciding.Choice(units=left, reason="as agreed", keeps_goods=number % 5 == 0)
            deciding.decide(rma, choice, key=f"{key}:{rma.pk}", actor=CLERK)
        for made in rma.decisions.filter(withdrawn_at=None, reimbursement=None, total__gt=0):
            deciding.pay_back(made, actor=CLERK)
    return "paid back"


def claim(order: Order, key: str, number: int) -> str:
    """Claim a unit that was sent; it is replaced, paid back, or a part of its price is."""
    there = [one for one in claimable.claimable(order) if one.left]
    made = Claim.objects.filter(dedupe_key=key).first()
    if made is None:
        if not there:
            raise NothingThere
        line = there[number % len(there)].line
        made = opening.open_claim(order, {line.pk: 1}, reason="defective", key=key, actor="shopper")
    row = made.lines.get()
    answer = (
        approving.Answer(replace={row.pk: 1}),
        approving.Answer(refund={row.pk: 1}),
        approving.Answer(partial=Decimal("1.37")),
    )[number % 3]
    approving.approve(made, answer, actor=CLERK)
    resolving.resolve(made, actor=CLERK)
    return "resolved"


def _returnable(order: Order, number: int) -> tuple[Any, int]:
    there = [one for one in units.returnable(order) if one.left]
    if not there:
        raise NothingThere
    one = there[number % len(there)]
    return one.line, 1 + number % one.left


STEPS: Final[dict[str, Callable[[Order, str, int], str]]] = {
    "send": send,
    "ask_return": ask_return,
    "ask_exchange": ask_exchange,
    "ask_dearer": ask_dearer,
    "come": come,
    "pay_back": pay_back,
    "claim": claim,
}


def after_sale(data: dict[str, Any]) -> str:
    """Do one `step` to an `order` (its key); `key` makes it once, `number` chooses among its kinds."""
    order = Order.objects.get(pk=data["order"])
    try:
        return STEPS[data["step"]](order, data["key"], data["number"])
    except REFUSED as error:
        return f"refused ({type(error).__name__})"
