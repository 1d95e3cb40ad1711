"""Placement: a checkout session whose payment has arrived becomes an order, exactly once."""

from datetime import datetime
from typing import Final, NoReturn
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from inventory import reservations
from inventory.reservations import InsufficientStock, Shortage
from orders.checkout import adjustments, frozen_lines, mails
from orders.checkout.frozen_lines import wanted
from orders.models import CartLine, CheckoutSession, Order, OrderLine
from orders.shipping.promises import promised_day
from shop.core.database.kept_queries import KeptQuery
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

_RELATED: Final = ("shipping_rate", "shipping_quote", "shipping_address", "billing_address")


def _locking(key: UUID) -> QuerySet[CheckoutSession]:
    # With what an order copies of them, or is counted from them.
    rows = CheckoutSession.objects.select_related(*_RELATED).filter(pk=key).order_by()
    return rows.select_for_update(of=("self",))


def _cart_lines(cart_id: UUID, bought: list[UUID]) -> QuerySet[CartLine]:
    rows = CartLine.objects.filter(cart_id=cart_id, variant_id__in=bought).order_by("pk")
    return rows.select_for_update()


_LOCKED: Final = KeptQuery(_locking, UUID)
_CART_LINES: Final = KeptQuery(_cart_lines, UUID, list)
# The order that a checkout became, by the checkout's key.
PLACED: Final = KeptQuery(lambda key: Order.objects.filter(checkout_id=key).order_by(), UUID)


class CannotFulfil(Exception):
    """The units are gone: the payment must go back (docs/providers/README.md#edge-cases, row 5). Nothing changed."""

    def __init__(self, shortages: list[Shortage]) -> None:
        super().__init__(
            ", ".join(f"{line.variant_id}: {line.available}/{line.wanted}" for line in shortages)
        )
        self.shortages = shortages


def lock(checkout_id: UUID) -> CheckoutSession:
    """Lock a session against everybody (`FOR UPDATE`) and return it as it is now, with its addresses and shipping.

    Raises: CheckoutSession.DoesNotExist.
    """
    found = _LOCKED.first(checkout_id)
    if found is None:
        raise CheckoutSession.DoesNotExist(str(checkout_id))
    for name in _RELATED:
        # Whoever had to wait gets the session as it is now, beside the rows that belonged to it before.
        known = found._state.fields_cache[name]
        if getattr(found, f"{name}_id") != (known and known.pk):
            del found._state.fields_cache[name]
    return found


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
    session = lock(checkout_id)
    placed = PLACED.first(session.pk)
    if placed is not None:
        return placed
    # Read once: they are as they were frozen, and nobody changes them under the lock.
    frozen, lines = frozen_lines.read(session), wanted(session)
    if len(lines) != len(frozen) or not lines:
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
    # The mail tells them: the same rows as the session's.
    order.shipping_address, order.billing_address = session.shipping_address, session.billing_address
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
    gone = []
    for line in _CART_LINES(session.cart_id, list(bought)):
        if line.quantity <= bought[line.variant_id]:
            gone.append(line.pk)
        else:
            CartLine.objects.filter(pk=line.pk).update(quantity=F("quantity") - bought[line.variant_id])
    if gone:
        CartLine.objects.filter(pk__in=gone).delete()
