"""A reservation ends once, whichever is first: expiry against payment, renewal and release, twice or crosswise."""

import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from inventory import reservations
from inventory.checks import runner
from inventory.locking import lock_levels
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.reservations import InsufficientStock, expiry
from inventory.tests.factories import TTL, LocationFactory, let_expire, make_variant, stocked
from shop.core.ids import uuid7
from tests.races.tools.concurrency import PATIENCE, surprises, together
from tests.races.tools.rendezvous import meet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ACTOR = "job:race"


def convert(checkout_id: UUID, wanted: Any, order_id: UUID | None = None) -> None:
    with transaction.atomic():
        reservations.convert(
            checkout_id=checkout_id,
            wanted=wanted,
            order_id=order_id or uuid7(),
            reference="race",
            actor=ACTOR,
        )


def reserve_for_checkout(level: StockLevel, quantity: int) -> UUID:
    checkout_id = uuid7()
    reservations.reserve(
        variant_id=level.variant_id,
        quantity=quantity,
        ttl=TTL,
        checkout_id=checkout_id,
        purpose=Reservation.Purpose.CHECKOUT,
        actor="shopper",
    )
    return checkout_id


def figures(level: StockLevel) -> tuple[int, int]:
    level.refresh_from_db()
    return level.on_hand, level.reserved


def test_expiry_and_payment_at_once_sell_each_unit_once():
    """Twenty checkouts whose reservations have just expired are paid while two workers expire: all of them sell."""
    level = stocked(20)
    checkouts = [reserve_for_checkout(level, 1) for _n in range(20)]
    let_expire(level=level)
    acts: list[Callable[[], Any]] = [
        partial(convert, checkout_id, {level.variant_id: 1}) for checkout_id in checkouts
    ]
    acts.insert(3, reservations.expire_due)
    acts.insert(9, reservations.expire_due)
    answers = together(acts, at_once=12)
    assert surprises(answers) == []
    assert figures(level) == (0, 0)
    assert StockMovement.objects.filter(kind="sale").count() == 20
    assert runner.check() == []


def test_late_payers_and_new_buyers_never_have_the_same_unit():
    level = stocked(10)
    checkouts = [reserve_for_checkout(level, 1) for _n in range(10)]
    let_expire(level=level)

    def buy() -> Reservation:
        return reservations.reserve(
            variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper"
        )

    acts: list[Callable[[], Any]] = [
        partial(convert, checkout_id, {level.variant_id: 1}) for checkout_id in checkouts
    ]
    acts += [buy] * 20 + [reservations.expire_due] * 3
    random.Random(7).shuffle(acts)
    answers = together(acts, at_once=16)
    assert surprises(answers, InsufficientStock) == []
    sold = StockMovement.objects.filter(kind="sale").count()
    reserved = Reservation.objects.filter(status="active").count()
    assert sold + reserved == 10
    assert figures(level) == (10 - sold, reserved)
    assert runner.check() == []


def test_two_workers_release_every_expired_reservation_once():
    levels = [stocked(50) for _n in range(4)]
    for level in levels:
        for _n in range(25):
            reserve_for_checkout(level, 2)
    let_expire()
    answers = together([partial(reservations.expire_due, limit=10)] * 4, at_once=4)
    assert surprises(answers) == []
    assert sum(answers) == 100
    assert [figures(level) for level in levels] == [(50, 0)] * 4
    assert runner.check() == []


def test_control_without_compare_and_set_units_come_back_twice():
    """Two workers that read the due reservations first and write then: the level is lowered by each of them."""
    level = stocked(50)
    for _n in range(10):
        reserve_for_checkout(level, 1)
    let_expire(level=level)
    reserve_for_checkout(level, 30)
    both_have_read = threading.Barrier(2, timeout=PATIENCE)

    def release_naively() -> None:
        due = list(Reservation.objects.filter(level=level, status="active", expires_at__lt=Now()))
        both_have_read.wait()
        for reservation in due:
            with transaction.atomic(), connection.cursor() as cursor:
                Reservation.objects.filter(pk=reservation.pk).update(status="released")
                cursor.execute(
                    "UPDATE inventory_stocklevel SET reserved = reserved - %s WHERE id = %s",
                    [reservation.quantity, level.pk],
                )

    assert surprises(together([release_naively] * 2)) == []
    assert figures(level) == (50, 20), "thirty are held, and ten of those can be sold again"


