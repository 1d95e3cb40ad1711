"""Conversion: exact whatever happened to the reservations before."""

from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from inventory import reservations
from inventory.checks import runner
from inventory.models import Location, Reservation, StockLevel, StockMovement
from inventory.reservations import InsufficientStock
from inventory.tests.factories import TTL, LocationFactory, active_units, let_expire, make_variant, stocked
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
ACTOR = "provider:stripe"


@pytest.fixture
def checkout_id() -> UUID:
    return uuid7()


@pytest.fixture
def level() -> StockLevel:
    return stocked(10)


def reservation(level: StockLevel, quantity: int = 1, **values: Any) -> Reservation:
    return reservations.reserve(
        variant_id=level.variant_id, quantity=quantity, ttl=TTL, actor="shopper", **values
    )


def convert(
    checkout_id: UUID, wanted: Any, order_id: UUID | None = None, cart_id: UUID | None = None
) -> None:
    with transaction.atomic():
        reservations.convert(
            checkout_id=checkout_id,
            wanted=wanted,
            order_id=order_id or uuid7(),
            reference="P-1001",
            actor=ACTOR,
            cart_id=cart_id,
        )


def figures(level: StockLevel) -> tuple[int, int]:
    level.refresh_from_db()
    assert level.reserved == active_units(level.pk)
    assert runner.check() == []
    return level.on_hand, level.reserved


def sales() -> list[Any]:
    return [
        (move.level_id, move.quantity, move.on_hand_after)
        for move in StockMovement.objects.filter(kind="sale").order_by("id")
    ]


def test_reserved_units_become_sold(level, checkout_id):
    reserved = reservation(level, 3, checkout_id=checkout_id)
    order_id = uuid7()
    convert(checkout_id, {level.variant_id: 3}, order_id)
    reserved.refresh_from_db()
    assert (reserved.status, reserved.quantity, reserved.end_reason, reserved.ended_by) == (
        "converted",
        3,
        "sold",
        ACTOR,
    )
    assert figures(level) == (7, 0)
    movement = StockMovement.objects.get(kind="sale")
    assert (movement.quantity, movement.on_hand_after, movement.reference) == (-3, 7, "P-1001")
    assert (movement.cause_type, movement.cause_id, movement.actor) == ("orders.order", order_id, ACTOR)


def test_repeating_sells_once(level, checkout_id):
    reservation(level, 3, checkout_id=checkout_id)
    order_id = uuid7()
    convert(checkout_id, {level.variant_id: 3}, order_id)
    convert(checkout_id, {level.variant_id: 3}, order_id)
    assert figures(level) == (7, 0)
    assert len(sales()) == 1


def test_several_lines_and_several_holds_of_a_line(level, checkout_id):
    second = stocked(4)
    reservation(level, 1, checkout_id=checkout_id)
    reservation(level, 2, checkout_id=checkout_id)
    reservation(second, 4, checkout_id=checkout_id)
    convert(checkout_id, {level.variant_id: 3, second.variant_id: 4})
    assert (figures(level), figures(second)) == ((7, 0), (0, 0))
    assert sorted(sales()) == sorted([(level.pk, -3, 7), (second.pk, -4, 0)])


def test_one_line_from_two_places_has_a_movement_for_each(checkout_id):
    variant = make_variant()
    levels = [stocked(2, variant=variant), stocked(2, variant=variant)]
    reservation(levels[0], 3, checkout_id=checkout_id)
    convert(checkout_id, {variant.pk: 3})
    assert sum(quantity for _level, quantity, _after in sales()) == -3
    assert len(sales()) == 2
    assert sum(figures(level)[0] for level in levels) == 1


def test_an_expired_reservation_that_still_blocks_its_units_is_used(level, checkout_id):
    reserved = reservation(level, 10, checkout_id=checkout_id)
    let_expire([reserved])
    convert(checkout_id, {level.variant_id: 10})
    reserved.refresh_from_db()
    assert reserved.status == "converted"
    assert figures(level) == (0, 0)


def test_released_holds_are_taken_again_from_what_is_left(level, checkout_id):
    let_expire([reservation(level, 3, checkout_id=checkout_id)])
    reservations.expire_due()
    convert(checkout_id, {level.variant_id: 3})
    assert figures(level) == (7, 0)
    taken = Reservation.objects.get(status="converted")
    assert (taken.quantity, taken.checkout_id, taken.end_reason) == (
        3,
        checkout_id,
        "sold_without_reservation",
    )


def test_partly_expired_reservations_are_filled_up(level, checkout_id):
    second = stocked(5)
    let_expire([reservation(level, 2, checkout_id=checkout_id)])
    reservations.expire_due()
    reservation(level, 1, checkout_id=checkout_id)
    reservation(second, 5, checkout_id=checkout_id)
    convert(checkout_id, {level.variant_id: 4, second.variant_id: 5})
    assert (figures(level), figures(second)) == ((6, 0), (0, 0))
    assert len(sales()) == 2, "one movement per line and level, held before or not"


def test_its_own_expired_reservation_is_not_swept_away_while_it_is_filled_up(level, checkout_id):
    """Missing units release the expired reservations of others; its own is being paid for."""
    own = reservation(level, 2, checkout_id=checkout_id)
    other = reservation(level, 5, cart_id=uuid7())
    let_expire([own, other])
    convert(checkout_id, {level.variant_id: 6})
    own.refresh_from_db()
    other.refresh_from_db()
    assert (own.status, own.quantity, other.status) == ("converted", 2, "released")
    assert figures(level) == (4, 0)


