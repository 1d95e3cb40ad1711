"""Returns and losses: each verb writes one movement with its reason, or nothing at all."""

from decimal import Decimal
from typing import Any, cast

import pytest

from inventory import ledger, reservations
from inventory.checks import runner
from inventory.ledger import InsufficientOnHand, MoreThanSold
from inventory.models import Location, StockLevel, StockMovement
from inventory.tests.factories import TTL, LocationFactory, stocked
from orders.tests.factories import make_cart, make_order, make_variant
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
ACTOR = "staff:clerk@example.com"


def at(level: StockLevel) -> dict[Any, Any]:
    return {"variant_id": level.variant_id, "location_id": level.location_id, "actor": ACTOR}


@pytest.mark.parametrize(
    ("verb", "kind", "quantity", "left"),
    [
        (ledger.return_from_customer, "customer_return", 2, 7),
        (ledger.return_to_supplier, "supplier_return", -2, 3),
        (ledger.write_off, "loss", -2, 3),
    ],
)
def test_each_verb_writes_one_movement_with_reference_note_and_actor(verb, kind, quantity, left):
    level = stocked(5)

    movement = verb(**at(level), quantity=2, note="costura abierta", reference="R-7")

    movement.refresh_from_db()
    assert (movement.kind, movement.quantity, movement.on_hand_after) == (kind, quantity, left)
    assert (movement.note, movement.reference, movement.actor) == ("costura abierta", "R-7", ACTOR)
    level.refresh_from_db()
    assert level.on_hand == left
    assert runner.check() == []


@pytest.mark.parametrize("verb", [ledger.return_to_supplier, ledger.write_off])
def test_what_is_not_there_or_reserved_is_refused_without_a_trace(verb):
    level, place = stocked(5), LocationFactory.create()
    reservations.reserve(variant_id=level.variant_id, quantity=4, ttl=TTL, cart_id=uuid7(), actor="shopper")

    with pytest.raises(InsufficientOnHand) as refused:
        verb(**at(level), quantity=2, note="rotas")
    with pytest.raises(InsufficientOnHand):
        verb(variant_id=level.variant_id, location_id=place.pk, quantity=1, note="rotas", actor=ACTOR)

    assert (refused.value.wanted, refused.value.on_hand, refused.value.reserved) == (2, 5, 4)
    assert StockMovement.objects.count() == 1
    assert StockLevel.objects.count() == 1  # The empty level of the other place is gone with the refusal.


@pytest.mark.parametrize("verb", [ledger.return_from_customer, ledger.return_to_supplier, ledger.write_off])
@pytest.mark.parametrize(("quantity", "note"), [(0, "x"), (-1, "x"), (1, ""), (1, "  ")])
def test_a_movement_is_of_something_and_says_why(verb, quantity, note):
    level = stocked(5)
    with pytest.raises(ValueError, match=r"at least one|why"):
        verb(**at(level), quantity=quantity, note=note)
    assert StockMovement.objects.count() == 1


def test_costs_are_decimal():
    level = stocked(5)
    with pytest.raises(TypeError, match="Decimal"):
        ledger.return_to_supplier(**at(level), quantity=1, note="x", unit_cost=cast(Any, 1.5))
    movement = ledger.return_to_supplier(**at(level), quantity=1, note="x", unit_cost=Decimal("1.50"))
    assert movement.unit_cost == Decimal("1.50")


def test_an_order_gives_back_no_more_than_it_took():
    order = make_order()
    line = order.lines.get()
    assert line.variant_id is not None
    place = LocationFactory.create(kind=Location.Kind.QUARANTINE)
    back: dict[str, Any] = {
        "variant_id": line.variant_id,
        "location_id": place.pk,
        "note": "no le quedó",
        "actor": ACTOR,
    }

    first = ledger.return_from_customer(**back, quantity=line.quantity, cause=order)
    with pytest.raises(MoreThanSold) as refused:
        ledger.return_from_customer(**back, quantity=1, cause=order)

    assert (first.cause_type, first.cause_id) == ("orders.order", order.pk)
    assert (refused.value.wanted, refused.value.sold, refused.value.returned) == (
        1,
        line.quantity,
        line.quantity,
    )
    assert runner.check(scope="") == []


def test_of_each_variant_no_more_comes_back_than_the_order_took_of_it():
    once, often, never = make_variant(), make_variant(), make_variant()
    order = make_order(make_cart((once, 1), (often, 5)))
    back: dict[str, Any] = {
        "location_id": LocationFactory.create(kind=Location.Kind.QUARANTINE).pk,
        "note": "no le quedó",
        "actor": ACTOR,
        "cause": order,
    }
    for variant, wanted, sold in ((once, 2, 1), (never, 1, 0), (often, 6, 5)):
        with pytest.raises(MoreThanSold) as refused:
            ledger.return_from_customer(**back, variant_id=variant.pk, quantity=wanted)
        assert (refused.value.wanted, refused.value.sold, refused.value.returned) == (wanted, sold, 0)

    ledger.return_from_customer(**back, variant_id=often.pk, quantity=5)
    assert ledger.return_from_customer(**back, variant_id=once.pk, quantity=1).quantity == 1
    assert runner.check(scope="") == []
