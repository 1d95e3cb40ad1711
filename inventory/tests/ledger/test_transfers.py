"""Transfers: two movements, units at a location or in transit, and never in two places."""

from typing import Any

import pytest

from inventory import ledger, reservations
from inventory.checks import runner
from inventory.ledger import InsufficientOnHand, transfers
from inventory.ledger.transfers import NotOnTheWay
from inventory.models import Location, StockLevel, StockMovement, Transfer
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from shop.core.ids import uuid7
from shop.core.models import Event

pytestmark = pytest.mark.django_db
ACTOR = "staff:clerk@example.com"


@pytest.fixture
def level() -> StockLevel:
    return stocked(10)


@pytest.fixture
def shop() -> Location:
    return LocationFactory.create(name="Tienda")


def send(level: StockLevel, shop: Location, units: int) -> Transfer:
    return transfers.send(
        source_id=level.location_id,
        destination_id=shop.pk,
        wanted={level.variant_id: units},
        actor=ACTOR,
        note="para la vidriera",
    )


def on_hand(level: StockLevel, place: Location) -> int:
    found = StockLevel.objects.filter(variant_id=level.variant_id, location=place).first()
    return found.on_hand if found else 0


def booked(transfer: Transfer) -> list[Any]:
    rows = StockMovement.objects.filter(cause_type="inventory.transfer", cause_id=transfer.pk).order_by("id")
    return [(row.kind, row.quantity, row.location_id) for row in rows]


def test_at_once_it_is_one_act_with_two_movements(level, shop):
    found = transfers.transfer(
        source_id=level.location_id, destination_id=shop.pk, wanted={level.variant_id: 4}, actor=ACTOR
    )
    assert booked(found) == [("transfer_out", -4, level.location_id), ("transfer_in", 4, shop.pk)]
    assert (on_hand(level, level.location_id), on_hand(level, shop)) == (6, 4)
    assert found.status == "closed"
    assert found.closed_at is not None
    assert transfers.in_transit() == {}
    assert runner.check() == []


def test_on_the_way_units_are_in_no_place_and_cannot_be_sold(level, shop):
    found = send(level, shop, 4)
    assert (on_hand(level, level.location_id), on_hand(level, shop)) == (6, 0)
    assert transfers.in_transit() == {level.variant_id: 4}
    assert found.status == "sent"
    with pytest.raises(reservations.InsufficientStock) as refused:
        reservations.reserve(
            variant_id=level.variant_id, quantity=7, ttl=TTL, cart_id=uuid7(), actor="shopper"
        )
    assert refused.value.lines[0].available == 6
    assert runner.check() == []


def test_it_arrives_in_parts_loses_some_and_sends_some_back(level, shop):
    found, key = send(level, shop, 8), level.variant_id

    assert transfers.receive(transfer_id=found.pk, arrived={key: 3}, actor=ACTOR).status == "partly"
    assert transfers.in_transit() == {key: 5}
    transfers.receive(transfer_id=found.pk, arrived={key: 1}, lost={key: 2}, actor=ACTOR, note="caja abierta")
    ended = transfers.bring_back(transfer_id=found.pk, returned={key: 2}, actor=ACTOR, note="equivocadas")

    assert ended.status == "closed"
    home, there = level.location_id, shop.pk
    assert booked(found) == [
        ("transfer_out", -8, home),
        ("transfer_in", 3, there),
        ("transfer_in", 3, there),
        ("loss", -2, there),
        ("transfer_in", 2, home),
    ]
    assert (on_hand(level, home), on_hand(level, shop)) == (4, 4)
    line = found.lines.get()
    assert (line.received, line.lost, line.returned, line.in_transit) == (4, 2, 2, 0)
    assert StockMovement.objects.get(kind="loss").note == "caja abierta"
    assert [event.to_state or event.kind for event in Event.objects.filter(subject_id=found.pk)] == [
        "sent",
        "partly",
        "received",
        "closed",
    ]
    assert runner.check() == []