def test_what_is_missing_may_come_from_another_place(checkout_id):
    variant = make_variant()
    near = stocked(2, variant=variant, location=LocationFactory.create(priority=1))
    far = stocked(2, variant=variant, location=LocationFactory.create(priority=2))
    reservation(near, 2, checkout_id=checkout_id)
    convert(checkout_id, {variant.pk: 3})
    assert (figures(near), figures(far)) == ((0, 0), (1, 0))


def test_nothing_is_sold_from_quarantine(checkout_id):
    variant = make_variant()
    aside = stocked(5, variant=variant, location=LocationFactory.create(kind=Location.Kind.QUARANTINE))
    with pytest.raises(InsufficientStock):
        convert(checkout_id, {variant.pk: 1})
    assert figures(aside) == (5, 0)


def test_late_money_without_stock_is_refused_whole(level, checkout_id):
    second = stocked(1)
    kept = reservation(level, 2, checkout_id=checkout_id)
    let_expire([reservation(second, 1, checkout_id=checkout_id)])
    reservations.expire_due()
    reservation(second, 1, cart_id=uuid7())
    with transaction.atomic():
        with pytest.raises(InsufficientStock) as refused:
            reservations.convert(
                checkout_id=checkout_id,
                wanted={level.variant_id: 2, second.variant_id: 1},
                order_id=uuid7(),
                reference="P-1",
                actor=ACTOR,
            )
        (line,) = refused.value.lines
        assert (line.variant_id, line.wanted, line.available) == (second.variant_id, 1, 0)
    kept.refresh_from_db()
    assert kept.status == "active"
    assert (figures(level), figures(second)) == ((10, 2), (1, 1))
    assert sales() == []


def test_late_money_outranks_the_expired_reservations_of_others(checkout_id):
    level = stocked(1)
    let_expire([reservation(level, 1, cart_id=uuid7())])
    convert(checkout_id, {level.variant_id: 1})
    assert figures(level) == (0, 0)


def test_holds_of_others_are_never_touched(level, checkout_id):
    other = reservation(level, 4, cart_id=uuid7())
    reservation(level, 2, checkout_id=checkout_id)
    convert(checkout_id, {level.variant_id: 2})
    other.refresh_from_db()
    assert (other.status, other.quantity) == ("active", 4)
    assert figures(level) == (8, 4)


def test_late_money_uses_what_the_cart_reservations_again_and_leaves_it_the_rest(checkout_id):
    """The session ended, the shopper put five into the cart again, and then the money for three of them came."""
    level, other = stocked(5), stocked(5)
    cart_id = uuid7()
    again = reservation(level, 5, cart_id=cart_id)
    kept = reservation(other, 2, cart_id=cart_id)
    convert(checkout_id, {level.variant_id: 3}, cart_id=cart_id)
    again.refresh_from_db()
    kept.refresh_from_db()
    assert (again.status, again.quantity, again.checkout_id) == ("active", 2, None)
    assert (kept.status, kept.quantity) == ("active", 2)
    assert (figures(level), figures(other)) == ((2, 2), (5, 2))
    sold = Reservation.objects.get(status="converted")
    assert (sold.quantity, sold.checkout_id, sold.level_id) == (3, checkout_id, level.pk)


def test_its_own_reservations_go_before_the_carts(level, checkout_id):
    cart_id = uuid7()
    older = reservation(level, 1, cart_id=cart_id)
    reservation(level, 2, cart_id=cart_id, checkout_id=checkout_id)
    convert(checkout_id, {level.variant_id: 2}, cart_id=cart_id)
    older.refresh_from_db()
    assert (older.status, figures(level)) == ("active", (8, 1))
    second = uuid7()
    convert(second, {level.variant_id: 1}, cart_id=cart_id)
    older.refresh_from_db()
    assert (older.status, older.checkout_id, figures(level)) == ("converted", second, (7, 0))


def test_what_is_reserved_but_not_bought_is_let_go(level, checkout_id):
    second = stocked(5)
    shrunk = reservation(level, 5, checkout_id=checkout_id)
    unwanted = reservation(second, 2, checkout_id=checkout_id)
    convert(checkout_id, {level.variant_id: 3})
    shrunk.refresh_from_db()
    unwanted.refresh_from_db()
    assert (shrunk.status, shrunk.quantity) == ("converted", 3)
    assert (unwanted.status, unwanted.quantity, unwanted.end_reason) == ("released", 2, "not_bought")
    assert (figures(level), figures(second)) == ((7, 0), (5, 0))


def test_it_refuses_to_work_without_a_transaction(level, checkout_id, transactional_db):
    with pytest.raises(RuntimeError, match="transaction"):
        reservations.convert(
            checkout_id=checkout_id, wanted={level.variant_id: 1}, order_id=uuid7(), reference="", actor=ACTOR
        )


def test_the_caller_may_undo_everything(level, checkout_id):
    reservation(level, 2, checkout_id=checkout_id)

    with transaction.atomic():
        savepoint = transaction.savepoint()
        convert(checkout_id, {level.variant_id: 2})
        transaction.savepoint_rollback(savepoint)
    assert figures(level) == (10, 2)
    assert sales() == []


def test_the_database_refuses_a_second_sale_of_an_order_from_a_level(level, checkout_id):
    from inventory import ledger

    order_id = uuid7()
    convert(checkout_id, {level.variant_id: 1}, order_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.sell({level.pk: 1}, order_id=order_id, reference="", actor=ACTOR)
    assert figures(level) == (9, 0)
