"""The reservations of a checkout session: taken for its lines, extended at each step, made its own for payment."""

from collections.abc import Sequence
from typing import Any

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
from shop.core.database.kept_queries import Asked, Rows, write


class ReservedTooLong(NotReady):
    """A line was reserved for as long as one cart may keep it. Paying is not refused for that."""


def reservation(session: CheckoutSession, actor: str, *, known: Rows | None = None) -> None:
    """Reserve every line and restart the clock of the reservations.

    `known`: what was read of the reservations in this transaction (`orders.cart.reservations.asked`).

    Locks stock levels; the caller has locked cart and session.

    Raises:
        ReservedTooLong: the cart has had a line reserved for as long as any cart may; paying is still possible.
        NotReady: with the issues for the shopper, when the units are gone or the source has reached its limit.
    """
    _reserve(session, actor, for_payment=False, known=known)
    renew(session, actor)


def _reserve(session: CheckoutSession, actor: str, *, for_payment: bool, known: Rows | None = None) -> None:
    if session.cart_id is None:
        raise NotReady([issues.EMPTY])
    try:
        reserve_exactly(
            cart_id=session.cart_id,
            user_id=session.cart.customer_id if session.cart else None,
            wanted=frozen_lines.wanted(session),
            actor=actor,
            purpose=Reservation.Purpose.CART
            if settings.RESERVE_ON == "cart"
            else Reservation.Purpose.CHECKOUT,
            for_payment=for_payment,
            known=known,
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


def reserve_for_payment(session: CheckoutSession, actor: str) -> list[CheckoutIssue]:
    """Reserve every line and make the reservations the session's own; return what prevents it (then none is reserved).

    Locks stock levels; the caller has locked cart and session.
    """
    try:
        with transaction.atomic():
            _reserve(session, actor, for_payment=True)
            if session.cart_id:
                reservations.assign_to_checkout(
                    cart_id=session.cart_id,
                    checkout_id=session.pk,
                    actor=actor,
                    after=asked_renewal(session),
                )
    except NotReady as error:
        return error.issues
    return []


def renew(session: CheckoutSession, actor: str) -> None:
    """Extend the reservations that have not expired as after any other step, up to RESERVATION_MAX_AGE in all."""
    if session.cart_id:
        write(*asked_renewal(session))


def asked_renewal(session: CheckoutSession) -> Sequence[Asked[tuple[Any, ...]]]:
    """Return the writes of `renew`, in a transaction."""
    if not session.cart_id:
        return ()
    return (
        reservations.asked_renewal(
            cart_id=session.cart_id, ttl=clocks.reservation(), max_age=clocks.reservation_at_most()
        ),
    )
