"""One rule for where units are sold from, and one for when: screens and reservations use the same functions."""

import json
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from catalog.listing.cards import build_cards, with_card_data
from catalog.models import Product, Variant, WaitingEntry
from catalog.variants.availability import sold_from, with_available
from catalog.variants.picker import build_picker
from inventory import alerts, reservations
from inventory.models import Location, StockAlert
from inventory.reservations import InsufficientStock, waiting_list
from inventory.reservations.sellability import sellability_of
from inventory.tests.factories import TTL, LocationFactory, make_drop, make_variant, stocked
from orders.cart import view
from orders.models import Cart, CartLine
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db


def test_the_rule_in_statements_is_the_rule_of_a_row_in_memory():
    for kind, is_sellable in product(Location.Kind.values, [True, False]):
        LocationFactory.create(kind=kind, is_sellable=is_sellable)
    sold = set(Location.objects.filter(sold_from()))
    assert sold == {location for location in Location.objects.all() if location.is_sold_from}
    assert {(location.kind, location.is_sellable) for location in sold} == {
        ("warehouse", True),
        ("store", True),
    }


@pytest.fixture
def quarantined() -> Variant:
    """A variant whose five units are all in quarantine, where `is_sellable` is on."""
    return stocked(
        5, location=LocationFactory.create(kind=Location.Kind.QUARANTINE, is_sellable=True)
    ).variant


def test_units_in_quarantine_are_on_no_screen_whatever_the_switch_says(quarantined: Variant):
    (card,) = build_cards(with_card_data(Product.objects.filter(pk=quarantined.product_id)), timezone.now())
    assert card.is_out
    annotated: Any = with_available(Variant.objects.all()).get()
    assert annotated.available == 0
    (shown,) = build_picker(quarantined.product, {}).variants
    assert shown.available == 0


def test_units_in_quarantine_are_sold_to_nobody_whatever_the_switch_says(quarantined: Variant):
    assert sellability_of([quarantined.pk])[quarantined.pk].total == 0
    with pytest.raises(InsufficientStock):
        reservations.reserve(variant_id=quarantined.pk, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper")
    cart = Cart.objects.create()
    CartLine.objects.create(cart=cart, variant=quarantined, quantity=1, seen_price=quarantined.price)
    (line,) = view.view(cart).lines
    assert line.obtainable == 0


def test_units_in_quarantine_ring_no_bell_whatever_the_switch_says(quarantined: Variant):
    stocked(0, variant=quarantined)
    StockAlert.objects.create(kind=StockAlert.Kind.OUT, variant=quarantined)
    assert [found.figure for found in alerts.measure()] == [0]
    WaitingEntry.objects.create(
        variant=quarantined,
        email="ana@example.com",
        language="es",
        token=uuid7().hex,
        status=WaitingEntry.Status.CONFIRMED,
        confirmed_at=Now(),
        expires_at=Now() + timedelta(days=30),
    )
    assert waiting_list.serve() == 0
    stocked(1, variant=quarantined)
    assert waiting_list.serve() == 1


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        (
            "SELECT * FROM inventory_sellable_levels(%s, 1, 'cart', %s, NULL) ORDER BY place, level_id LIMIT 1",
            2,
        ),
        (
            "SELECT * FROM unnest(ARRAY[%s::uuid]) AS product (id), catalog_drop_window(product.id, %s, NULL)",
            2,
        ),
        ("SELECT count(*) FROM inventory_location WHERE inventory_sellable(is_sellable, kind)", 0),
        ("SELECT limits.is_limited FROM inventory_limits(%s, '{1,2,NULL}') AS limits", 1),
    ],
)
def test_the_rules_are_written_into_the_statements_that_ask(sql: str, asked: int):
    """A call for each row would cost the reservation its speed: PostgreSQL must inline the functions."""
    level = stocked(1)
    now = timezone.now()
    make_drop(level.variant.product, starts_at=now - timedelta(hours=1), ends_at=None)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}", [level.variant_id, uuid7()][:asked])
        (plan,) = cursor.fetchone()
    text = plan if isinstance(plan, str) else json.dumps(plan)
    for function in ("inventory_sellable", "inventory_limits", "catalog_drop_window"):
        assert function not in text
    assert ("quarantine" in text) == ("inventory_sellable" in sql)


def test_the_window_in_the_database_is_that_of_the_file():
    """Whoever changes the file adds a migration that installs it again."""
    from catalog.sql import load

    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'catalog_drop_window'")
        (body,) = cursor.fetchone()
    assert body in load("drop_window")


def test_a_product_of_no_drop_is_sold_at_any_time():
    variant = make_variant()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM catalog_drop_window(%s, NULL, NULL)", [variant.product_id])
        assert cursor.fetchall() == [(True, None)]
