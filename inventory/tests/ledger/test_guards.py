"""What the database itself refuses: these tests run SQL, without our verbs."""

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from inventory import reservations
from inventory.checks import runner
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db


def execute(sql: str, *params: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def refused(sql: str, *params: Any, says: str, error: Any = DatabaseError) -> None:
    with pytest.raises(error, match=says):
        execute(sql, *params)


@pytest.fixture
def level() -> StockLevel:
    return stocked(5)


def test_a_movement_is_never_changed(level):
    refused("UPDATE inventory_stockmovement SET quantity = 9", says="Cannot update or delete")
    refused("UPDATE inventory_stockmovement SET note = 'x'", says="Cannot update or delete")
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        StockMovement.objects.update(note="x")
    assert StockMovement.objects.get().quantity == 5


def test_a_movement_is_never_deleted(level):
    refused("DELETE FROM inventory_stockmovement", says="Cannot update or delete")
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        StockMovement.objects.all().delete()
    assert StockMovement.objects.count() == 1


@pytest.mark.parametrize("units", [0, 4, 6, -1])
def test_on_hand_changes_only_through_a_movement(level, units):
    refused("UPDATE inventory_stocklevel SET on_hand = %s", units, says="only through a stock movement")
    with pytest.raises(DatabaseError, match="only through a stock movement"), transaction.atomic():
        StockLevel.objects.update(on_hand=units)
    level.refresh_from_db()
    assert level.on_hand == 5


def test_a_level_starts_at_zero():
    with pytest.raises(DatabaseError, match="starts at zero"), transaction.atomic():
        StockLevel.objects.create(variant=make_variant(), location=LocationFactory.create(), on_hand=3)
    assert not StockLevel.objects.exists()


@pytest.mark.parametrize(
    ("field", "units", "constraint"),
    [("reserved", -1, "reserved_not_negative"), ("reserved", 6, "reserved_within_on_hand")],
)
def test_a_level_never_holds_what_is_not_there(level, field, units, constraint):
    refused(f"UPDATE inventory_stocklevel SET {field} = %s", units, says=constraint, error=IntegrityError)


RECORD_MOVEMENTS = """
INSERT INTO inventory_stockmovement (level_id, variant_id, location_id, kind, quantity, reference, cause_type, cause_id,
                                     note, actor, occurred_at, on_hand_after)
VALUES (%s, %s, %s, %s, %s, '', %s, %s, '', 'sql', now(), 99)
"""


def record(
    level: StockLevel,
    kind: str,
    quantity: int,
    cause_type: str = "",
    cause_id: UUID | None = None,
    more: str = "",
) -> None:
    execute(
        RECORD_MOVEMENTS + more,
        level.pk,
        level.variant_id,
        level.location_id,
        kind,
        quantity,
        cause_type,
        cause_id,
    )


def test_a_raw_movement_moves_the_level_and_cannot_lie_about_it(level):
    other = stocked(0)
    execute(RECORD_MOVEMENTS, level.pk, other.variant_id, other.location_id, "loss", -2, "", None)
    movement = StockMovement.objects.get(kind="loss")
    assert movement.on_hand_after == 3
    assert (movement.variant_id, movement.location_id) == (level.variant_id, level.location_id)
    level.refresh_from_db()
    assert level.on_hand == 3


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [
        ("purchase", -1),
        ("customer_return", -1),
        ("transfer_in", -1),
        ("sale", 1),
        ("loss", 1),
        ("supplier_return", 1),
        ("transfer_out", 1),
        ("adjustment", 0),
        ("count", 0),
        ("gift", 1),
    ],
)
def test_sign_and_kind_agree(level, kind, quantity):
    with pytest.raises(IntegrityError, match="stockmovement_"):
        record(level, kind, quantity)
    level.refresh_from_db()
    assert level.on_hand == 5


def test_a_movement_cannot_take_more_than_there_is(level):
    with pytest.raises(IntegrityError, match="stocklevel_"):
        record(level, "loss", -6)
    assert runner.check() == []


def test_a_movement_needs_its_level(level):
    level.pk = uuid7()
    with pytest.raises(DatabaseError, match="no stock level"):
        record(level, "purchase", 1)


@pytest.mark.parametrize("more", ["", " ON CONFLICT DO NOTHING"])
def test_a_sale_is_booked_once_even_if_the_conflict_is_to_be_swallowed(level, more):
    """ON CONFLICT DO NOTHING drops the row after its trigger has moved the level: the trigger must refuse it."""
    order_id = uuid7()
    record(level, "sale", -1, "orders.order", order_id)
    with pytest.raises(IntegrityError, match="already booked"):
        record(level, "sale", -1, "orders.order", order_id, more)
    level.refresh_from_db()
    assert level.on_hand == 4
    assert runner.check() == []


def test_one_order_may_sell_several_lines(level):
    second, order_id = stocked(5), uuid7()
    record(level, "sale", -1, "orders.order", order_id)
    record(second, "sale", -1, "orders.order", order_id)
    assert StockMovement.objects.filter(cause_id=order_id).count() == 2


def test_one_level_for_a_variant_at_a_place(level):
    with pytest.raises(IntegrityError, match="stocklevel_unique"), transaction.atomic():
        StockLevel.objects.create(variant=level.variant, location=level.location)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [({"quantity": 0}, "reservation_quantity_positive"), ({"cart_id": None}, "reservation_has_owner")],
)
def test_a_reservation_is_of_something_and_somebodys(level, change, constraint):
    values = {
        "level": level,
        "variant_id": level.variant_id,
        "location_id": level.location_id,
        "quantity": 1,
        "cart_id": uuid7(),
        "expires_at": timezone.now(),
    } | change
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Reservation.objects.create(**values)


def test_what_has_a_history_cannot_be_deleted(level):
    reservations.reserve(variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper")
    keys = {
        "inventory_stocklevel": level.pk,
        "catalog_variant": level.variant_id,
        "inventory_location": level.location_id,
    }
    for table, key in keys.items():
        # The foreign keys are checked at commit; SET CONSTRAINTS checks them now.
        refused(f"SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM {table} WHERE id = %s", key, says="foreign key")
