"""Reserving units: which location, who is refused and why, and the state after a refusal."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import reservations
from inventory.models import Location, Reservation
from inventory.reservations import InsufficientStock, NotSellable, creation
from inventory.sql import load
from inventory.tests.factories import (
    TTL,
    LocationFactory,
    active_units,
    let_expire,
    make_drop,
    make_variant,
    stocked,
)
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
ACTOR = "shopper"


def reserve(variant_id: UUID, quantity: int = 1, **values: Any) -> Reservation:
    values.setdefault("cart_id", uuid7())
    return reservations.reserve(variant_id=variant_id, quantity=quantity, ttl=TTL, actor=ACTOR, **values)


def test_a_reservation_blocks_units_and_leaves_them_on_hand():
    level = stocked(5)
    cart_id = uuid7()
    reservation = reserve(level.variant_id, 2, cart_id=cart_id, note="gift")
    level.refresh_from_db()
    assert (level.on_hand, level.reserved, level.available) == (5, 2, 3)
    stored = Reservation.objects.get()
    assert stored == reservation
    assert (stored.status, stored.quantity, stored.cart_id, stored.note) == ("active", 2, cart_id, "gift")
    assert (stored.level_id, stored.variant_id, stored.location_id) == (
        level.pk,
        level.variant_id,
        level.location_id,
    )
    assert stored.expires_at - stored.first_reserved_at == TTL


def test_it_takes_one_statement():
    level = stocked(5)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        reserve(level.variant_id, 2)
    assert len(queries) == 1


def test_sold_out_says_how_many_are_left_and_changes_nothing():
    level = stocked(3)
    with pytest.raises(InsufficientStock) as refused:
        reserve(level.variant_id, 4)
    (line,) = refused.value.lines
    assert (line.variant_id, line.wanted, line.available) == (level.variant_id, 4, 3)
    level.refresh_from_db()
    assert level.reserved == 0
    assert not Reservation.objects.exists()


def test_the_first_place_by_priority_that_has_enough_gives():
    variant = make_variant()
    near = stocked(1, variant=variant, location=LocationFactory.create(priority=1))
    far = stocked(5, variant=variant, location=LocationFactory.create(priority=2))
    assert reserve(variant.pk, 2).level_id == far.pk
    assert reserve(variant.pk, 1).level_id == near.pk
    assert reserve(variant.pk, 1).level_id == far.pk


def test_the_last_units_can_be_had_although_they_lie_in_two_places():
    variant = make_variant()
    levels = [stocked(2, variant=variant), stocked(2, variant=variant)]
    cart_id = uuid7()
    first = reserve(variant.pk, 3, cart_id=cart_id)
    assert reservations.find_active(cart_id=cart_id)[variant.pk].quantity == 3
    assert first.level_id == min(level.pk for level in levels)
    for level in levels:
        level.refresh_from_db()
        assert level.reserved == active_units(level.pk)
    with pytest.raises(InsufficientStock) as refused:
        reserve(variant.pk, 2)
    assert refused.value.lines[0].available == 1


@pytest.mark.parametrize(
    "values", [{"is_sellable": False}, {"kind": Location.Kind.QUARANTINE, "is_sellable": True}]
)
def test_what_is_not_for_sale_is_never_promised(values):
    level = stocked(5, location=LocationFactory.create(**values))
    with pytest.raises(InsufficientStock) as refused:
        reserve(level.variant_id)
    assert refused.value.lines[0].available == 0
    with pytest.raises(InsufficientStock):
        reservations.reserve_many(wanted={level.variant_id: 1}, ttl=TTL, cart_id=uuid7(), actor=ACTOR)


def test_an_expired_reservation_never_keeps_a_buyer_waiting_for_the_next_beat():
    level = stocked(2)
    let_expire([reserve(level.variant_id, 2)])
    reservation = reserve(level.variant_id, 2)
    assert reservation.status == "active"
    old = Reservation.objects.exclude(pk=reservation.pk).get()
    assert (old.status, old.end_reason, old.ended_by) == ("released", "expired", ACTOR)
    level.refresh_from_db()
    assert level.reserved == 2


def test_expired_reservations_of_other_variants_are_left_to_the_job():
    other = stocked(1)
    let_expire([reserve(other.variant_id)])
    level = stocked(0)
    with pytest.raises(InsufficientStock):
        reserve(level.variant_id)
    assert Reservation.objects.get().status == "active"


@pytest.mark.parametrize("values", [{"is_active": False}, {"product_is_active": False}])
def test_what_is_off_sale_cannot_be_reserved(values):
    variant = make_variant(**values)
    stocked(5, variant=variant)
    with pytest.raises(NotSellable) as refused:
        reserve(variant.pk)
    assert (refused.value.variant_id, refused.value.reason) == (variant.pk, "inactive")


def test_a_variant_that_does_not_exist_is_off_sale():
    with pytest.raises(NotSellable) as refused:
        reserve(uuid7())
    assert refused.value.reason == "inactive"


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("windows", "reason"),
    [
        ([(HOUR, 2 * HOUR)], "upcoming"),
        ([(-2 * HOUR, -HOUR)], "closed"),
        ([(-HOUR, HOUR)], None),
        ([(None, HOUR)], None),
        ([(-HOUR, None)], None),
        ([(-3 * HOUR, -2 * HOUR), (HOUR, 2 * HOUR)], "upcoming"),
        ([(-3 * HOUR, -2 * HOUR), (-HOUR, HOUR)], None),
        ([], None),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_a_drop_is_sold_only_while_one_of_its_windows_is_open(windows, reason, many):
    variant = make_variant()
    stocked(5, variant=variant)
    now = timezone.now()
    for starts, ends in windows:
        make_drop(variant.product, starts_at=starts and now + starts, ends_at=ends and now + ends)

    def reservation() -> None:
        if many:
            reservations.reserve_many(wanted={variant.pk: 1}, ttl=TTL, cart_id=uuid7(), actor=ACTOR)
        else:
            reserve(variant.pk)

    if reason is None:
        reservation()
        assert Reservation.objects.count() == 1
        return
    with pytest.raises(NotSellable) as refused:
        reservation()
    assert refused.value.reason == reason
    assert refused.value.opens_at == (now + HOUR if reason == "upcoming" else None)
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("values", [{"is_active": False}, {"kind": "seasonal"}])
def test_only_active_drops_bind(values):
    variant = make_variant()
    stocked(5, variant=variant)
    make_drop(variant.product, starts_at=timezone.now() + HOUR, ends_at=None, **values)
    assert reserve(variant.pk).quantity == 1


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_reservation_of_nothing_is_a_mistake(quantity):
    level = stocked(5)
    with pytest.raises(ValueError, match="at least one"):
        reserve(level.variant_id, quantity)
    with pytest.raises(ValueError, match="at least one"):
        reservations.reserve_many(wanted={level.variant_id: quantity}, ttl=TTL, cart_id=uuid7(), actor=ACTOR)


def test_a_staff_reservation_needs_no_cart():
    level = stocked(1)
    reservation = reservations.reserve(
        variant_id=level.variant_id,
        quantity=1,
        ttl=timedelta(days=2),
        purpose=Reservation.Purpose.MANUAL,
        actor="staff:ana@example.com",
        note="viene a buscarla el sábado",
    )
    assert reservation.purpose == "manual"
    assert (
        reservations.release(
            reservation_id=reservation.pk, reason="not fetched", actor="staff:ana@example.com"
        )
        == 1
    )


def test_many_lines_are_reserved_together():
    first, second = stocked(5), stocked(5)
    cart_id = uuid7()
    made = reservations.reserve_many(
        wanted={first.variant_id: 2, second.variant_id: 3}, ttl=TTL, cart_id=cart_id, actor=ACTOR
    )
    assert {reservation.variant_id: reservation.quantity for reservation in made} == {
        first.variant_id: 2,
        second.variant_id: 3,
    }
    found = reservations.find_active(cart_id=cart_id)
    assert {key: reservation.quantity for key, reservation in found.items()} == {
        first.variant_id: 2,
        second.variant_id: 3,
    }


def test_many_lines_are_refused_together_and_every_short_one_is_named():
    full, short, empty = stocked(5), stocked(1), stocked(0)
    with pytest.raises(InsufficientStock) as refused:
        reservations.reserve_many(
            wanted={full.variant_id: 1, short.variant_id: 2, empty.variant_id: 1},
            ttl=TTL,
            cart_id=uuid7(),
            actor=ACTOR,
        )
    assert {(s.variant_id, s.wanted, s.available) for s in refused.value.lines} == {
        (short.variant_id, 2, 1),
        (empty.variant_id, 1, 0),
    }
    assert not Reservation.objects.exists()


def test_many_lines_take_over_expired_reservations():
    level = stocked(2)
    let_expire([reserve(level.variant_id, 2)])
    (reservation,) = reservations.reserve_many(
        wanted={level.variant_id: 2}, ttl=TTL, cart_id=uuid7(), actor=ACTOR
    )
    assert reservation.quantity == 2
    assert reservations.reserve_many(wanted={}, ttl=TTL, cart_id=uuid7(), actor=ACTOR) == []


def synchronous_commit() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("durable", "purpose", "inside", "mode"),
    [
        (False, "cart", False, "true"),
        (True, "cart", False, "false"),
        (False, "checkout", False, "false"),
        (False, "cart", True, "false"),
    ],
)
def test_only_a_cart_reservation_of_its_own_transaction_commits_without_the_disk(
    settings, durable, purpose, inside, mode
):
    settings.DURABLE_RESERVATIONS = durable
    level = stocked(5)
    with CaptureQueriesContext(connection) as queries:
        if inside:
            with transaction.atomic():
                reserve(level.variant_id, purpose=purpose)
                assert synchronous_commit() == "on"
        else:
            reserve(level.variant_id, purpose=purpose)
    (statement,) = [query["sql"] for query in queries if "inventory_reserve" in query["sql"]]
    assert f", {mode}, " in statement
    assert synchronous_commit() == "on", "the mode must not outlive the statement"


@pytest.mark.django_db(transaction=True)
def test_the_statement_really_turns_the_flush_off_for_its_transaction(settings):
    level = stocked(5)
    params: list[Any] = [
        uuid7(),
        level.variant_id,
        1,
        TTL,
        "cart",
        uuid7(),
        None,
        ACTOR,
        "",
        True,
        None,
        None,
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(creation.CALL, params)
        assert cursor.fetchone()
        assert synchronous_commit() == "off"
    assert synchronous_commit() == "on"


def test_the_functions_in_the_database_are_those_of_the_files():
    """Whoever changes one of these files adds a migration that installs it again."""
    with connection.cursor() as cursor:
        for name in (
            "reserve",
            "reserve_many",
            "sellable_levels",
            "sellability",
            "validate_source",
            "limits",
            "sellable",
        ):
            cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [f"inventory_{name}"])
            (body,) = cursor.fetchone()
            assert body in load(name)
