"""What a variant cost last is found at once, however often it was sold since."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from inventory import ledger
from inventory.admin.counts import count_pages
from inventory.models import StockLevel
from inventory.purchasing import replenishment
from inventory.tests.factories import LocationFactory, make_variant, stocked
from inventory.tests.reservations.test_plans import nodes

pytestmark = pytest.mark.django_db


@pytest.fixture
def level() -> StockLevel:
    """A level bought once, at a cost, and then moved thirty thousand times; others have a history as well."""
    place, variant = LocationFactory.create(), make_variant()
    ledger.receive(
        variant_id=variant.pk,
        location_id=place.pk,
        quantity=9,
        unit_cost=Decimal("7.50"),
        reference="R-1",
        actor="staff:x@y.z",
    )
    level = StockLevel.objects.get(variant=variant)
    StockLevel.objects.filter(pk=level.pk).update(optimal=50)
    stocked(5, location=place)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            """
            INSERT INTO inventory_stockmovement
                   (level_id, variant_id, location_id, kind, quantity, reference, cause_type, note, actor, occurred_at,
                    on_hand_after)
            SELECT level.id, level.variant_id, level.location_id, 'adjustment', 1, '', '', 'old', 'test', now(), 1
              FROM inventory_stocklevel AS level, generate_series(1, 30000)
            """
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE inventory_stockmovement, inventory_stocklevel")
    return level


def rows_read(sql: str, params: Any) -> int:
    """Return how many movements the statement has looked at."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        (answer,) = cursor.fetchone()
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return sum(
        round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes(plan)
        if node.get("Relation Name") == "inventory_stockmovement"
    )


def test_the_list_of_what_to_buy_does_not_read_the_history(level):
    (need,) = replenishment.needs()
    assert need.unit_cost == Decimal("7.50")
    params = {"location_id": None, "supplier_id": None, "below_minimum": False}
    assert rows_read(replenishment.LIST, params) <= 2


def test_the_differences_of_a_count_are_valued_without_reading_the_history(level, django_assert_num_queries):
    with django_assert_num_queries(1) as captured:
        assert count_pages._costs([level.variant_id]) == {level.variant_id: Decimal("7.50")}
    assert rows_read(captured[0]["sql"].replace("%", "%%"), []) <= 2