@pytest.mark.parametrize(("arrived", "lost"), [(5, 0), (3, 2), (0, 5)])
def test_no_more_arrives_than_was_sent(level, shop, arrived, lost):
    found, key = send(level, shop, 4), level.variant_id
    with pytest.raises(NotOnTheWay) as refused:
        transfers.receive(
            transfer_id=found.pk, arrived={key: arrived}, lost={key: lost}, actor=ACTOR, note="x"
        )
    assert (refused.value.wanted, refused.value.in_transit) == (5, 4)
    assert len(booked(found)) == 1
    assert on_hand(level, shop) == 0


def test_what_is_received_twice_is_refused(level, shop):
    found, key = send(level, shop, 4), level.variant_id
    transfers.receive(transfer_id=found.pk, arrived={key: 4}, actor=ACTOR)
    with pytest.raises(NotOnTheWay):
        transfers.receive(transfer_id=found.pk, arrived={key: 4}, actor=ACTOR)
    with pytest.raises(NotOnTheWay):
        transfers.bring_back(transfer_id=found.pk, returned={key: 1}, actor=ACTOR, note="x")
    assert on_hand(level, shop) == 4


def test_what_is_reserved_does_not_travel_and_leaves_no_trace(level, shop):
    reservations.reserve(variant_id=level.variant_id, quantity=7, ttl=TTL, cart_id=uuid7(), actor="shopper")
    other = stocked(5, location=level.location)
    with pytest.raises(InsufficientOnHand) as refused:
        transfers.send(
            source_id=level.location_id,
            destination_id=shop.pk,
            wanted={other.variant_id: 5, level.variant_id: 4},
            actor=ACTOR,
        )
    assert (refused.value.wanted, refused.value.on_hand, refused.value.reserved) == (4, 10, 7)
    assert not Transfer.objects.exists()
    assert not StockMovement.objects.filter(kind="transfer_out").exists()
    assert on_hand(other, level.location) == 5


def test_nonsense_is_refused(level, shop):
    key = level.variant_id
    for wanted in ({}, {key: 0}, {key: -1}):
        with pytest.raises(ValueError, match="at least one"):
            transfers.send(source_id=level.location_id, destination_id=shop.pk, wanted=wanted, actor=ACTOR)
    with pytest.raises(ValueError, match="another"):
        transfers.send(source_id=shop.pk, destination_id=shop.pk, wanted={key: 1}, actor=ACTOR)
    found = send(level, shop, 4)
    with pytest.raises(ValueError, match="how many"):
        transfers.receive(transfer_id=found.pk, arrived={}, actor=ACTOR)
    with pytest.raises(ValueError, match="Fewer"):
        transfers.receive(transfer_id=found.pk, arrived={key: -1}, actor=ACTOR)
    with pytest.raises(ValueError, match="lost"):
        transfers.receive(transfer_id=found.pk, arrived={}, lost={key: 1}, actor=ACTOR)
    with pytest.raises(ValueError, match="why"):
        transfers.bring_back(transfer_id=found.pk, returned={key: 1}, actor=ACTOR, note=" ")
    with pytest.raises(NotOnTheWay):
        transfers.receive(transfer_id=found.pk, arrived={make_variant().pk: 1}, actor=ACTOR)
    assert len(booked(found)) == 1


def test_a_line_that_says_other_than_its_movements_is_found(level, shop):
    found = send(level, shop, 4)
    found.lines.update(received=1)
    (violation,) = runner.check()
    assert violation.rule == "a transfer's lines are what its movements say"
    assert violation.subject_id == found.pk
    assert (violation.expected, violation.found) == ("out 4, in 1", "out 4, in 0")
    ledger.adjust(variant_id=level.variant_id, location_id=shop.pk, difference=1, note="llegó", actor=ACTOR)
    assert len(runner.check()) == 1  # A movement of another cause does not explain it.


def test_who_asks_for_some_variants_hears_of_those_alone(level, shop):
    other = stocked(3)
    send(level, shop, 4)
    send(other, shop, 2)
    assert transfers.in_transit([other.variant_id]) == {other.variant_id: 2}
    assert transfers.in_transit([]) == {}
    assert transfers.in_transit() == {level.variant_id: 4, other.variant_id: 2}
