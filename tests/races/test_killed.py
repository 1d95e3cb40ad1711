"""A worker killed, or its backend ended, in the middle of every act: invariants hold, nothing stays reserved."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inventory import counts, reservations
from inventory.checks import runner
from inventory.ledger import transfers
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.reservations import InsufficientStock
from inventory.tests.factories import TTL, LocationFactory, let_expire, stocked
from inventory.tests.factories import make_variant as bare_variant
from orders.cart import carts
from orders.cart.merging import merge
from orders.checkout import placement, sessions
from orders.models import Cart, CartLine, CheckoutSession, Order
from orders.tests.factories import make_awaiting, make_cart, make_user, make_variant
from shop.core.ids import uuid7
from tests.races.tools.concurrency import surprises, together
from tests.races.tools.killing import SIGKILL, TERMINATE, kill_in_the_middle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ACTOR = "shopper"


@dataclass
class Scene:
    """An act to be killed, and what must be true when somebody else has repeated it."""

    act: Callable[[], Any]
    require: Callable[[], None]
    expected: tuple[type[BaseException], ...] = ()


def last_unit() -> Scene:
    level = stocked(1)

    def require() -> None:
        assert Reservation.objects.filter(status="active").count() == 1

    act = partial(
        reservations.reserve, variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor=ACTOR
    )
    # Killed by SIGKILL, the statement may still have been committed: then the unit is reserved until it expires.
    return Scene(act, require, (InsufficientStock,))


def last_unit_across_two_places() -> Scene:
    variant = bare_variant()
    for _n in range(2):
        stocked(1, variant=variant, location=LocationFactory.create())

    def require() -> None:
        assert sorted(Reservation.objects.values_list("quantity", "status")) == [(1, "active"), (1, "active")]

    return Scene(
        partial(
            reservations.reserve, variant_id=variant.pk, quantity=2, ttl=TTL, cart_id=uuid7(), actor=ACTOR
        ),
        require,
    )


def first_line_of_a_cart() -> Scene:
    variant = make_variant(units=2)

    def require() -> None:
        lines = set(CartLine.objects.values_list("cart_id", flat=True))
        assert lines == set(Cart.objects.values_list("pk", flat=True)), "no cart without its line"
        assert lines == set(Reservation.objects.filter(status="active").values_list("cart_id", flat=True))

    def act() -> None:
        carts.add(cart=Cart(), variant_id=variant.pk, quantity=1, actor=ACTOR)

    return Scene(act, require)


def expiry() -> Scene:
    level = stocked(60)
    for _n in range(30):
        reservations.reserve(variant_id=level.variant_id, quantity=2, ttl=TTL, cart_id=uuid7(), actor=ACTOR)
    let_expire(level=level)

    def require() -> None:
        level.refresh_from_db()
        assert (level.on_hand, level.reserved) == (60, 0)
        assert set(Reservation.objects.values_list("status", flat=True)) == {"released"}

    def act() -> None:
        answers = together([partial(reservations.expire_due, limit=10)] * 2, at_once=2)
        assert surprises(answers) == []

    return Scene(act, require)


def payment_of_expired_reservations() -> Scene:
    variant = make_variant(units=1)
    session = make_awaiting(make_cart((variant, 1)))
    let_expire(checkout_id=session.pk)

    def act() -> None:
        with transaction.atomic():
            placement.place(
                checkout_id=session.pk, transaction_id="mp:1", paid_at=timezone.now(), actor="provider:test"
            )

    def require() -> None:
        assert Order.objects.get().checkout_id == session.pk
        assert StockMovement.objects.filter(kind="sale").count() == 1
        assert CheckoutSession.objects.get().status == "completed"
        assert not Reservation.objects.filter(status="active").exists()

    return Scene(act, require)


def renewal() -> Scene:
    level = stocked(1)
    cart_id = uuid7()
    reservations.reserve(variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=cart_id, actor=ACTOR)

    def require() -> None:
        assert Reservation.objects.get().status == "active"

    return Scene(partial(reservations.renew, cart_id=cart_id, ttl=TTL * 2, actor=ACTOR), require)


def sending_a_transfer() -> Scene:
    level = stocked(10)
    other = LocationFactory.create()

    def require() -> None:
        level.refresh_from_db()
        assert level.on_hand == 6
        assert transfers.in_transit([level.variant_id]) == {level.variant_id: 4}

    return Scene(
        partial(
            transfers.send,
            source_id=level.location_id,
            destination_id=other.pk,
            wanted={level.variant_id: 4},
            actor="staff:test@example.com",
        ),
        require,
    )


def approving_a_count() -> Scene:
    level = stocked(10)
    count = counts.open_count(location_id=level.location_id, actor="staff:a@example.com")
    counts.put(count_id=count.pk, figures={level.pk: 7}, actor="staff:a@example.com")
    counts.submit(count_id=count.pk, actor="staff:a@example.com")

    def require() -> None:
        level.refresh_from_db()
        count.refresh_from_db()
        assert (level.on_hand, count.status) == (7, "approved")
        assert StockMovement.objects.filter(kind="count").count() == 1

    return Scene(partial(counts.approve, count_id=count.pk, actor="staff:b@example.com"), require)


def signing_in() -> Scene:
    user, variant = make_user(), make_variant(units=9)
    mine, guest = make_cart((variant, 1), user=user), make_cart((variant, 2))

    def require() -> None:
        assert CartLine.objects.get().quantity == 3
        assert reservations.find_active(cart_id=mine.pk)[variant.pk].quantity == 3
        assert reservations.find_active(cart_id=guest.pk) == {}

    return Scene(partial(merge, guest=guest, user=user, actor=ACTOR), require)


SCENES = [
    last_unit,
    last_unit_across_two_places,
    first_line_of_a_cart,
    expiry,
    payment_of_expired_reservations,
    renewal,
    sending_a_transfer,
    approving_a_count,
    signing_in,
]


@pytest.mark.parametrize("how", [SIGKILL, TERMINATE])
@pytest.mark.parametrize("make_scene", SCENES)
def test_killed_in_the_middle(make_scene: Callable[[], Scene], how: str):
    scene = make_scene()
    stock = dict(StockLevel.objects.values_list("pk", "on_hand"))
    first = reservations.expire_due if make_scene is expiry else scene.act
    kill_in_the_middle(first, how=how)
    assert runner.check() == [], "what the killed one left behind"
    if make_scene is not last_unit and make_scene is not expiry and make_scene is not first_line_of_a_cart:
        # Several statements in a transaction: all of it was undone.
        assert dict(StockLevel.objects.values_list("pk", "on_hand")) == stock
    again = together([scene.act], at_once=1)
    assert surprises(again, *scene.expected) == []
    scene.require()
    assert runner.check() == []
    let_expire()
    sessions.expire_due()
    reservations.expire_due()
    assert not Reservation.objects.filter(status="active").exists()
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {0}, "nothing is held for ever"
    assert runner.check() == []


def test_control_a_counter_kept_apart_from_its_reservation_is_lost_by_a_kill():
    """With counter and reservation in two transactions, a kill between them would block a unit for ever."""
    level = stocked(5)

    def reserve_in_two_steps() -> None:
        StockLevel.objects.filter(pk=level.pk).update(reserved=F("reserved") + 1)
        Reservation.objects.create(
            level=level,
            variant_id=level.variant_id,
            location_id=level.location_id,
            quantity=1,
            cart_id=uuid7(),
            expires_at=timezone.now(),
        )

    between = ["LOCK TABLE inventory_reservation IN SHARE MODE"]
    kill_in_the_middle(reserve_in_two_steps, how=TERMINATE, stop_at=between)
    reservations.expire_due()
    level.refresh_from_db()
    assert level.reserved == 1, "held for ever"
    assert [violation.level_id for violation in runner.check()] == [level.pk]
