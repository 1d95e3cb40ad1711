"""Fifty units, two hundred buyers at once: fifty have them, and with the guard taken out more than fifty would."""

from collections.abc import Iterator
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from inventory import reservations
from inventory.checks import runner
from inventory.models import Reservation, StockLevel
from inventory.reservations import InsufficientStock
from inventory.reservations.creation import CALL, RESERVE
from inventory.sql import load
from inventory.tests.factories import TTL, LocationFactory, active_units, make_variant, stocked
from orders.cart import carts
from orders.models import Cart, CartLine
from shop.core.ids import uuid7
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.rendezvous import meet_at_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
UNITS, BUYERS = 50, 200
MEETING = 8  # So many of them have seen the last unit before one of them takes it.
GUARD = " AND level.on_hand - level.reserved >= in_quantity;"


def reserve(variant_id: UUID, quantity: int = 1) -> Reservation:
    return reservations.reserve(
        variant_id=variant_id, quantity=quantity, ttl=TTL, cart_id=uuid7(), actor="shopper"
    )


def require_exactly(levels: Any, units: int) -> None:
    for level in levels:
        level.refresh_from_db()
        assert level.reserved == active_units(level.pk)
        assert 0 <= level.reserved <= level.on_hand
    assert sum(level.reserved for level in levels) == units
    assert runner.check() == []


def test_reserve_sells_fifty_of_fifty():
    level = stocked(UNITS)
    answers = together([partial(reserve, level.variant_id)] * BUYERS)
    assert surprises(answers, InsufficientStock) == []
    assert count(answers, Reservation) == UNITS
    assert count(answers, InsufficientStock) == BUYERS - UNITS
    require_exactly([level], UNITS)


def test_add_to_cart_sells_fifty_of_fifty():
    """Through the verb which the shop's button calls."""
    level = stocked(UNITS)
    buyers = [Cart.objects.create() for _n in range(BUYERS)]
    answers = together(
        [
            partial(carts.add, cart=cart, variant_id=level.variant_id, quantity=1, actor="shopper")
            for cart in buyers
        ]
    )
    assert surprises(answers, InsufficientStock) == []
    assert count(answers, CartLine) == UNITS
    require_exactly([level], UNITS)
    holders = set(Reservation.objects.filter(status="active").values_list("cart_id", flat=True))
    assert holders == set(CartLine.objects.values_list("cart_id", flat=True)), (
        "a line stays only with its hold"
    )
    assert len(holders) == UNITS


@pytest.mark.parametrize("quantity", [1, 3])
def test_several_locations_are_emptied_and_no_further(quantity):
    variant = make_variant()
    levels = [stocked(units, variant=variant, location=LocationFactory.create()) for units in (17, 20, 13)]
    answers = together([partial(reserve, variant.pk, quantity)] * (BUYERS // quantity))
    assert surprises(answers, InsufficientStock) == []
    assert count(answers, Reservation) == UNITS // quantity
    require_exactly(levels, UNITS // quantity * quantity)


def test_the_last_unit_goes_to_one_of_thirty_two():
    for _round in range(5):
        level = stocked(1)
        answers = together([partial(reserve, level.variant_id)] * 32)
        assert count(answers, Reservation) == 1
        assert count(answers, InsufficientStock) == 31
        require_exactly([level], 1)


# -- The controls: the same crowd, on copies of the tables without constraints ----------------------------------------


@pytest.fixture
def level_copy() -> Iterator[StockLevel]:
    """A level of fifty units and, beside it, copies of its table and of the reservations' without constraints or triggers.

    `race_guarded` is our statement on the copies, `race_unguarded` the same with its guard taken out.
    """
    level = stocked(UNITS)
    assert GUARD in RESERVE
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE race_level AS SELECT * FROM inventory_stocklevel")
        cursor.execute("CREATE TABLE race_hold AS SELECT * FROM inventory_reservation")
        cursor.execute(on_copy(load("sellable_levels"), "race_places"))
        cursor.execute(on_copy(RESERVE, "race_guarded"))
        cursor.execute(on_copy(RESERVE.replace(GUARD, ";"), "race_unguarded"))
    yield level
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION race_guarded, race_unguarded, race_places")
        cursor.execute("DROP TABLE race_level, race_hold")


def buy_with(function: Any, variant_id: UUID) -> bool:
    """Call a variation of reserve.sql as the shop does; say whether a unit was promised."""
    call = CALL.replace("inventory_reserve", function)
    params: list[Any] = [uuid7(), variant_id, 1, TTL, "cart", uuid7(), None, "shopper", "", False, None, None]
    with connection.cursor() as cursor:
        cursor.execute(call, params)
        return cursor.fetchone() is not None


def buy_naively(variant_id: UUID, meanwhile: Any) -> bool:
    """Read how many are left, then take one: the common unguarded way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT on_hand - reserved FROM race_level WHERE variant_id = %s", [variant_id])
        (available,) = cursor.fetchone()
        meanwhile()
        if available < 1:
            return False
        cursor.execute("UPDATE race_level SET reserved = reserved + 1 WHERE variant_id = %s", [variant_id])
        return True


def reserved_on_copy() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reserved FROM race_level")
        (reserved,) = cursor.fetchone()
    return reserved


def reservations_on_copy() -> Any:
    """Count the reservations: what a refused statement has written before its guard is taken back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM race_hold")
        (number,) = cursor.fetchone()
    return number


def leave_on_copy(units: int) -> None:
    """Let all but so many units be reserved already."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE race_level SET reserved = on_hand - %s", [units])


def lock_the_level() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM race_level FOR UPDATE")


def on_copy(statement: str, name: str) -> str:
    names = {
        "inventory_stocklevel": "race_level",
        "inventory_reservation": "race_hold",
        "inventory_reserve": name,
        "inventory_sellable_levels": "race_places",
    }
    for ours, copy in names.items():
        statement = statement.replace(ours, copy)
    return statement


def test_control_the_guard_alone_is_enough(level_copy):
    """Our statement, without any constraint behind it."""
    answers = together([partial(buy_with, "race_guarded", level_copy.variant_id)] * BUYERS)
    assert surprises(answers) == []
    assert (sum(answers), reserved_on_copy()) == (UNITS, UNITS)


def test_the_guard_judges_again_when_all_have_seen_the_last_unit(level_copy):
    """Eight statements have chosen the level and wait for its row: one gets the unit, whatever they read."""
    leave_on_copy(1)
    buy = partial(buy_with, "race_guarded", level_copy.variant_id)
    answers = meet_at_a_lock([buy] * MEETING, lock=lock_the_level)
    assert surprises(answers) == []
    assert (sum(answers), reserved_on_copy(), reservations_on_copy()) == (1, UNITS, 1)


def test_control_without_the_guard_it_oversells(level_copy):
    """The same interleaving without the guard: the choice of the level is as old as its read."""
    leave_on_copy(1)
    buy = partial(buy_with, "race_unguarded", level_copy.variant_id)
    answers = meet_at_a_lock([buy] * MEETING, lock=lock_the_level)
    assert surprises(answers) == []
    assert (sum(answers), reserved_on_copy()) == (MEETING, UNITS - 1 + MEETING)


def test_control_reading_first_and_writing_then_oversells(level_copy):
    leave_on_copy(1)
    all_have_read = Barrier(MEETING, timeout=PATIENCE)
    answers = together([partial(buy_naively, level_copy.variant_id, all_have_read.wait)] * MEETING)
    assert surprises(answers) == []
    assert (sum(answers), reserved_on_copy()) == (MEETING, UNITS - 1 + MEETING)
