"""Orders of the demo in every state that the people who pack and send meet."""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings

from catalog.models import Collection, Variant
from catalog.variants.availability import with_available
from orders.cancellation.cancelling import cancel
from orders.fulfilment import packing, shipment_flags, shipments
from orders.models import Order, Shipment, ShippingMethod
from payments.gateways.transfer.gateway import BankTransfer
from shop.accounts.models import User
from shop.core.audit import actors
from shop.demo.seeding.purchases import CLERK, buy

BUYERS: Final = ("bruno@percha.test", "ana@percha.test")
# Enough of each is left afterwards.
ENOUGH: Final = 8
Act = Callable[[Order], object]


def _prepared(order: Order) -> Shipment:
    return shipments.prepare(order, key=f"demo:{order.pk}", actor=CLERK)


def _half_packed(order: Order) -> None:
    shipment = _prepared(order)
    packing.scan(shipment, shipment.lines.all()[0].order_line.sku, actor=CLERK)


def _packed(order: Order) -> Shipment:
    shipment = _prepared(order)
    packing.pack_all(shipment, actor=CLERK)
    return shipment


def _labelled(order: Order) -> None:
    shipment_flags.note_label(_packed(order), tracking_number="360000112233445", actor=CLERK)


def _fetched_soon(order: Order) -> None:
    shipment_flags.ready_for_pickup(_packed(order), actor=CLERK)


def _sent(order: Order) -> Shipment:
    shipment = _packed(order)
    shipments.ship(shipment, tracking_number=f"36000022{order.number}", actor=CLERK)
    return shipment


def _delayed(order: Order) -> None:
    shipment_flags.flag_attention(
        _sent(order), reason="El correo no lo encuentra", mails_buyer=True, actor=CLERK
    )


def delivered(order: Order) -> None:
    shipments.deliver(_sent(order), actor=CLERK)


def _part(order: Order) -> None:
    line = order.lines.all()[0]
    first = shipments.prepare(order, key=f"demo:{order.pk}", units={line.pk: 1}, actor=CLERK)
    shipments.ship(first, tracking_number=f"36000033{order.number}", actor=CLERK)


def _cancelled(order: Order) -> None:
    buyer = actors.of_account(order.user_id)
    cancel(order, by="shopper", reason="mistake", expected=None, key=f"demo:{order.pk}", actor=buyer)


def _part_cancelled(order: Order) -> None:
    line = order.lines.all()[1]
    cancel(
        order,
        units={line.pk: line.quantity},
        by="staff",
        reason="not_found",
        note="Faltaba en el estante",
        expected=None,
        key=f"demo:{order.pk}",
        actor=CLERK,
    )


# The newest is the last: two wait to be prepared.
ACTS: Final[tuple[tuple[str, Act], ...]] = (
    (ShippingMethod.Kind.DELIVERY, _cancelled),
    (ShippingMethod.Kind.DELIVERY, delivered),
    (ShippingMethod.Kind.DELIVERY, _part_cancelled),
    (ShippingMethod.Kind.DELIVERY, _delayed),
    (ShippingMethod.Kind.DELIVERY, _sent),
    (ShippingMethod.Kind.DELIVERY, _part),
    (ShippingMethod.Kind.PICKUP, _fetched_soon),
    (ShippingMethod.Kind.DELIVERY, _labelled),
    (ShippingMethod.Kind.DELIVERY, _packed),
    (ShippingMethod.Kind.DELIVERY, _half_packed),
    (ShippingMethod.Kind.DELIVERY, _prepared),
    (ShippingMethod.Kind.DELIVERY, lambda order: None),
    (ShippingMethod.Kind.PICKUP, lambda order: None),
)


def sell() -> int:
    """Sell to the demo's shoppers, an order for each state of a shipment; return how many were sold."""
    if BankTransfer.code not in settings.PAYMENT_GATEWAYS or Shipment.objects.exists():
        return 0
    users = [User.objects.get(email=email) for email in BUYERS]
    variants = plenty(2 * len(ACTS))
    sold = 0
    for at, (kind, act) in enumerate(ACTS):
        one, two = variants[2 * at : 2 * at + 2] or (None, None)
        if one is None or two is None:
            break
        order = buy(users[at % len(users)], {one: 2, two: 1}, kind=kind)
        if order is not None:
            act(order)
            sold += 1
    return sold


def plenty(number: int) -> list[Variant]:
    """Return variants of different products of which much is there and that are in no drop, the cheapest first."""
    in_drops = Collection.objects.filter(kind=Collection.Kind.DROP).values("products")
    cheap = Variant.objects.filter(is_active=True).exclude(product__in=in_drops).order_by("price", "sku")
    found: dict[Any, Variant] = {}
    there: list[Any] = list(with_available(cheap)[:600])
    for variant in there:
        if variant.available >= ENOUGH:
            found.setdefault(variant.product_id, variant)
    return list(found.values())[:number]
