"""Stock that moves while it is sold: two places, transfers, counts, and sign-ins; each with a control that fails."""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from inventory import counts, reservations
from inventory.checks import runner
from inventory.ledger import InsufficientOnHand, transfers
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.reservations import InsufficientStock
from inventory.tests.factories import TTL, LocationFactory, let_expire, make_variant, stocked
from orders.cart.merging import merge
from orders.models import Cart, CartLine
from orders.tests import factories as orders_made
from shop.core.ids import uuid7
from tests.races.stock.test_stock_clocks import convert, figures, reserve_for_checkout
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.rendezvous import come_between, meet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STAFF = "staff:test@example.com"
WRITES_RESERVATION = 'UPDATE "inventory_reservation"'


def reserve(variant_id: UUID, quantity: int = 1, cart_id: UUID | None = None) -> Reservation:
    return reservations.reserve(
        variant_id=variant_id, quantity=quantity, ttl=TTL, cart_id=cart_id or uuid7(), actor="shopper"
    )


@pytest.fixture
def copied_stock() -> Iterator[Callable[[], None]]:
    """Give a function that copies the levels into a table without constraints and triggers, for the controls."""

    def copy() -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE race_stock AS SELECT * FROM inventory_stocklevel")

    yield copy
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE race_stock")


def read_copy(figure: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {figure} FROM race_stock")
        (value,) = cursor.fetchone()
    return int(value)


def change_copy(change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE race_stock SET {change}")


# -- The last unit across two locations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("round_", range(3))
def test_the_last_units_of_two_places_are_sold_once(round_):
    """Two places with one unit each: one buyer of two, or two buyers of one; never three units."""
    variant = make_variant()
    places = [stocked(1, variant=variant, location=LocationFactory.create()) for _n in range(2)]
    answers = together([partial(reserve, variant.pk, 1 + n % 2) for n in range(16)], at_once=16)
    assert surprises(answers, InsufficientStock) == []
    assert count(answers, Reservation) in (1, 2)
    assert [figures(level) for level in places] == [(1, 1), (1, 1)]
    assert sum(Reservation.objects.values_list("quantity", flat=True)) == 2
    assert runner.check() == []


def test_control_adding_up_the_places_first_and_taking_then_oversells(copied_stock):
    variant = make_variant()
    for _n in range(2):
        stocked(1, variant=variant, location=LocationFactory.create())
    copied_stock()
    all_have_looked = Barrier(4, timeout=PATIENCE)

    def take_two() -> bool:
        total = read_copy("sum(on_hand - reserved)")
        all_have_looked.wait()
        if total < 2:
            return False
        change_copy("reserved = reserved + 1")
        return True

    assert together([take_two] * 4) == [True] * 4, "two units, promised four times"
    assert read_copy("sum(reserved)") == 8


# -- Transfer against reservation ---------------------------------------------------------------------------------------


def test_a_unit_is_sent_away_or_reserved_never_both():
    level = stocked(20)
    other = LocationFactory.create()

    def send() -> Any:
        return transfers.send(
            source_id=level.location_id, destination_id=other.pk, wanted={level.variant_id: 3}, actor=STAFF
        )

    acts: list[Callable[[], Any]] = [partial(reserve, level.variant_id)] * 24
    for place in range(0, 24, 3):
        acts.insert(place, send)
    answers = together(acts, at_once=12)
    assert surprises(answers, InsufficientStock, InsufficientOnHand) == []
    reserved, sent = count(answers, Reservation), sum(transfers.in_transit([level.variant_id]).values())
    assert figures(level) == (20 - sent, reserved)
    assert reserved + sent == 20, "as long as one is left, a buyer has it"
    assert runner.check() == []


def test_a_transfer_that_arrives_is_sold_from_there_and_from_nowhere_else():
    level = stocked(6)
    other = LocationFactory.create()
    sent = transfers.send(
        source_id=level.location_id, destination_id=other.pk, wanted={level.variant_id: 6}, actor=STAFF
    )
    acts: list[Callable[[], Any]] = [partial(reserve, level.variant_id)] * 12
    acts.insert(
        4, partial(transfers.receive, transfer_id=sent.pk, arrived={level.variant_id: 6}, actor=STAFF)
    )
    answers = together(acts + [partial(reserve, level.variant_id)] * 12, at_once=8)
    assert surprises(answers, InsufficientStock) == []
    there = StockLevel.objects.get(variant_id=level.variant_id, location=other)
    assert (there.on_hand, there.reserved) == (6, count(answers, Reservation))
    assert figures(level) == (0, 0)
    assert runner.check() == []


def test_control_a_transfer_that_looks_first_takes_held_units_away(copied_stock):
    level = stocked(3)
    copied_stock()
    both_have_looked = Barrier(2, timeout=PATIENCE)

    def change(column: str, units: int) -> None:
        free = read_copy("sum(on_hand - reserved)")
        both_have_looked.wait()
        if free >= abs(units):
            change_copy(f"{column} = {column} + ({units})")

    assert together([partial(change, "reserved", 1), partial(change, "on_hand", -3)]) == [None, None]
    assert read_copy("max(reserved)") == 1
    assert read_copy("max(on_hand)") == 0, "somebody holds a unit that has left"
    assert figures(level) == (3, 0)


# -- Count approval against sale ----------------------------------------------------------------------------------------


def test_a_count_is_approved_while_the_shop_sells():
    """Counted 27 of 30, then 12 are sold while two people approve: three are missing, and no sale is lost."""
    level = stocked(30)
    checkouts = [reserve_for_checkout(level, 1) for _n in range(12)]
    counted = counts.open_count(location_id=level.location_id, actor=STAFF)
    counts.put(count_id=counted.pk, figures={level.pk: 27}, actor=STAFF)
    counts.submit(count_id=counted.pk, actor=STAFF)
    acts: list[Callable[[], Any]] = [partial(convert, key, {level.variant_id: 1}) for key in checkouts]
    approve = partial(counts.approve, count_id=counted.pk, actor="staff:other@example.com")
    acts[4:4] = [approve, approve]
    answers = together(acts, at_once=10)
    assert surprises(answers, counts.WrongState) == []
    assert count(answers, counts.WrongState) == 1, "one of the two was told that it is decided"
    assert figures(level) == (30 - 3 - 12, 0)
    assert StockMovement.objects.filter(kind="count").count() == 1
    assert runner.check() == []


def test_control_writing_the_counted_figure_over_the_stock_loses_sales(copied_stock):
    """As with spreadsheets: the difference is taken from what the books say at the time of approval."""
    level = stocked(30)
    copied_stock()

    def sell() -> None:
        change_copy("on_hand = on_hand - 1")

    assert together([sell] * 6) == [None] * 6
    change_copy("on_hand = 27")
    assert together([sell] * 6) == [None] * 6
    assert read_copy("max(on_hand)") == 27 - 6, "the six sales before the approval came back as units"
    assert figures(level) == (30, 0)


# -- Expiry against renewal and against payment: the controls -----------------------------------------------------------


def test_control_renewing_what_was_read_alive_promises_a_reservation_that_is_gone():
    """A renewal that reads first and writes by key: told that it goes on, while expiry has given the unit back."""
    level, cart_id = stocked(1), uuid7()
    reserve(level.variant_id, cart_id=cart_id)

    def renew_naively() -> bool:
        reservation = Reservation.objects.get(cart_id=cart_id, status="active", expires_at__gt=Now())
        Reservation.objects.filter(pk=reservation.pk).update(expires_at=Now() + TTL)
        return True

    def expire() -> None:
        let_expire(level=level)
        assert reservations.expire_due() == 1

    assert come_between(renew_naively, before=WRITES_RESERVATION, meanwhile=expire) is True
    assert not Reservation.objects.filter(level=level, status="active").exists(), "told that it goes on"
    assert figures(level) == (1, 0)


def test_a_renewal_that_waits_for_expiry_is_told_that_the_reservation_is_gone():
    """Expiry has ended the reservation and not committed: the renewal reads it as active, waits, and reads again."""
    level, cart_id = stocked(1), uuid7()
    reserve(level.variant_id, cart_id=cart_id)

    def expire() -> None:
        let_expire(level=level)
        assert reservations.expire_due() == 1

    renew = partial(reservations.renew, cart_id=cart_id, ttl=TTL, actor="shopper")
    assert meet(renew, first=expire, then=lambda: None).renewed == {}
    assert figures(level) == (1, 0)
    assert runner.check() == []


def test_expiry_that_meets_a_reservation_taken_up_again_leaves_it_alone():
    """A payment takes an expired reservation up again and has not committed yet: expiry still sees it expired."""
    level = stocked(1)
    checkout_id = reserve_for_checkout(level, 1)
    let_expire(level=level)
    until = timezone.now() + TTL

    def take_up() -> None:
        assert reservations.extend(checkout_id=checkout_id, until=until, actor="shopper")

    assert meet(reservations.expire_due, first=take_up, then=lambda: None) == 0
    assert figures(level) == (1, 1)
    assert runner.check() == []


def test_control_paying_what_was_read_alive_sells_a_unit_somebody_else_has():
    """A payment that reads the reservation, and sells by what it read: expiry and a new buyer come between."""
    level = stocked(1)
    checkout_id = reserve_for_checkout(level, 1)
    let_expire(level=level)

    def pay_naively() -> Reservation:
        reservation = Reservation.objects.get(checkout_id=checkout_id, status="active")
        Reservation.objects.filter(pk=reservation.pk).update(status="converted")
        return reservation

    bought: list[Reservation] = []
    sold = come_between(
        pay_naively, before=WRITES_RESERVATION, meanwhile=lambda: bought.append(reserve(level.variant_id))
    )
    owners = Reservation.objects.filter(pk__in=[sold.pk, bought[0].pk], status__in=["converted", "active"])
    assert owners.count() == 2, "one unit, two owners"


# -- Cart merge at login ------------------------------------------------------------------------------------------------


def test_signing_in_on_three_devices_adds_the_cart_once():
    user, variant = orders_made.make_user(), orders_made.make_variant(units=20)
    mine = orders_made.make_cart((variant, 2), user=user)
    guests = [orders_made.make_cart((variant, 3)) for _n in range(3)]
    acts = [partial(merge, guest=guest, user=user, actor="shopper") for guest in guests] * 2
    answers = together([*acts, reservations.expire_due], at_once=7)
    assert surprises(answers) == []
    assert CartLine.objects.get().quantity == 2 + 3 * 3
    assert reservations.find_active(cart_id=mine.pk)[variant.pk].quantity == 11
    assert Cart.objects.get() == mine
    assert runner.check() == []


def test_control_merging_without_the_carts_locks_adds_it_twice():
    """Two tabs that sign in: each has read the guest's lines before one of them moves and deletes them."""
    variant = orders_made.make_variant(units=20)
    mine, guest = orders_made.make_cart((variant, 2)), orders_made.make_cart((variant, 3))
    both_have_read = Barrier(2, timeout=PATIENCE)

    def merge_naively() -> None:
        lines = list(CartLine.objects.filter(cart=guest))
        both_have_read.wait()
        for line in lines:
            CartLine.objects.filter(cart=mine, variant_id=line.variant_id).update(
                quantity=F("quantity") + line.quantity
            )
        CartLine.objects.filter(cart=guest).delete()

    assert together([merge_naively] * 2) == [None, None]
    assert CartLine.objects.get(cart=mine).quantity == 2 + 3 + 3
