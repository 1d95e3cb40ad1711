"""No migration locks a big table for long (docs/migrations.md says what it does instead)."""

from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from shop.core.database.migrations import EnsureIndex, in_batches
from shop.core.ids import uuid7
from shop.core.models import Event

BIG = {
    "core": {"event", "emaillog", "jobrun", "outgoingattempt", "outgoingdelivery", "outgoingmessage"},
    "catalog": {"waitinglistentry"},
    "inventory": {"stocklevel", "stockmovement", "reservation"},
    "orders": {
        "cart",
        "cartline",
        "checkoutsession",
        "checkoutline",
        "checkoutadjustment",
        "order",
        "orderline",
        "orderadjustment",
    },
    "payments": {"paymentattempt", "payment", "refund", "webhookevent", "payoutline", "straypayment"},
}
# Migrations of the past. Nothing is added here: a new migration uses the other ways.
PASSED = {
    ("inventory", "0002_sale_per_level_and_who_ended"),
    ("inventory", "0005_alerts_purchases_and_counts"),
    ("payments", "0006_disputes"),
    ("payments", "0011_strays_taken_over"),
}
LOCKS = (
    migrations.AddIndex,
    migrations.AddConstraint,
    migrations.AlterUniqueTogether,
    migrations.AlterIndexTogether,
)
HARMLESS = (AddIndexConcurrently, AddConstraintNotValid)


def locking(app: str, migration: Any) -> Iterator[str]:
    """Yield the operations of a migration that lock a big table which it did not make itself."""
    made = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
    for operation in migration.operations:
        model = str(getattr(operation, "model_name", "") or "").lower()
        is_big = model in BIG.get(app, ()) and model not in made
        if is_big and isinstance(operation, LOCKS) and not isinstance(operation, HARMLESS):
            yield operation.describe()


def test_no_later_migration_locks_a_big_table_for_long():
    disk = MigrationLoader(None).disk_migrations
    wrong = {
        key: found
        for key, migration in disk.items()
        if key[0] in BIG and not migration.initial and key[1] != "0001_initial" and key not in PASSED
        if (found := list(locking(key[0], migration)))
    }
    assert not wrong, "see docs/migrations.md"


def test_the_rule_sees_what_it_shall_see():
    index = models.Index(fields=["kind"], name="event_kind")
    check = models.CheckConstraint(condition=models.Q(pk__gt=0), name="positive")

    def asked(*operations: Any) -> list[str]:
        return list(locking("core", SimpleNamespace(operations=operations)))

    assert asked(migrations.AddIndex("event", index))
    assert asked(migrations.AddConstraint("Event", check))
    assert not asked(AddIndexConcurrently("event", index))
    assert not asked(AddConstraintNotValid("event", check))
    assert not asked(migrations.AddIndex("counter", index))
    assert not asked(migrations.CreateModel("Event", fields=[]), migrations.AddIndex("event", index))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "reservation_manual",
        "stockmovement_instant",
        "stockmovement_costed",
        "stockmovement_transfers",
        "order_fiscal_due",
        "webhook_dead",
    ],
)
def test_an_index_that_was_taken_out_of_its_migration_is_there(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db(transaction=True)
def test_an_index_is_built_where_it_lacks_or_is_invalid_and_passed_over_where_it_is_there():
    operation = EnsureIndex("counter", models.Index(fields=["value"], name="counter_value_try"))
    state = ProjectState.from_apps(apps)

    def run() -> tuple[int, bool]:
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("core", editor, state, state)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexrelid::int, indisvalid FROM pg_index WHERE indexrelid = to_regclass('counter_value_try')"
            )
            index: tuple[int, bool] = cursor.fetchone()
            return index

    try:
        first, is_valid = run()
        assert is_valid
        assert run() == (first, True)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s", [first])
        again, is_valid = run()
        assert is_valid
        assert again != first
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX IF EXISTS counter_value_try")


@pytest.mark.django_db(transaction=True)
def test_rows_are_changed_in_batches_each_once_and_a_second_run_changes_nothing():
    Event.objects.bulk_create(
        Event(kind="try", subject_type="try", subject_id=uuid7(), actor=actor)
        for actor in ["shopper:a@b.example", "shopper", "staff"] * 5
    )
    change = partial(
        in_batches, connection, "core_event", assign="actor = 'shopper'", where="row.actor LIKE 'shopper:%'"
    )

    assert change(size=4, most=8) == 8
    assert (
        Event.objects.filter(actor__startswith="shopper:").count() == 2
    )  # The third and later batches are to come.
    assert change(size=4) == 15
    assert sorted(Event.objects.values_list("actor", flat=True)) == ["shopper"] * 10 + ["staff"] * 5
    assert change(size=5) == 15
