"""Placement: a checkout session whose payment has arrived becomes an order, exactly once."""

from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from inventory import reservations
from inventory.reservations import InsufficientStock, Shortage
from orders.checkout import adjustments, mails
from orders.checkout.frozen_lines import wanted
from orders.models import CartLine, CheckoutSession, Order, OrderLine
from orders.shipping.promises import promised_day
from shop.core.ids import uuid7
from shop.core.states import move, record

_COPIED = (
    "user_id",
    "email",
    "first_name",
    "last_name",
    "phone",
    "document_type",
    "document_number",
    "tax_condition",
    "language",
    "shipping_address_id",
    "billing_address_id",
    "currency",
    "subtotal",
    "shipping_total",
    "adjustment_total",
    "total",
    "shipping_name",
    "branch_code",
    "branch_name",
)
_COPIED_LINE = ("variant_id", "sku", "name", "quantity", "unit_price", "total", "weight_grams", "image")


class CannotFulfil(Exception):
    """The units are gone: the payment must go back (docs/providers/README.md#edge-cases, row 5). Nothing changed."""

    def __init__(self, shortages: list[Shortage]) -> None:
        super().__init__(
            ", ".join(f"{line.variant_id}: {line.available}/{line.wanted}" for line in shortages)
        )
        self.shortages = shortages


def place(
    *, checkout_id: UUID, transaction_id: str, paid_at: datetime, actor: str, confirms: bool = True
) -> Order:
    """Make the order of a paid session, inside the caller's transaction (`payments.settlement.settle` has locked the
    attempt).

    Writes the order with its number and lines, takes what was bought out of the cart, turns the reservations into
    sales, completes the session, queues the confirmation (not where `confirms` is False). Repeating returns the order
    there is, whatever `transaction_id`: a second payment of one session is the caller's to refund. Locks the session,
    the cart's lines, then the stock levels by primary key.

    Raises:
        CannotFulfil: units are missing; nothing was changed.
        RuntimeError: there is no transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("place() belongs into the transaction which settles the payment")
    session = CheckoutSession.objects.select_for_update(of=("self",)).get(pk=checkout_id)
    placed = Order.objects.filter(checkout=session).first()
    if placed is not None:
        return placed
    lines = wanted(session)
    if len(lines) != session.lines.count() or not lines:
        _refuse(session)
    try:
        with transaction.atomic():
            order = _write(session, transaction_id, paid_at)
            _empty_cart(session, lines)
            reservations.convert(
                checkout_id=session.pk,
                wanted=lines,
                order_id=order.pk,
                reference=str(order.number),
                actor=actor,
                cart_id=_cart_to_draw_on(session),
            )
            move(session, CheckoutSession.Status.COMPLETED, actor=actor, completed_at=timezone.now())
            record(order, "placed", actor=actor, data={"number": order.number, "transaction": transaction_id})
            if confirms:
                mails.confirm(order)
    except InsufficientStock as error:
        raise CannotFulfil(error.lines) from error
    return order


def _refuse(session: CheckoutSession) -> NoReturn:
    """Refuse a session of which a variant was deleted meanwhile: there is nothing to take the units from."""
    gone = session.lines.filter(variant=None)
    raise CannotFulfil([Shortage(line.pk, line.quantity, 0) for line in gone])


def _write(session: CheckoutSession, transaction_id: str, paid_at: datetime) -> Order:
    order = Order.objects.create(
        number=_next_number(),
        checkout=session,
        transaction_id=transaction_id,
        placed_at=paid_at,
        promised_by=promised_day(session, paid_at),
        **{name: getattr(session, name) for name in _COPIED},
    )
    lines = [(line, uuid7()) for line in session.lines.all()]
    OrderLine.objects.bulk_create(
        OrderLine(id=key, order=order, **{name: getattr(line, name) for name in _COPIED_LINE})
        for line, key in lines
    )
    adjustments.carry_over(session, order, {str(line.pk): key for line, key in lines})
    return order


def _next_number() -> int:
    """Return the next order number: unique and rising, without a lock that purchases wait for; gaps are normal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_order_number')")
        number: int = cursor.fetchone()[0]
    return number


def skip_numbers(count: int) -> int:
    """Leave out the next `count` order numbers, which may have been given out by a shop that a restore has undone;
    return the last one left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('orders_order_number', (SELECT last_value FROM orders_order_number) + %s)", [count]
        )
        last: int = cursor.fetchone()[0]
    return last


def _cart_to_draw_on(session: CheckoutSession) -> UUID | None:
    """Return the cart whose reservations a late-paid ended session may use; none while that cart is paid again."""
    if session.cart_id is None or session.status == CheckoutSession.Status.AWAITING_PAYMENT:
        return None
    rivals = CheckoutSession.objects.filter(
        cart_id=session.cart_id, status=CheckoutSession.Status.AWAITING_PAYMENT
    )
    return None if rivals.exclude(pk=session.pk).exists() else session.cart_id


def _empty_cart(session: CheckoutSession, bought: dict[UUID, int]) -> None:
    """Take what was bought out of the cart; what was added since stays."""
    if session.cart_id is None:
        return
    lines = (
        CartLine.objects.filter(cart_id=session.cart_id, variant_id__in=bought)
        .order_by("pk")
        .select_for_update()
    )
    for line in lines:
        if line.quantity <= bought[line.variant_id]:
            line.delete()
        else:
            CartLine.objects.filter(pk=line.pk).update(quantity=F("quantity") - bought[line.variant_id])
