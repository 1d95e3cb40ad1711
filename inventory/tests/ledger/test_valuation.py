"""The stock's worth: the moving weighted average, compared with hand-computed figures, now and at any instant."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.models import Variant
from inventory import ledger
from inventory.ledger import transfers, valuation
from inventory.models import Location
from inventory.tests.factories import LocationFactory, make_variant, stocked

pytestmark = pytest.mark.django_db
ACTOR = "staff:clerk@example.com"


@pytest.fixture
def variant() -> Variant:
    return make_variant()


@pytest.fixture
def place() -> Location:
    return LocationFactory.create(name="Depósito")


def buy(variant: Variant, place: Location, units: int, cost: str | None) -> None:
    ledger.receive(
        variant_id=variant.pk,
        location_id=place.pk,
        quantity=units,
        unit_cost=None if cost is None else Decimal(cost),
        reference="R",
        actor=ACTOR,
    )


def lose(variant: Variant, place: Location, units: int) -> None:
    ledger.write_off(variant_id=variant.pk, location_id=place.pk, quantity=units, note="rotas", actor=ACTOR)


def cost(variant: Variant, at: datetime | None = None) -> Decimal:
    return valuation.average_costs([variant.pk], at=at).get(variant.pk)


def test_deliveries_mix_with_what_is_left_at_that_moment(variant, place):
    buy(variant, place, 10, "100.00")
    lose(variant, place, 5)
    buy(variant, place, 5, "200.00")
    # 5 at 100 and 5 at 200; an average over all that was ever bought would say 133.33.
    assert cost(variant) == Decimal(150)
    lose(variant, place, 9)
    assert cost(variant) == Decimal(150)
    buy(variant, place, 2, "300.00")
    assert cost(variant) == Decimal("250.000000")  # (1 × 150 + 2 × 300) / 3


def test_after_it_ran_out_the_next_cost_counts_alone(variant, place):
    buy(variant, place, 4, "100.00")
    lose(variant, place, 4)
    buy(variant, place, 1, "7.00")
    assert cost(variant) == Decimal("7.00")


def test_units_without_a_cost_take_the_average(variant, place):
    buy(variant, place, 5, None)
    assert cost(variant) is None
    (row,) = valuation.holdings()
    assert (row.units, row.cost, row.value) == (5, None, None)
    assert valuation.total([row]) == valuation.Sum(None, 5, Decimal("0.00"), 5)
    buy(variant, place, 5, "80.00")
    assert cost(variant) == Decimal("80.00")
    ledger.return_from_customer(
        variant_id=variant.pk, location_id=place.pk, quantity=2, note="no le quedó", actor=ACTOR
    )
    assert cost(variant) == Decimal("80.00")
    assert valuation.total(valuation.holdings()) == valuation.Sum(None, 12, Decimal("960.00"), 0)


def test_moving_units_changes_neither_cost_nor_worth(variant, place):
    shop = LocationFactory.create(name="Tienda")
    buy(variant, place, 10, "100.00")
    sent = transfers.send(source_id=place.pk, destination_id=shop.pk, wanted={variant.pk: 4}, actor=ACTOR)

    on_the_way = valuation.holdings()
    assert {(row.location, row.units, row.value) for row in on_the_way} == {
        ("Depósito", 6, Decimal("600.00")),
        (None, 4, Decimal("400.00")),
    }
    buy(variant, shop, 10, "200.00")  # Four in transit still belong to the shop.
    assert cost(variant) == Decimal("150.000000")
    transfers.receive(
        transfer_id=sent.pk, arrived={variant.pk: 3}, lost={variant.pk: 1}, actor=ACTOR, note="caja"
    )

    assert cost(variant) == Decimal("150.000000")
    assert [
        (found.name, found.units, found.value) for found in valuation.by_location(valuation.holdings())
    ] == [
        ("Tienda", 13, Decimal("1950.00")),
        ("Depósito", 6, Decimal("900.00")),
    ]


def test_it_can_be_asked_for_any_instant(variant, place):
    before = timezone.now()
    buy(variant, place, 10, "100.00")
    then = timezone.now()
    buy(variant, place, 10, "200.00")
    lose(variant, place, 15)

    assert cost(variant, at=before) is None
    assert valuation.holdings(at=before) == []
    assert valuation.total(valuation.holdings(at=then)).value == Decimal("1000.00")
    assert valuation.total(valuation.holdings()).value == Decimal("750.00")


def test_one_place_or_one_category_can_be_asked_for(variant, place):
    other = stocked(3)
    buy(variant, place, 2, "10.00")
    assert [row.sku for row in valuation.holdings(location_id=place.pk)] == [variant.sku]
    category = variant.product.category
    assert len(valuation.holdings(category_path=category.path)) == 2
    assert valuation.holdings(category_path="nowhere") == []
    (found,) = valuation.by_category(valuation.holdings())
    assert (found.name, found.units, found.unpriced) == (category.name, 5, 3)
    assert other.on_hand == 3


def test_the_queries_do_not_grow_with_the_rows(variant, place, django_assert_num_queries):
    for _n in range(5):
        buy(make_variant(), place, 2, "10.00")
    with django_assert_num_queries(3):
        assert len(valuation.holdings()) == 5
