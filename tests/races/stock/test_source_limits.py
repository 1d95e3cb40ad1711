"""Two carts of one source at once get no more than the source may reserve; without its lock they would.

The control removes the source's lock from the statement: both count its reservations before one of them reserves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from inventory import reservations
from inventory.checks import runner
from inventory.models import Reservation, StockLevel
from inventory.reservations import ReservationRefused
from inventory.sql import load
from inventory.tests.factories import TTL, make_drop, make_variant, stocked
from inventory.tests.reservations.test_source_limits import terms
from orders.cart import reservations as cart_reservations
from orders.models import Cart
from shop.core.ids import uuid7
from tests.races.tools.concurrency import count, surprises, together
from tests.races.tools.rendezvous import meet_at_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
TURNS = ["PERFORM pg_advisory_xact_lock(turn.number)", "the_turn := pg_advisory_xact_lock(in_terms[2])::text"]


@pytest.fixture
def level(settings: Settings) -> StockLevel:
    settings.RESERVED_SHARE_PER_IP = settings.RESERVED_SHARE_PER_NETWORK = 0
    settings.RESERVED_PER_IP = settings.RESERVED_PER_NETWORK = settings.RESERVED_PER_CART = 3
    variant = make_variant()
    make_drop(variant.product, starts_at=None, ends_at=None)
    return stocked(100, variant=variant)


def take(
    variant_id: UUID, cart_id: UUID | None = None, by: Any = None, user_id: UUID | None = None
) -> Reservation:
    return reservations.reserve(
        variant_id=variant_id,
        quantity=2,
        ttl=TTL,
        cart_id=cart_id or uuid7(),
        user_id=user_id,
        actor="shopper",
        terms=by or terms(),
    )


def lock_the_level(level: StockLevel) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM inventory_stocklevel WHERE id = %s FOR UPDATE", [level.pk])


@contextmanager
def without_turns() -> Iterator[None]:
    """Install the checking statement without the source's lock, and restore it."""
    ours = load("validate_source")
    assert all(turn in ours for turn in TURNS)
    untaken = ours.replace(TURNS[0], "PERFORM (turn.number)").replace(TURNS[1], "the_turn := NULL")
    try:
        with connection.cursor() as cursor:
            cursor.execute(untaken)
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(ours)


def sources_of_two(settings: Settings, kind: str) -> list[Any]:
    """Return two visitors that are one source by `kind` alone, with what each passes to `take`."""
    if kind == "ip":
        return [{}, {}]
    if kind == "new carts":
        return [{"by": terms(is_new_cart=True)}] * 2
    if kind == "network":
        return [{"by": terms("198.51.100.1")}, {"by": terms("198.51.100.2")}]
    if kind == "cart":
        cart_id = uuid7()
        return [{"by": terms(address), "cart_id": cart_id} for address in ("198.51.100.1", "203.0.113.1")]
    settings.RESERVED_PER_ACCOUNT = settings.RESERVED_PER_EMAIL = 3
    pair = [("198.51.100.1", "ana@example.com"), ("203.0.113.1", "ana+2@example.com")]
    one = uuid7()
    return [
        {
            "by": terms(address, email=email if kind == "email" else ""),
            "user_id": one if kind == "account" else uuid7(),
        }
        for address, email in pair
    ]


@pytest.mark.parametrize("kind", ["ip", "new carts", "network", "cart", "account", "email"])
def test_two_of_one_source_at_once_get_what_one_may_hold(level, settings, kind):
    acts = [partial(take, level.variant_id, **who) for who in sources_of_two(settings, kind)]
    answers = meet_at_a_lock(acts, lock=partial(lock_the_level, level))
    assert surprises(answers, ReservationRefused) == []
    assert (count(answers, Reservation), count(answers, ReservationRefused)) == (1, 1)


@pytest.mark.parametrize("kind", ["ip", "new carts", "network", "cart", "account", "email"])
def test_control_without_the_turn_both_get_them(level, settings, kind):
    acts = [partial(take, level.variant_id, **who) for who in sources_of_two(settings, kind)]
    with without_turns():
        answers = meet_at_a_lock(acts, lock=partial(lock_the_level, level))
    assert count(answers, Reservation) == 2, answers


def test_a_crowd_of_one_address_gets_its_few(level):
    answers = together([partial(take, level.variant_id)] * 60)
    assert surprises(answers, ReservationRefused) == []
    assert count(answers, Reservation) == 1
    assert runner.check() == []


def test_carts_that_give_back_and_take_at_once_never_wait_in_a_circle(level, monkeypatch):
    """`reserve_exactly` locks stock before it reserves: the source's lock must come before that as well."""
    monkeypatch.setattr("inventory.reservations.source_limits.of_visitor", lambda **values: terms(**values))
    other = stocked(100)
    make_drop(other.variant.product, starts_at=None, ends_at=None)
    carts = [Cart.objects.create() for _n in range(6)]

    def change(cart: Cart, turn: Any) -> None:
        from django.db import transaction

        wanted = {level.variant_id: 1 + turn % 2, other.variant_id: 2 - turn % 2}
        with transaction.atomic():
            cart_reservations.reserve_exactly(cart_id=cart.pk, wanted=wanted, actor="shopper")

    answers = together([partial(change, cart, turn) for turn in range(8) for cart in carts], at_once=12)
    assert surprises(answers, ReservationRefused) == []
    assert runner.check() == []
