"""Exchanges of the demo: one asked for, one waiting for its difference, one paid, one released, one cancelled."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from django.conf import settings

from catalog.models import Variant
from catalog.variants.availability import with_available
from orders.exchanges import asking, ending, releasing
from orders.exchanges.quoting import Choice
from orders.models import Exchange, Order, OrderLine, ReturnLine, ReturnReason
from orders.returns import answering, inspecting, receiving
from orders.returns.asking import Wanted
from orders.returns.inspecting import Found
from payments.gateways.transfer.gateway import BankTransfer
from shop.accounts.models import User
from shop.core.audit import actors
from shop.demo.seeding.purchases import CLERK, buy, pay
from shop.demo.seeding.sales import BUYERS, ENOUGH, delivered, plenty

Act = Callable[[Exchange], object]


def _approved(exchange: Exchange) -> None:
    answering.approve(
        exchange.rma, instructions="Traelo al local o despachalo en la sucursal más cercana.", actor=CLERK
    )


def _paid(exchange: Exchange) -> None:
    _approved(exchange)
    pay(exchange.charge.payable)


def _released(exchange: Exchange) -> None:
    _approved(exchange)
    rma = exchange.rma
    line = rma.lines.get()
    receiving.receive(rma, {line.order_line_id: 1}, parcel=1, actor=CLERK)
    inspecting.inspect(rma, [Found(line.pk, 1, "new", "restock")], key=f"demo:{rma.pk}", actor=CLERK)
    releasing.release(exchange, actor=CLERK)


def _cancelled(exchange: Exchange) -> None:
    _approved(exchange)
    ending.cancel(exchange, end=Exchange.End.BUYER, actor=actors.of_account(exchange.order.user_id))


# Whether it is for something dearer, and what becomes of it, by order; the newest is the last.
ORDERS: Final[tuple[tuple[tuple[bool, Act], ...], ...]] = (
    ((False, _released), (False, _cancelled)),
    ((True, _paid), (True, _approved)),
    ((False, lambda exchange: None),),
)


def swap() -> int:
    """Deliver orders with a line for each state of an exchange, and exchange a unit of each; return how many."""
    if BankTransfer.code not in settings.PAYMENT_GATEWAYS or Exchange.objects.exists():
        return 0
    users = [User.objects.get(email=email) for email in BUYERS]
    made, pairs = 0, _pairs()
    for at, acts in enumerate(ORDERS):
        chosen = list(islice(pairs, len(acts)))
        wanted = {variant: 2 for variant, _other, _dearer in chosen}
        order = buy(users[at % len(users)], wanted) if len(chosen) == len(acts) else None
        if order is None:
            continue
        delivered(order)
        for (variant, other, dearer), (is_uneven, act) in zip(chosen, acts, strict=True):
            line = OrderLine.objects.get(order=order, variant=variant)
            act(_asked(order, line, dearer if is_uneven else other))
            made += 1
    return made


def _pairs() -> Iterator[tuple[Variant, Variant, Variant]]:
    """Yield variants with another size or colour of their product that is there, and the dearest thing of all."""
    cheapest_first = plenty(600)
    for variant in cheapest_first[:-1]:
        others = Variant.objects.filter(product=variant.product_id, is_active=True).exclude(pk=variant.pk)
        there: list[Any] = list(with_available(others))
        for other in there:
            if other.available >= ENOUGH:
                yield variant, other, cheapest_first[-1]
                break


def _asked(order: Order, line: OrderLine, other: Variant) -> Exchange:
    reason = ReturnReason.objects.get(code="changed_mind")
    wanted = Wanted(line.pk, 1, reason, wish=ReturnLine.Wish.EXCHANGE)
    return asking.request(
        order,
        [wanted],
        [Choice(line.pk, other.pk)],
        key=f"demo:{line.pk}",
        actor=actors.of_account(order.user_id),
    )
