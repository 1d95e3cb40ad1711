"""The stock check: it finds nothing in a consistent stock, each kind of violation otherwise, and records its run."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory import ledger, reservations
from inventory.checks import runner
from inventory.models import Reservation, StockLevel
from inventory.tasks import check_invariants, expire_holds
from inventory.tests.factories import TTL, let_expire, stocked
from shop.core.ids import uuid7
from shop.core.models import JobRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def level() -> StockLevel:
    level = stocked(5)
    reservations.reserve(variant_id=level.variant_id, quantity=2, ttl=TTL, cart_id=uuid7(), actor="shopper")
    return level


def behind_the_guards(sql: str, *params: Any) -> None:
    """Run SQL without triggers and constraints, as a restored dump or manual changes might."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # Both are undone with the test's transaction.
        cursor.execute(
            "ALTER TABLE inventory_stocklevel DROP CONSTRAINT IF EXISTS stocklevel_reserved_within_on_hand"
        )
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("SET LOCAL session_replication_role = origin")


def rules() -> list[Any]:
    return [violation.rule for violation in runner.check()]


def test_a_true_stock_gives_no_cause(level):
    assert runner.check() == []


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("UPDATE inventory_stocklevel SET on_hand = 6", "on hand is the sum of the movements"),
        ("UPDATE inventory_stockmovement SET quantity = 6", "on hand is the sum of the movements"),
        (
            "UPDATE inventory_stockmovement SET on_hand_after = 7",
            "every movement follows from the one before it",
        ),
        ("UPDATE inventory_stocklevel SET reserved = 1", "reserved is the sum of the active holds"),
        ("UPDATE inventory_reservation SET quantity = 3", "reserved is the sum of the active holds"),
        (
            "UPDATE inventory_stocklevel SET reserved = 6",
            "nothing is negative and no more is held than there is",
        ),
        (
            "UPDATE inventory_stockmovement SET variant_id = gen_random_uuid()",
            "a movement is about its level's variant and location",
        ),
        (
            "UPDATE inventory_reservation SET location_id = gen_random_uuid()",
            "a hold is about its level's variant and location",
        ),
        ("UPDATE inventory_stockmovement SET actor = ''", "no movement without a cause"),
        (
            "UPDATE inventory_stockmovement SET kind = 'sale', quantity = -5",
            "no movement without a cause",
        ),
        (
            "UPDATE inventory_stockmovement SET kind = 'adjustment'",
            "no movement without a cause",
        ),
        ("UPDATE inventory_reservation SET ended_at = now()", "a hold has an end exactly when it has ended"),
        (
            "UPDATE inventory_reservation SET expires_at = now() - interval '1 hour'",
            "lapsed holds are released within a quarter of an hour",
        ),
    ],
)
def test_every_lie_is_found(level, sql, rule):
    behind_the_guards(sql)
    violations = runner.check()
    assert rule in [violation.rule for violation in violations]
    # An answer with a key or figures unknown to its rule would be empty.
    assert all(violation.expected and violation.found for violation in violations)


def test_two_movements_changed_against_one_another_are_found_although_the_sum_is_right(level):
    adjust = {
        "variant_id": level.variant_id,
        "location_id": level.location_id,
        "note": "n",
        "actor": "staff:x",
    }
    more, fewer = ledger.adjust(difference=2, **adjust), ledger.adjust(difference=-2, **adjust)
    behind_the_guards(
        "UPDATE inventory_stockmovement SET quantity = 2 * quantity WHERE id IN (%s, %s)", more.pk, fewer.pk
    )
    found = runner.check()
    assert [(violation.rule, violation.subject_id) for violation in found] == [
        ("every movement follows from the one before it", more.pk),
        ("every movement follows from the one before it", fewer.pk),
    ]
    assert (found[0].expected, found[0].found) == ("9 after 5 +4", "7")


def test_a_violation_says_what_about_which(level):
    behind_the_guards("UPDATE inventory_stocklevel SET reserved = 1")
    (violation,) = runner.check()
    assert (violation.subject_type, violation.subject_id) == ("inventory.stocklevel", level.pk)
    assert (violation.expected, violation.found) == ("2", "1")
    assert str(level.pk) in str(violation)


def test_the_check_leaves_a_row(level, caplog):
    assert check_invariants() == {"violations": 0, "details": ""}
    assert JobRun.objects.get().result == {"violations": 0, "details": ""}
    behind_the_guards("UPDATE inventory_stocklevel SET reserved = 1")
    assert check_invariants()["violations"] == 1
    run = JobRun.objects.filter(job="check_invariants")[0]
    assert run.is_ok
    assert run.result["violations"] == 1
    assert "expected 2, found 1" in run.result["details"]
    assert "expected 2, found 1" in caplog.text


def test_the_expiry_leaves_a_row(level):
    let_expire()
    assert expire_holds()["released"] == 1
    assert expire_holds()["released"] == 0
    assert [run.result["released"] for run in JobRun.objects.filter(job="expire_holds")] == [0, 1]
    assert Reservation.objects.get().status == "released"


def test_both_can_be_run_by_hand(level):
    let_expire()
    out = StringIO()
    call_command("expire_holds", stdout=out)
    call_command("check_stock", stdout=out)
    assert out.getvalue() == "released 1 lapsed holds\nthe stock agrees with its ledger and its holds\n"
    behind_the_guards("UPDATE inventory_stocklevel SET reserved = 1")
    with pytest.raises(CommandError, match="1 violations") as failed:
        call_command("check_stock", stdout=out)
    assert "expected 0, found 1" in str(failed.value)
