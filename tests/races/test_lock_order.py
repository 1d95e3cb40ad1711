"""Two verbs that lock the same rows: no deadlock, and the second one reads the new state."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from catalog.models import Variant
from inventory import reservations
from inventory.checks import runner
from inventory.ledger import transfers
from inventory.locking import lock_levels
from inventory.models import Reservation, StockLevel
from inventory.tests.factories import LocationFactory, stocked
from orders.cart import carts, limits
from orders.cart.merging import merge
from orders.checkout import placement, sessions
from orders.models import Cart, CartLine, CheckoutSession, Order
from orders.tests.factories import (
    ACTOR,
    CartFactory,
    active,
    make_awaiting,
    make_cart,
    make_session,
    make_user,
    make_variant,
    warehouse,
)
from shop.core.ids import uuid7
from tests.races.tools.rendezvous import meet, waits_for_us

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def two_variants(units: int = 10) -> tuple[Variant, Variant]:
    """Return two variants; the level of the first is locked before the second's."""
    first, second = make_variant(units=units), make_variant(units=units)
    levels = {level.variant_id: level.pk for level in StockLevel.objects.all()}
    return (first, second) if levels[first.pk] < levels[second.pk] else (second, first)


def lock(variant: Variant) -> None:
    lock_levels(variant_ids=[variant.pk])


def end_now(session: CheckoutSession) -> None:
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_control_levels_in_the_wrong_order_are_a_deadlock():
    first, second = two_variants()

    def crossed() -> None:
        with transaction.atomic():
            lock(second)
            lock(first)

    answer = meet(crossed, first=lambda: lock(first), then=lambda: lock(second))
    assert isinstance(answer, OperationalError)
    assert "deadlock" in str(answer)


def test_starting_anew_after_a_session_ended_locks_the_levels_in_order():
    """The old session has reservations of its own; ending it must not lock their levels before those of the new one."""
    first, second = two_variants()
    cart = make_cart((first, 1), (second, 1))
    session = sessions.reopen(make_awaiting(cart), ACTOR)
    reservations.release(cart_id=cart.pk, variant_id=first.pk, reason="swept", actor=ACTOR)
    end_now(session)
    kept = Reservation.objects.get(cart_id=cart.pk, variant=second, status="active").pk

    def start() -> UUID:
        return sessions.start(cart=cart, user=None, language="es", actor=ACTOR).pk

    answer = meet(start, first=lambda: lock(first), then=lambda: lock(second))
    assert isinstance(answer, UUID), answer
    assert answer != session.pk
    assert (
        Reservation.objects.get(pk=kept).status == "active"
    )  # The shopper's units were not released meanwhile.
    assert (active(variant_id=first.pk), active(variant_id=second.pk)) == (1, 1)
    assert runner.check() == []


def test_prices_are_seen_in_the_order_of_the_lines():
    first, second = two_variants()
    cart = make_cart((first, 1), (second, 1))
    low, high = CartLine.objects.filter(cart=cart).order_by("pk")
    # The older version of a row stands behind the newer one: a plain UPDATE meets the second line first.
    CartLine.objects.filter(pk=low.pk).update(quantity=1)
    Variant.objects.filter(pk__in=[first.pk, second.pk]).update(price=777)

    def touch(line: CartLine) -> None:
        CartLine.objects.select_for_update().get(pk=line.pk)

    answer = meet(
        lambda: sessions.start(cart=cart, user=None, language="es", actor=ACTOR),
        first=lambda: touch(low),
        then=lambda: touch(high),
    )
    assert isinstance(answer, CheckoutSession), answer


def test_signing_in_locks_sessions_before_lines():
    """A late payment for a guest's ended session locks the session, then the lines; so does the sign-in."""
    variant = make_variant()
    guest = make_cart((variant, 1))
    ended = make_session(guest)
    sessions.cancel(ended, ACTOR)
    user = make_user()
    mine = make_cart((make_variant(), 1), user=user)
    answer = meet(
        lambda: merge(guest=guest, user=user, actor=ACTOR),
        first=lambda: CheckoutSession.objects.select_for_update(of=("self",)).get(pk=ended.pk),
        then=lambda: list(CartLine.objects.filter(cart=guest).select_for_update()),
    )
    assert isinstance(answer, Cart), answer
    assert answer.pk == mine.pk


def test_a_purged_cart_locks_its_sessions_before_its_lines():
    from orders.retention import purge_old_carts

    guest = make_cart((make_variant(), 1))
    ended = make_session(guest)
    sessions.cancel(ended, ACTOR)
    long_ago = timezone.now() - timedelta(days=100)
    Cart.objects.filter(pk=guest.pk).update(updated_at=long_ago)
    CartLine.objects.filter(cart=guest).update(updated_at=long_ago)
    answer = meet(
        purge_old_carts,
        first=lambda: CheckoutSession.objects.select_for_update(of=("self",)).get(pk=ended.pk),
        then=lambda: list(CartLine.objects.filter(cart=guest).select_for_update()),
    )
    assert answer == 1
    assert runner.check() == []


def test_the_account_goes_on_with_the_sessions_of_the_guest_it_was():
    """A late payment for the guest's ended session may use what the account's cart has reserved of it now."""
    guest = make_cart((make_variant(), 1))
    ended = make_session(guest)
    sessions.cancel(ended, ACTOR)
    user = make_user()
    mine = make_cart((make_variant(), 1), user=user)
    merge(guest=guest, user=user, actor=ACTOR)
    ended.refresh_from_db()
    assert (ended.cart_id, ended.status) == (mine.pk, "cancelled")


