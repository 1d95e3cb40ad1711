"""Returns of the demo, one in each state: asked for, approved, received, paid back, rejected."""

from collections.abc import Callable
from typing import Final

from django.conf import settings

from orders.models import Order, Return, ReturnReason
from orders.returns import answering, asking, deciding, inspecting, receiving
from orders.returns.asking import Wanted
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from payments.gateways.transfer.gateway import BankTransfer
from shop.accounts.models import User
from shop.demo.seeding.purchases import CLERK, buy
from shop.demo.seeding.sales import BUYERS, delivered, plenty

Act = Callable[[Return], object]


def _asked(order: Order, reason: str, area: str = "") -> Return:
    line = order.lines.all()[0]
    wanted = Wanted(line.pk, 1, ReturnReason.objects.get(code=reason), area)
    return asking.request(order, [wanted], key=f"demo:{order.pk}", actor=f"customer:{order.user_id}")


def _approved(rma: Return) -> None:
    answering.approve(
        rma, instructions="Traelo al local o despachalo en la sucursal más cercana.", actor=CLERK
    )


def _received(rma: Return) -> None:
    _approved(rma)
    receiving.receive(rma, {rma.lines.get().order_line_id: 1}, parcel=1, actor=CLERK)


def _paid_back(rma: Return) -> None:
    _received(rma)
    line = rma.lines.get()
    inspecting.inspect(rma, [Found(line.pk, 1, "new", "restock")], key=f"demo:{rma.pk}", actor=CLERK)
    made = deciding.decide(rma, Choice(units={line.pk: 1}), key=f"demo:{rma.pk}", actor=CLERK)
    deciding.pay_back(made, actor=CLERK)


def _rejected(rma: Return) -> None:
    answering.reject(rma, reason="Volvió a pedirse como cambio por otro talle.", actor=CLERK)


ACTS: Final[tuple[tuple[str, str, Act], ...]] = (
    ("changed_mind", "", _paid_back),
    ("other", "", _rejected),
    ("defective", "", _received),
    ("too_large", "length", _approved),
    ("too_small", "waist", lambda rma: None),
)


def bring_back() -> int:
    """Sell and deliver an order for each state of a return, and return a unit of it; return how many returns."""
    if BankTransfer.code not in settings.PAYMENT_GATEWAYS or Return.objects.exists():
        return 0
    users = [User.objects.get(email=email) for email in BUYERS]
    made = 0
    for at, (variant, (reason, area, act)) in enumerate(zip(plenty(len(ACTS)), ACTS, strict=False)):
        order = buy(users[at % len(users)], {variant: 2})
        if order is None:
            continue
        delivered(order)
        act(_asked(order, reason, area))
        made += 1
    return made