def test_a_reservation_is_renewed_or_released_never_both():
    level = stocked(40)
    carts = [uuid7() for _n in range(40)]
    for cart_id in carts:
        reservations.reserve(
            variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=cart_id, actor="shopper"
        )
    # A third has expired, a third does not, and a third expires within the race: renewed or not, as it happens.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_reservation AS reservation
               SET expires_at = clock_timestamp() + CASE number % 3 WHEN 0 THEN interval '-1 second'
                   WHEN 1 THEN interval '1 hour' ELSE number * interval '3 ms' END
              FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM inventory_reservation) AS row
             WHERE row.id = reservation.id
            """
        )
    acts: list[Callable[[], Any]] = [
        partial(reservations.renew, cart_id=cart_id, ttl=TTL, actor="shopper") for cart_id in carts
    ]
    for place in range(0, 60, 5):
        acts.insert(place, reservations.expire_due)
    answers = together(acts, at_once=8)
    assert surprises(answers) == []
    renewed = sum(bool(answer.renewed) for answer in answers if isinstance(answer, reservations.RenewResult))
    reservations.expire_due()
    living = Reservation.objects.filter(status="active")
    assert living.count() == renewed, "who was told that the hold goes on has it, and nobody else"
    assert 14 <= renewed <= 27
    assert figures(level) == (40, renewed)
    assert runner.check() == []


def test_settling_twice_at_once_sells_once():
    level = stocked(30)
    for _round in range(5):
        checkout_id, order_id = reserve_for_checkout(level, 3), uuid7()
        before = figures(level)[0]
        answers = together([partial(convert, checkout_id, {level.variant_id: 3}, order_id)] * 6, at_once=6)
        assert surprises(answers) == []
        assert figures(level) == (before - 3, 0)
        assert StockMovement.objects.filter(cause_id=order_id).count() == 1
    assert runner.check() == []


def test_releasing_and_selling_at_once_leaves_nothing_between():
    level = stocked(60)
    checkouts = [reserve_for_checkout(level, 2) for _n in range(20)]
    acts: list[Callable[[], Any]] = []
    for checkout_id in checkouts:
        acts.append(partial(convert, checkout_id, {level.variant_id: 2}))
        acts.append(partial(reservations.release, checkout_id=checkout_id, reason="cancelled", actor=ACTOR))
        acts.append(
            partial(reservations.release, checkout_id=checkout_id, quantity=1, reason="fewer", actor=ACTOR)
        )
    answers = together(acts, at_once=12)
    assert surprises(answers) == []
    assert figures(level) == (20, 0)
    assert runner.check() == []


class Shopper:
    """One shopper's random walk over five variants: reserve three lines, drop some, pay or leave."""

    def __init__(self, seed: int, variant_ids: list[UUID]) -> None:
        self.random = random.Random(seed)
        self.variant_ids = variant_ids

    def __call__(self) -> int | str:
        cart_id, checkout_id = uuid7(), uuid7()
        wanted = {key: self.random.randint(1, 2) for key in self.random.sample(self.variant_ids, 3)}
        reservations.reserve_many(wanted=wanted, ttl=TTL, cart_id=cart_id, actor="shopper")
        step = self.random.randrange(6)
        if step == 0:
            return reservations.release(cart_id=cart_id, reason="left", actor="shopper")
        if step == 1:
            let_expire(cart_id=cart_id)
            return reservations.expire_due()
        reservations.renew(cart_id=cart_id, ttl=TTL, actor="shopper")
        if step == 2:
            dropped = next(iter(wanted))
            wanted.pop(dropped)
            reservations.release(
                cart_id=cart_id, variant_id=dropped, quantity=1, reason="fewer", actor="shopper"
            )
        reservations.assign_to_checkout(cart_id=cart_id, checkout_id=checkout_id, actor="shopper")
        if step == 3:
            let_expire(checkout_id=checkout_id)
        convert(checkout_id, wanted)
        return "sold"


def test_crossing_carts_of_three_lines_never_deadlock():
    variants = [make_variant() for _n in range(5)]
    places = [LocationFactory.create(), LocationFactory.create()]
    for variant in variants:
        for place in places:
            stocked(60, variant=variant, location=place)
    keys = [variant.pk for variant in variants]
    answers = together([Shopper(seed, keys) for seed in range(120)], at_once=16)
    assert [a for a in answers if isinstance(a, OperationalError)] == [], "a deadlock"
    assert surprises(answers, InsufficientStock) == []
    assert answers.count("sold") > 50
    assert runner.check() == []


def test_control_reserving_line_by_line_in_one_transaction_deadlocks():
    """What docs/locking.md forbids: two carts with the same two lines, in opposite order, one reservation after the other."""
    first, second = stocked(9), stocked(9)
    both_have_one = threading.Barrier(2, timeout=PATIENCE)

    def fill_cart(levels: Any) -> None:
        with transaction.atomic():
            for level in levels:
                reservations.reserve(
                    variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper"
                )
                if level is levels[0]:
                    both_have_one.wait()

    answers = together([partial(fill_cart, [first, second]), partial(fill_cart, [second, first])], at_once=2)
    (beaten,) = [answer for answer in answers if answer is not None]
    assert isinstance(beaten, OperationalError)
    assert "deadlock detected" in str(beaten)
    assert (figures(first), figures(second)) == ((9, 1), (9, 1)), "the one who gave way left nothing behind"
    assert runner.check() == []


@pytest.mark.parametrize("is_locked", [True, False])
def test_what_is_prolonged_while_its_release_waits_is_reserved_on(
    monkeypatch: pytest.MonkeyPatch, is_locked: bool
):
    """The release chose the reservation as expired, then waits for its level. The control: without the lock it ends it."""
    level = stocked(1)
    checkout_id = reserve_for_checkout(level, 1)
    let_expire(level=level)
    if not is_locked:
        monkeypatch.setattr(expiry, "RELEASE", expiry.RELEASE.replace("FOR UPDATE OF reservation", ""))
    answer = meet(
        lambda: expiry.release_expired(variant_ids=[level.variant_id], limit=9, actor=ACTOR),
        first=lambda: lock_levels(variant_ids=[level.variant_id]),
        then=lambda: reservations.extend(checkout_id=checkout_id, until=timezone.now() + TTL, actor=ACTOR),
    )
    assert answer == (0 if is_locked else 1)
    assert figures(level) == ((1, 1) if is_locked else (1, 0))
