"""Tabs, sign-ins, payments and the expiry job at once on the same carts: no deadlock, stock and lines agree."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import transaction
from django.utils import timezone

from inventory import reservations
from inventory.checks import runner
from inventory.models import Reservation
from orders.cart import carts
from orders.cart.merging import merge
from orders.checkout import placement, sessions
from orders.checkout.issues import NotReady
from orders.models import Cart, CartLine, CheckoutSession, Order
from orders.tests.factories import ACTOR, active, make_awaiting, make_cart, make_user, make_variant
from shop.core.states import IllegalTransition
from tests.races.tools.concurrency import PATIENCE, surprises, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
REFUSED = (
    carts.CartGone,
    carts.InsufficientStock,
    carts.LimitReached,
    carts.PaymentUnderWay,
    carts.UnknownVariant,
    IllegalTransition,
    NotReady,
    placement.CannotFulfil,
    Cart.DoesNotExist,
)


def at_once(acts: list[Callable[[], object]]) -> list[BaseException]:
    """Run every act in a thread of its own, at the same moment; return the unexpected results."""
    return surprises(together(acts, at_once=len(acts)), *REFUSED)


def test_every_verb_at_once_on_one_cart_never_deadlocks():
    """Each round has an edit that succeeds (who buys waits for one) and an order (`first` is never taken out)."""
    first, second = make_variant(units=40), make_variant(units=40)
    for number in range(1, 4):
        cart = make_cart((first, 2), (second, 2))
        edited = Event()

        def edit(seed: int, cart: Cart = cart, edited: Event = edited) -> None:
            chance = random.Random(seed)
            carts.set_quantity(cart=cart, variant_id=first.pk, quantity=3, actor=ACTOR)
            edited.set()
            for _turn in range(4):
                verb = chance.choice(["add", "set", "remove", "restore"])
                variant = second if verb == "remove" else chance.choice([first, second])
                if verb == "add":
                    carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
                elif verb == "set":
                    carts.set_quantity(
                        cart=cart, variant_id=variant.pk, quantity=chance.randint(1, 3), actor=ACTOR
                    )
                elif verb == "remove":
                    carts.remove(cart=cart, variant_id=variant.pk, actor=ACTOR)
                else:
                    carts.restore_reservation(cart=cart, variant_id=variant.pk, actor=ACTOR)

        def buy(cart: Cart = cart, edited: Event = edited) -> None:
            assert edited.wait(PATIENCE), "no edit has succeeded"
            session = sessions.start(cart=cart, user=None, language="es", actor=ACTOR)
            until = timezone.now() + timedelta(minutes=5)
            with transaction.atomic():
                sessions.mark_awaiting(session, reserve_until=until, expires_at=until, actor=ACTOR)
            with transaction.atomic():
                placement.place(
                    checkout_id=session.pk,
                    transaction_id=f"stripe:{session.pk}",
                    paid_at=timezone.now(),
                    actor=ACTOR,
                )

        edits = [partial(edit, 3 * number + hand) for hand in range(3)]
        assert at_once([*edits, buy, buy, reservations.expire_due, sessions.expire_due]) == []
        assert runner.check() == []
        assert number <= Order.objects.count() <= 2 * number


def test_signing_in_while_shopping_loses_no_unit():
    user, variant, other = make_user(), make_variant(units=30), make_variant(units=30)
    mine = make_cart((variant, 2), (other, 1), user=user)
    guest = make_cart((other, 2), (variant, 1))

    def sign_in() -> None:
        merge(guest=guest, user=user, actor=ACTOR)

    def shop(cart: Cart) -> Callable[[], object]:
        return lambda: carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)

    assert at_once([sign_in, sign_in, shop(mine), shop(guest), shop(mine), reservations.expire_due]) == []
    assert runner.check() == []
    assert not Cart.objects.filter(pk=guest.pk).exists()
    reserved = reservations.find_active(cart_id=mine.pk)
    for line in CartLine.objects.filter(cart=mine):
        assert reserved[line.variant_id].quantity >= line.quantity
    assert CartLine.objects.filter(cart=mine).count() == 2


def test_payment_against_expiry_ends_as_an_order_or_with_nothing_changed():
    for _round in range(4):
        variant = make_variant(units=1)
        session = make_awaiting(make_cart((variant, 1)))
        CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now())
        Reservation.objects.filter(checkout_id=session.pk).update(expires_at=timezone.now())

        def pay(session: CheckoutSession = session) -> None:
            with transaction.atomic():
                placement.place(
                    checkout_id=session.pk,
                    transaction_id=f"mp:{session.pk}",
                    paid_at=timezone.now(),
                    actor=ACTOR,
                )

        assert at_once([pay, pay, sessions.expire_due, reservations.expire_due]) == []
        session.refresh_from_db()
        assert session.status == CheckoutSession.Status.COMPLETED
        assert Order.objects.filter(checkout=session).count() == 1
        assert active(checkout_id=session.pk) == 0
        assert runner.check() == []
