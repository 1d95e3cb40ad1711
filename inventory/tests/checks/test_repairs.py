"""Violations are found, explained and recorded; only a person repairs them, and only to the sum of the rows."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.urls import reverse

from inventory import ledger, reservations
from inventory.checks import repairs, runner
from inventory.models import StockCheck, StockLevel, StockMovement, StockRepair, StockViolation
from inventory.tasks import check_invariants
from inventory.tests.factories import TTL, stocked
from orders.tests.factories import make_order
from shop.accounts.tests.staff_clients import boss, clerk
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
ACTOR = "staff:boss@example.com"


def corrupt(table: str, sql: str, *params: Any) -> None:
    """Change rows as a superuser with the triggers switched off; undone with the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, params)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def level() -> StockLevel:
    level = stocked(5)
    reservations.reserve(variant_id=level.variant_id, quantity=2, ttl=TTL, cart_id=uuid7(), actor="shopper")
    return level


def figures(level: StockLevel) -> tuple[int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved").get(pk=level.pk)


def test_a_changed_level_is_found_named_explained_and_left_alone(level):
    corrupt("inventory_stocklevel", "UPDATE inventory_stocklevel SET on_hand = 9 WHERE id = %s", level.pk)

    for _n in range(2):
        assert check_invariants()["violations"] == 1

    assert figures(level) == (9, 2)  # Checking repairs nothing.
    check = StockCheck.objects.first()
    assert check is not None
    violation = check.violations.get()
    assert (violation.rule, violation.level) == ("on hand is the sum of the movements", level)
    assert (violation.expected, violation.found) == ("5", "9")
    assert violation.code == "on-hand"
    assert level.variant.sku in str(violation)
    assert "changed behind the ledger's back" in str(violation)
    assert check.finished_at is not None
    assert StockCheck.objects.count() == 2


def test_a_changed_movement_is_named_by_its_number(level):
    first = StockMovement.objects.get()
    ledger.adjust(
        variant_id=level.variant_id,
        location_id=level.location_id,
        difference=2,
        note="aparecieron",
        actor=ACTOR,
    )
    corrupt(
        "inventory_stockmovement", "UPDATE inventory_stockmovement SET quantity = 4 WHERE id = %s", first.pk
    )
    found, chain = runner.check()
    assert f"before movement {first.pk} there were 0, it is of +4" in found.explanation
    assert (chain.subject_type, chain.subject_id) == ("inventory.stockmovement", first.pk)


def test_reserved_that_lies_is_found_and_repaired_by_a_recount(level):
    corrupt("inventory_stocklevel", "UPDATE inventory_stocklevel SET reserved = 4")
    (found,) = runner.check()
    assert (found.level_id, found.expected, found.found) == (level.pk, "2", "4")
    assert "active holds" in found.explanation

    row = repairs.repair(level_id=level.pk, figure="reserved", reason="tras la caída del martes", actor=ACTOR)

    assert (row.before, row.after, row.reason, row.actor) == (4, 2, "tras la caída del martes", ACTOR)
    assert figures(level) == (5, 2)
    assert runner.check() == []


def test_on_hand_that_lies_is_brought_back_to_the_movements(level):
    corrupt("inventory_stocklevel", "UPDATE inventory_stocklevel SET on_hand = 9")
    row = repairs.repair(level_id=level.pk, figure="on_hand", reason="restauración", actor=ACTOR)
    assert (row.before, row.after) == (9, 5)
    assert figures(level) == (5, 2)
    assert runner.check() == []


def test_a_repair_cannot_write_anything_but_the_sum(level):
    corrupt("inventory_stocklevel", "UPDATE inventory_stocklevel SET on_hand = 9")
    row = StockRepair.objects.create(
        level=level, figure="on_hand", before=1, after=1000, reason="x", actor=ACTOR
    )
    row.refresh_from_db()
    assert (row.before, row.after) == (9, 5)
    assert figures(level) == (5, 2)
    for act in (row.delete, lambda: StockRepair.objects.update(reason="otra")):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            act()


def test_what_is_true_is_not_repaired(level):
    for figure in repairs.Figure.values:
        with pytest.raises(repairs.NothingToRepair):
            repairs.repair(level_id=level.pk, figure=figure, reason="por las dudas", actor=ACTOR)
    with pytest.raises(ValueError, match="why"):
        repairs.repair(level_id=level.pk, figure="reserved", reason=" ", actor=ACTOR)
    with pytest.raises(ValueError, match="no figure"):
        repairs.repair(level_id=level.pk, figure="minimum", reason="x", actor=ACTOR)
    assert not StockRepair.objects.exists()


def test_rows_that_say_the_impossible_are_not_followed(level):
    corrupt("inventory_stockmovement", "UPDATE inventory_stockmovement SET quantity = 1")
    with pytest.raises(repairs.CannotRepair):
        repairs.repair(level_id=level.pk, figure="on_hand", reason="x", actor=ACTOR)
    assert figures(level) == (5, 2)
    assert not StockRepair.objects.exists()


def test_an_order_whose_sale_was_changed_is_found():
    order = make_order()
    line = order.lines.get()
    assert runner.check(scope="") == []
    corrupt("inventory_stockmovement", "UPDATE inventory_stockmovement SET quantity = -7 WHERE kind = 'sale'")
    found = {violation.rule: violation for violation in runner.check(scope="")}
    sale = found["every paid order line has its sale movement"]
    assert sale.subject_id == order.pk
    assert (sale.expected, sale.found) == (f"{line.quantity} of {line.sku}", f"7 of {line.sku}")
    assert f"Order {order}." in sale.explanation
    assert found["converted holds match the sales"].subject_id == order.pk


def test_a_deleted_sale_and_a_sale_without_its_order_are_found():
    order = make_order()
    corrupt(
        "inventory_stockmovement",
        "UPDATE inventory_stockmovement SET cause_id = %s WHERE kind = 'sale'",
        uuid7(),
    )
    found = {violation.rule for violation in runner.check(scope="")}
    assert {"every paid order line has its sale movement", "the cause of a movement exists"} <= found
    corrupt("inventory_stockmovement", "DELETE FROM inventory_stockmovement WHERE kind = 'sale'")
    found = {violation.rule for violation in runner.check(scope="")}
    assert {"every paid order line has its sale movement", "on hand is the sum of the movements"} <= found
    assert order.lines.exists()


def test_a_cause_of_a_kind_that_no_model_has_is_found(level):
    corrupt(
        "inventory_stockmovement",
        "UPDATE inventory_stockmovement SET cause_type = %s, cause_id = gen_random_uuid()",
        "it's.50%",
    )
    assert "the cause of a movement exists" in {violation.rule for violation in runner.check(scope="")}


def test_the_command_repairs_by_name_and_with_a_reason(level):
    corrupt("inventory_stocklevel", "UPDATE inventory_stocklevel SET reserved = 4")
    out = StringIO()
    arguments = [level.variant.sku, level.location.code, "reserved"]
    call_command("repair_stock", *arguments, "--reason", "recuento", "--by", "boss@example.com", stdout=out)
    call_command("repair_stock", *arguments, "--reason", "recuento", "--by", "boss@example.com", stdout=out)
    assert out.getvalue() == "reserved: 4 → 2\nnothing to repair: the figure agrees with its rows\n"
    assert StockRepair.objects.get().actor == "staff:boss@example.com"
    with pytest.raises(CommandError):
        call_command("repair_stock", *arguments)
    with pytest.raises(CommandError, match="No stock level"):
        call_command("repair_stock", "NOPE", "x", "reserved", "--reason", "x", "--by", "b@example.com")


def test_staff_see_the_violation_and_repair_it_with_permission_only(level):
    corrupt("inventory_stocklevel", "UPDATE inventory_stocklevel SET reserved = 4")
    client = boss()
    answer = client.post(
        reverse("admin:inventory_stockcheck_changelist") + "check-now/", {"token": "c"}, follow=True
    )
    html = answer.content.decode()
    why = reverse("admin:inventory_stocklevel_why", args=[level.pk])
    assert why in html
    assert StockViolation.objects.get().code == "reserved"
    assert "sus reservas vigentes suman 2" in html

    page = reverse("admin:inventory_stocklevel_repair_here", args=[level.pk])
    data = {"token": "r", "figure": "reserved", "reason": "recuento"}
    assert clerk("warehouse").post(page, data).status_code == 403
    assert figures(level) == (5, 4)
    assert client.post(page, data | {"reason": ""}).status_code == 422
    assert [client.post(page, data).status_code for _n in range(2)] == [302, 302]
    assert figures(level) == (5, 2)
    assert StockRepair.objects.get().reason == "recuento"
    assert client.post(page, data | {"token": "again"}).status_code == 422
    assert client.get(reverse("admin:inventory_stockrepair_changelist")).status_code == 200