@pytest.mark.parametrize("verb", ["remove", "fewer", "more", "another", "restore"])
def test_a_cart_that_goes_to_payment_in_this_moment_does_not_change(verb: str):
    """Another tab edits the cart while Pay is pressed: it waits, and is refused; no unit leaves the paid purchase."""
    variant, other = make_variant(), make_variant()
    session = make_session(make_cart((variant, 2)))
    cart = session.cart
    assert cart is not None
    acts = {
        "remove": lambda: carts.remove(cart=cart, variant_id=variant.pk, actor=ACTOR),
        "fewer": lambda: carts.set_quantity(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR),
        "more": lambda: carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR),
        "another": lambda: carts.add(cart=cart, variant_id=other.pk, quantity=1, actor=ACTOR),
        "restore": lambda: carts.restore_reservation(cart=cart, variant_id=variant.pk, actor=ACTOR),
    }
    until = timezone.now() + timedelta(minutes=30)

    def press_pay() -> None:
        frozen = sessions.freeze_for_payment(session, ACTOR)
        sessions.mark_awaiting(frozen, reserve_until=until, expires_at=until, actor=ACTOR)

    answer = meet(acts[verb], first=press_pay, then=lambda: None)
    assert isinstance(answer, carts.PaymentUnderWay), answer
    assert active(checkout_id=session.pk) == 2
    assert CartLine.objects.get(cart=cart).quantity == 2


def test_control_without_the_carts_lock_a_unit_leaves_the_purchase_being_paid(
    monkeypatch: pytest.MonkeyPatch,
):
    variant = make_variant()
    session = make_session(make_cart((variant, 2)))
    cart = session.cart
    assert cart is not None
    monkeypatch.setattr(carts, "_lock_against_payment", lambda _cart: None)
    until = timezone.now() + timedelta(minutes=30)

    def press_pay() -> None:
        frozen = sessions.freeze_for_payment(session, ACTOR)
        sessions.mark_awaiting(frozen, reserve_until=until, expires_at=until, actor=ACTOR)

    meet(
        lambda: carts.set_quantity(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR),
        first=press_pay,
        then=lambda: None,
    )
    assert active(checkout_id=session.pk) == 1


def test_two_carts_are_edited_beside_one_another():
    """The lock is the cart's own: shoppers do not wait for one another."""
    variant = make_variant()
    mine, other = CartFactory.create(), CartFactory.create()
    answer = meet(
        lambda: carts.add(cart=other, variant_id=variant.pk, quantity=1, actor=ACTOR),
        first=lambda: Cart.objects.select_for_update(no_key=True).get(pk=mine.pk),
        then=lambda: None,
    )
    assert isinstance(answer, CartLine)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_transfer_locks_its_levels_in_the_common_order():
    levels = [stocked(5, location=warehouse()) for _n in range(2)]
    first, second = sorted(levels, key=lambda level: level.pk)
    answer = meet(
        lambda: transfers.transfer(
            source_id=warehouse().pk,
            destination_id=LocationFactory.create().pk,
            wanted={second.variant_id: 1, first.variant_id: 1},
            actor="staff:x@y.z",
        ),
        first=lambda: lock_levels(variant_ids=(), level_ids=[first.pk]),
        then=lambda: lock_levels(variant_ids=(), level_ids=[second.pk]),
    )
    assert not isinstance(answer, Exception), answer
    assert answer.status == "closed"


def test_placing_locks_the_carts_lines_in_the_common_order():
    cart = make_cart((make_variant(), 1), (make_variant(), 1))
    session = make_awaiting(cart)
    first, second = CartLine.objects.filter(cart=cart).order_by("pk")

    def place() -> Order:
        with transaction.atomic():
            return placement.place(
                checkout_id=session.pk, transaction_id="stripe:1", paid_at=timezone.now(), actor=ACTOR
            )

    answer = meet(
        place,
        first=lambda: CartLine.objects.select_for_update().get(pk=first.pk),
        then=lambda: CartLine.objects.select_for_update().get(pk=second.pk),
    )
    assert isinstance(answer, Order), answer


def test_whoever_points_at_a_session_does_not_stop_its_checkout():
    """A row that refers to the session holds its key alone; NO KEY UPDATE goes past that, FOR UPDATE would wait."""
    session = make_session()
    waited: list[bool] = []

    def point_at_it() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM orders_checkoutsession WHERE id = %s FOR KEY SHARE", [session.pk])

    answer = meet(
        lambda: sessions.start(cart=session.cart, user=None, language="es", actor=ACTOR),
        first=point_at_it,
        then=lambda: waited.append(waits_for_us()),
    )
    assert (answer.pk, waited) == (session.pk, [False])


@pytest.mark.parametrize("shared", ["user_id", "email", "document_number", "nothing"])
def test_two_purchases_of_one_customer_are_checked_one_after_the_other(shared: str):
    """Whoever shares the account, the address or the document waits; who shares none does not."""
    mine: dict[str, Any] = {"user_id": uuid7(), "email": "ana@example.com", "document_number": "30123456"}
    empty: dict[str, Any] = {"user_id": None, "email": "", "document_number": ""}
    waited: list[bool] = []

    def act() -> None:
        with transaction.atomic():
            limits.take_turns(limits.Customer(**(empty | ({shared: mine[shared]} if shared in mine else {}))))

    meet(
        act,
        first=lambda: limits.take_turns(limits.Customer(**mine)),
        then=lambda: waited.append(waits_for_us()),
    )
    assert waited == [shared != "nothing"]
