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
from shop.core.database.kept_queries import Asked, KeptQuery, named, remember, together
from shop.core.database.kept_rows import insert
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
    return _one(checkout_id, _LOCKED(checkout_id))


def lock_whole(checkout_id: UUID) -> tuple[CheckoutSession, Order | None]:
    """Lock a session as `lock` does, with its lines and adjustments; return it, and the order that it became, if any.

    Raises: CheckoutSession.DoesNotExist.
    """
    found, placed, lines, rows = together(
        _LOCKED.asked(checkout_id),
        PLACED.asked(checkout_id),
        frozen_lines.LINES.asked(checkout_id),
        adjustments.ROWS.asked(checkout_id),
    )
    session = _one(checkout_id, found)
    remember(session, "lines", lines)
    remember(session, "adjustments", rows)
    return session, next(iter(placed), None)


def _one(checkout_id: UUID, rows: list[CheckoutSession]) -> CheckoutSession:
    if not rows:
        raise CheckoutSession.DoesNotExist(str(checkout_id))
    (found,) = rows
    for name in _RELATED:
        # Whoever had to wait gets the session as it is now, beside the rows that belonged to it before.
        known = found._state.fields_cache[name]
        if getattr(found, f"{name}_id") != (known and known.pk):
            del found._state.fields_cache[name]
    return found


def place(
    *,
    checkout_id: UUID,
    transaction_id: str,
    paid_at: datetime,
    actor: str,
    confirms: bool = True,
    locked: CheckoutSession | None = None,
) -> Order:
    """Make the order of a paid session, inside the caller's transaction (`payments.settlement.settle` has locked the
    attempt).

    Writes the order with its number and lines, takes what was bought out of the cart, turns the reservations into
    sales, completes the session, queues the confirmation (not where `confirms` is False). Repeating returns the order
    there is, whatever `transaction_id`: a second payment of one session is the caller's to refund. Locks the session,
    the cart's lines, then the stock levels by primary key. `locked`: the session, where the caller's transaction has
    found it without an order by `lock_whole`, and has written nothing of it since.

    Raises:
        CannotFulfil: units are missing; nothing was changed.
        RuntimeError: there is no transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("place() belongs into the transaction which settles the payment")
    session, placed = (locked, None) if locked is not None else lock_whole(checkout_id)
    if placed is not None:
        return placed
    # Read once: they are as they were frozen, and nobody changes them under the lock.
    frozen, lines = frozen_lines.read(session), wanted(session)
    if len(lines) != len(frozen) or not lines:
        _refuse(session)
    try:
        with transaction.atomic():
            order, in_cart = _write(session, lines, transaction_id, paid_at)
            reservations.convert(
                checkout_id=session.pk,
                wanted=lines,
                order_id=order.pk,
                reference=str(order.number),
                actor=actor,
                cart_id=_cart_to_draw_on(session),
                beside=_emptying(in_cart, lines),
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


def _write(
    session: CheckoutSession, bought: dict[UUID, int], transaction_id: str, paid_at: datetime
) -> tuple[Order, list[CartLine]]:
    """Write the order with its lines and adjustments, in one round trip; return it, and the cart's lines, locked.

    Its number is unique and rising, without a lock that purchases wait for; gaps are normal.
    """
    order = Order(
        checkout=session,
        transaction_id=transaction_id,
        placed_at=paid_at,
        promised_by=promised_day(session, paid_at),
        **{name: getattr(session, name) for name in _COPIED},
    )
    # The mail tells them: the same rows as the session's.
    order.shipping_address, order.billing_address = session.shipping_address, session.billing_address
    lines = [(line, uuid7()) for line in session.lines.all()]
    sold = [
        OrderLine(id=key, order=order, **{name: getattr(line, name) for name in _COPIED_LINE})
        for line, key in lines
    ]
    rows = adjustments.carried_over(session, order, {str(line.pk): key for line, key in lines})
    cart = [_CART_LINES.asked(session.cart_id, list(bought))] if session.cart_id else []
    ((number,),), *_written, in_cart = together(
        insert([order], written={"number": "nextval('orders_order_number')"}, returning=["number"]),
        insert(sold),
        *([insert(rows)] if rows else []),
        *cart,
    )
    order.number = number
    return order, in_cart if cart else []


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


def _emptying(in_cart: list[CartLine], bought: dict[UUID, int]) -> list[Asked[tuple[object, ...]]]:
    """Return what takes out of the cart what was bought; what was added since stays. `in_cart`: its lines, locked."""
    gone = []
    for line in in_cart:
        if line.quantity <= bought[line.variant_id]:
            gone.append(line.pk)
        else:
            CartLine.objects.filter(pk=line.pk).update(quantity=F("quantity") - bought[line.variant_id])
    return [named(_DELETE, {"keys": gone})] if gone else []


_DELETE: Final = "DELETE FROM orders_cartline WHERE id = ANY (%(keys)s::uuid[]) RETURNING id"
