"""The ledger: every unit that comes or goes is a movement, many at once or one."""

import time
from decimal import Decimal
from typing import cast

import pytest

from inventory import ledger, reservations
from inventory.checks import runner
from inventory.ledger import InsufficientOnHand, Receipt
from inventory.models import StockLevel, StockMovement
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from shop.core.ids import uuid7
from tests.support.round_trips import counted

pytestmark = pytest.mark.django_db
ACTOR = "staff:ana@example.com"


def test_a_delivery_is_booked_with_all_that_explains_it():
    variant, location = make_variant(), LocationFactory.create()
    movement = ledger.receive(
        variant_id=variant.pk,
        location_id=location.pk,
        quantity=12,
        unit_cost=Decimal("4500.50"),
        reference="R-0001",
        note="primera tanda",
        actor=ACTOR,
        cause=location,
    )
    stored = StockMovement.objects.get()
    assert stored == movement
    assert (stored.kind, stored.quantity, stored.on_hand_after, stored.unit_cost) == (
        "purchase",
        12,
        12,
        Decimal("4500.50"),
    )
    assert (stored.reference, stored.note, stored.actor) == ("R-0001", "primera tanda", ACTOR)
    assert (stored.cause_type, stored.cause_id) == ("inventory.location", location.pk)
    assert stored.occurred_at is not None
    level = StockLevel.objects.get()
    assert (level.variant_id, level.location_id, level.on_hand, level.reserved) == (
        variant.pk,
        location.pk,
        12,
        0,
    )


def test_the_statement_is_planned_once_and_its_rows_are_whole():
    level = stocked(5)
    with counted() as sent:
        movement = ledger.receive(
            variant_id=level.variant_id, location_id=level.location_id, quantity=2, actor=ACTOR
        )
    assert not any("INSERT INTO inventory_stockmovement" in text for text in sent)
    # As it was written, though nothing is read again.
    stored = StockMovement.objects.get(pk=movement.pk)
    fields = [field.attname for field in StockMovement._meta.concrete_fields]
    assert [movement.__dict__[name] for name in fields] == [stored.__dict__[name] for name in fields]


def test_a_second_delivery_goes_to_the_same_level():
    level = stocked(5)
    movement = ledger.receive(
        variant_id=level.variant_id, location_id=level.location_id, quantity=2, actor=ACTOR
    )
    assert (movement.level_id, movement.on_hand_after) == (level.pk, 7)
    assert StockLevel.objects.count() == 1


@pytest.mark.parametrize("quantity", [0, -3])
def test_a_delivery_brings_something(quantity):
    with pytest.raises(ValueError, match="at least one"):
        ledger.receive(
            variant_id=make_variant().pk,
            location_id=LocationFactory.create().pk,
            quantity=quantity,
            actor=ACTOR,
        )
    assert not StockLevel.objects.exists()


def test_binary_fractions_are_no_cost():
    with pytest.raises(TypeError, match="Decimal"):
        ledger.receive(
            variant_id=make_variant().pk,
            location_id=LocationFactory.create().pk,
            quantity=1,
            unit_cost=cast("Decimal", 0.1),
            actor=ACTOR,
        )


def test_many_deliveries_take_two_statements_for_levels_and_one_for_movements(django_assert_max_num_queries):
    place = LocationFactory.create()
    rows = [Receipt(make_variant().pk, place.pk, 3, reference=f"R-{n}") for n in range(20)]
    rows.append(Receipt(rows[0].variant_id, place.pk, 4))
    with django_assert_max_num_queries(7):  # the rest are savepoints
        movements = ledger.receive_many(rows, actor=ACTOR)
    assert len(movements) == 21
    assert sum(StockLevel.objects.values_list("on_hand", flat=True)) == 64
    assert runner.check() == []


def test_a_whole_season_arrives_in_seconds():
    place = LocationFactory.create()
    first = make_variant()
    variants = [first] + [make_variant(product=first.product) for _n in range(499)]
    started = time.perf_counter()
    ledger.receive_many([Receipt(variant.pk, place.pk, 10) for variant in variants], actor=ACTOR)
    assert time.perf_counter() - started < 3, "row by row would take longer on a busy machine too"
    assert StockLevel.objects.filter(on_hand=10).count() == 500


def test_one_bad_line_refuses_the_whole_delivery():
    place, variant = LocationFactory.create(), make_variant()
    with pytest.raises(ValueError, match="at least one"):
        ledger.receive_many([Receipt(variant.pk, place.pk, 3), Receipt(variant.pk, place.pk, 0)], actor=ACTOR)
    assert not StockMovement.objects.exists()
    assert ledger.receive_many([], actor=ACTOR) == []


@pytest.mark.parametrize(("difference", "left"), [(-2, 3), (4, 9), (-5, 0)])
def test_an_adjustment_is_a_movement(difference, left):
    level = stocked(5)
    movement = ledger.adjust(
        variant_id=level.variant_id,
        location_id=level.location_id,
        difference=difference,
        note="conteo",
        actor=ACTOR,
    )
    assert (movement.kind, movement.quantity, movement.on_hand_after, movement.note) == (
        "adjustment",
        difference,
        left,
        "conteo",
    )


def test_an_adjustment_may_be_the_first_movement_of_a_place():
    variant, place = make_variant(), LocationFactory.create()
    ledger.adjust(variant_id=variant.pk, location_id=place.pk, difference=2, note="apareció", actor=ACTOR)
    assert StockLevel.objects.get().on_hand == 2


def test_what_is_not_there_cannot_be_taken():
    level = stocked(5)
    with pytest.raises(InsufficientOnHand) as refused:
        ledger.adjust(
            variant_id=level.variant_id,
            location_id=level.location_id,
            difference=-6,
            note="rotas",
            actor=ACTOR,
        )
    assert (refused.value.wanted, refused.value.on_hand, refused.value.reserved) == (6, 5, 0)
    level.refresh_from_db()
    assert level.on_hand == 5
    assert StockMovement.objects.count() == 1


def test_what_somebody_holds_cannot_be_taken():
    level = stocked(5)
    reservations.reserve(variant_id=level.variant_id, quantity=4, ttl=TTL, cart_id=uuid7(), actor="shopper")
    with pytest.raises(InsufficientOnHand) as refused:
        ledger.adjust(
            variant_id=level.variant_id,
            location_id=level.location_id,
            difference=-2,
            note="rotas",
            actor=ACTOR,
        )
    assert (refused.value.wanted, refused.value.on_hand, refused.value.reserved) == (2, 5, 4)
    assert runner.check() == []


@pytest.mark.parametrize(("difference", "note"), [(0, "nada"), (1, ""), (1, "  ")])
def test_an_adjustment_says_how_much_and_why(difference, note):
    level = stocked(5)
    with pytest.raises(ValueError, match=r"nothing|why"):
        ledger.adjust(
            variant_id=level.variant_id,
            location_id=level.location_id,
            difference=difference,
            note=note,
            actor=ACTOR,
        )
    assert StockMovement.objects.count() == 1


def test_nothing_moves_through_save():
    with pytest.raises(TypeError, match="ledger"):
        StockMovement(quantity=1).save()
