"""Stock that moves while it is sold: two places, transfers, counts, and sign-ins; each with a control that fails."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from inventory import counts, invariants, reservations, transfers
from inventory.ledger import InsufficientOnHand
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.reservations import InsufficientStock
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from orders.merging import merge
from orders.models import Cart, CartLine
from orders.tests import factories as orders_made
from shop.core.ids import uuid7
from tests.races.crowd import count, surprises, together
from tests.races.test_stock_clocks import convert, figures, hold_for_checkout

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STAFF = "staff:test@example.com"


def reserve(variant_id, quantity=1, cart_id=None):
    return reservations.reserve(
        variant_id=variant_id, quantity=quantity, ttl=TTL, cart_id=cart_id or uuid7(), actor="shopper"
    )


def oversells_sometime(attempt: Callable[[], bool]) -> bool:
    """Say whether a control shows its race, given a few chances."""
    return any(attempt() for _chance in range(5))


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
    assert invariants.check() == []


def test_control_adding_up_the_places_first_and_taking_then_oversells():
    variant = make_variant()
    for _n in range(2):
        stocked(1, variant=variant, location=LocationFactory.create())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE race_places AS SELECT * FROM inventory_stocklevel")

    def take_two() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(on_hand - reserved) FROM race_places")
            (total,) = cursor.fetchone()
            if total < 2:
                return False
            cursor.execute("UPDATE race_places SET reserved = reserved + 1")
            return True

    def attempt() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE race_places SET reserved = 0")
        return sum(together([take_two] * 16, at_once=16)) > 1

    try:
        assert oversells_sometime(attempt)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE race_places")


# -- Transfer against reservation ---------------------------------------------------------------------------------------


def test_a_unit_is_sent_away_or_held_never_both():
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
    held, sent = count(answers, Reservation), sum(transfers.in_transit([level.variant_id]).values())
    assert figures(level) == (20 - sent, held)
    assert held + sent <= 20
    assert held + sent > 17, "as long as three are left, a transfer or buyers may have them"
    assert invariants.check() == []


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
    assert invariants.check() == []


def test_control_a_transfer_that_looks_first_takes_held_units_away():
    level = stocked(20)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE race_sent AS SELECT * FROM inventory_stocklevel")

    def change(column: str, units: int) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT on_hand - reserved FROM race_sent")
            (free,) = cursor.fetchone()
            if free < abs(units):
                return False
            cursor.execute(f"UPDATE race_sent SET {column} = {column} + %s", [units])
            return True

    def attempt() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE race_sent SET reserved = 0, on_hand = 20")
        acts = [partial(change, "reserved", 1), partial(change, "on_hand", -3)] * 16
        together(acts, at_once=16)
        with connection.cursor() as cursor:
            cursor.execute("SELECT reserved > on_hand FROM race_sent")
            (is_wrong,) = cursor.fetchone()
        return bool(is_wrong)

    try:
        assert oversells_sometime(attempt)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE race_sent")
    assert figures(level) == (20, 0)


# -- Count approval against sale ----------------------------------------------------------------------------------------


def test_a_count_is_approved_while_the_shop_sells():
    """Counted 27 of 30, then 12 are sold while two people approve: three are missing, and no sale is lost."""
    level = stocked(30)
    checkouts = [hold_for_checkout(level, 1) for _n in range(12)]
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
    assert invariants.check() == []


def test_control_writing_the_counted_figure_over_the_stock_loses_sales():
    """The habit of spreadsheets: the difference is taken from what the books say when somebody gets round to it."""
    level = stocked(30)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE race_counted AS SELECT * FROM inventory_stocklevel")

    def sell() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE race_counted SET on_hand = on_hand - 1")

    def approve_naively() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE race_counted SET on_hand = 27")

    together([*[sell] * 6, approve_naively, *[sell] * 6], at_once=4)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT on_hand FROM race_counted")
            (left,) = cursor.fetchone()
        assert left > 30 - 3 - 12, "the sales before the approval came back as units that are not there"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE race_counted")
    assert figures(level) == (30, 0)


# -- Expiry against renewal and against payment: the controls -----------------------------------------------------------


def test_control_renewing_what_was_read_alive_promises_a_hold_that_is_gone():
    """A renewal that reads first and writes by key: told that it goes on, while expiry has given the unit back."""

    def attempt() -> bool:
        level = stocked(20)
        carts = [uuid7() for _n in range(20)]
        for cart_id in carts:
            reserve(level.variant_id, cart_id=cart_id)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE inventory_reservation SET expires_at = clock_timestamp() + random() * interval '60 ms'"
            )

        def renew_naively(cart_id) -> bool:
            hold = Reservation.objects.filter(cart_id=cart_id, status="active", expires_at__gt=Now()).first()
            if hold is None:
                return False
            time.sleep(0.01)
            Reservation.objects.filter(pk=hold.pk).update(expires_at=Now() + TTL)
            return True

        acts: list[Callable[[], Any]] = [partial(renew_naively, cart_id) for cart_id in carts]
        for place in range(0, 30, 3):
            acts.insert(place, reservations.expire_due)
        answers = together(acts, at_once=8)
        reservations.expire_due()
        told = sum(answer is True for answer in answers)
        return told > Reservation.objects.filter(level=level, status="active").count()

    assert oversells_sometime(attempt)


def test_control_paying_what_was_read_alive_sells_a_unit_somebody_else_has():
    """A payment that reads the hold, and sells by what it read: expiry and a new buyer come between."""

    def attempt() -> bool:
        level = stocked(1)
        checkout_id = hold_for_checkout(level, 1)
        Reservation.objects.filter(level=level).update(expires_at=Now())
        sold = []

        def pay_naively() -> None:
            hold = Reservation.objects.filter(checkout_id=checkout_id, status="active").first()
            if hold is not None:
                time.sleep(0.03)
                Reservation.objects.filter(pk=hold.pk).update(status="converted")
                sold.append(hold)

        answers = together([pay_naively, partial(reserve, level.variant_id)], at_once=2)
        return bool(sold) and count(answers, Reservation) == 1

    assert oversells_sometime(attempt), "one unit, two owners"


# -- Cart merge at login ------------------------------------------------------------------------------------------------


def test_signing_in_on_three_devices_adds_the_cart_once():
    user, variant = orders_made.make_user(), orders_made.make_variant(units=20)
    mine = orders_made.make_cart((variant, 2), user=user)
    guests = [orders_made.make_cart((variant, 3)) for _n in range(3)]
    acts = [partial(merge, guest=guest, user=user, actor="shopper") for guest in guests] * 2
    answers = together([*acts, reservations.expire_due], at_once=7)
    assert surprises(answers) == []
    assert CartLine.objects.get().quantity == 2 + 3 * 3
    assert reservations.held(cart_id=mine.pk)[variant.pk].quantity == 11
    assert Cart.objects.get() == mine
    assert invariants.check() == []


def test_control_merging_without_the_carts_locks_adds_it_twice():
    def attempt() -> bool:
        variant = orders_made.make_variant(units=20)
        mine, guest = orders_made.make_cart((variant, 2)), orders_made.make_cart((variant, 3))

        def merge_naively() -> None:
            lines = list(CartLine.objects.filter(cart=guest))
            time.sleep(0.01)
            for line in lines:
                CartLine.objects.filter(cart=mine, variant_id=line.variant_id).update(
                    quantity=F("quantity") + line.quantity
                )
            CartLine.objects.filter(cart=guest).delete()

        together([merge_naively] * 2, at_once=2)
        return CartLine.objects.get(cart=mine).quantity > 5

    assert oversells_sometime(attempt)
