"""The units that a checkout session holds: taken for its lines, prolonged at each step, made its own for payment."""

from django.conf import settings
from django.db import transaction

from inventory import reservations
from inventory.models import Reservation
from inventory.reservations import InsufficientStock, NotSellable, ReservationRefused
from orders import clocks
from orders.cart.reservations import reserve_exactly
from orders.cart.view import view
from orders.checkout import frozen_lines, issues
from orders.checkout.issues import CheckoutIssue, NotReady
from orders.models import CheckoutSession


class ReservedTooLong(NotReady):
    """A line was held for as long as one cart may hold it. Paying is not refused for that."""


def reservation(session: CheckoutSession, actor: str, *, for_payment: bool = False) -> None:
    """Hold every line and restart the clock of the reservations. `for_payment`: however long they have been held.

    Locks stock levels; the caller has locked cart and session.

    Raises:
        ReservedTooLong: the cart has held a line for as long as anybody may; paying is still possible.
        NotReady: in the shopper's words, when the units are gone or the source holds what it may.
    """
    if session.cart_id is None:
        raise NotReady([issues.EMPTY])
    try:
        reserve_exactly(
            cart_id=session.cart_id,
            user_id=session.cart.user_id if session.cart else None,
            wanted=frozen_lines.wanted(session),
            actor=actor,
            purpose=Reservation.Purpose.CART
            if settings.RESERVE_ON == "cart"
            else Reservation.Purpose.CHECKOUT,
            for_payment=for_payment,
        )
    except InsufficientStock as error:
        names = {line.variant_id: line.name for line in session.lines.all()}
        raise NotReady(
            [issues.short(names[line.variant_id], line.available, line.variant_id) for line in error.lines]
        ) from error
    except ReservationRefused as error:
        name = next((line.name for line in session.lines.all() if line.variant_id == error.variant_id), "")
        kind = ReservedTooLong if error.scope == "age" else NotReady
        raise kind([issues.reserved_by_source(name, error)]) from error
    except NotSellable as error:
        cart = view(session.cart)
        found = [issue for issue in map(issues.of_line, cart.lines) if issue and issue.blocks]
        raise NotReady(found or [issues.EXPIRED]) from error
    renew(session, actor)


def reserve_for_payment(session: CheckoutSession, actor: str) -> list[CheckoutIssue]:
    """Hold every line and make the holds the session's own; return what stands in the way, and hold nothing then.

    Locks stock levels; the caller has locked cart and session.
    """
    try:
        with transaction.atomic():
            reservation(session, actor, for_payment=True)
            if session.cart_id:
                reservations.assign_to_checkout(cart_id=session.cart_id, checkout_id=session.pk, actor=actor)
    except NotReady as error:
        return error.issues
    return []


def renew(session: CheckoutSession, actor: str) -> None:
    """Let the holds that have not expired go on as after any other step, up to RESERVATION_MAX_AGE in all."""
    if session.cart_id:
        reservations.renew(
            cart_id=session.cart_id,
            ttl=clocks.reservation(),
            max_age=clocks.reservation_at_most(),
            actor=actor,
        )
