"""Public numbers: an integer beside the UUID, which clients of the API show and send.

A PostgreSQL sequence gives them out as the column's default, so that `bulk_create`, COPY and a process of the version
before fill them too. Unique and never changed; gaps are normal.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import Func, Value
from psycopg import sql

from shop.core.database.migrations import in_batches, is_valid_index

COLUMN = "public_number"


class PublicNumberField(models.BigIntegerField[int, int]):
    """A unique integer from `sequence`, which the database fills in; nobody edits it."""

    # The INSERT returns it: an instance that was just saved has its number.
    db_returning = True

    def __init__(self, *args: Any, sequence: str, **kwargs: Any) -> None:
        self.sequence = sequence
        kwargs |= {
            "unique": True,
            "editable": False,
            "db_default": Func(Value(sequence), function="nextval"),
        }
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Leave out what `__init__` sets."""
        name, path, args, kwargs = super().deconstruct()
        for own in ("unique", "editable", "db_default"):
            kwargs.pop(own, None)
        return name, path, args, {**kwargs, "sequence": self.sequence}


def never_changes() -> pgtrigger.Trigger:
    """Return the trigger that refuses another number for a row that has one."""
    return pgtrigger.Protect(
        name="public_number_never_changes",
        operation=pgtrigger.UpdateOf(COLUMN),
        condition=pgtrigger.AnyChange(COLUMN),
    )


def skip(count: int) -> None:
    """Leave out the next `count` numbers of every sequence: a shop that was restored may have given them out before."""
    fields = (field for model in apps.get_models() for field in model._meta.local_concrete_fields)
    names = sorted(field.sequence for field in fields if isinstance(field, PublicNumberField))
    with connection.cursor() as cursor:
        for name in names:
            last = sql.SQL("SELECT setval({}, (SELECT last_value FROM {}) + {})")
            cursor.execute(last.format(sql.Literal(name), sql.Identifier(name), sql.Literal(count)))


# -- For migrations of tables that have rows (docs/migrations.md) ------------------------------------------------------


def add_column(model: str, table: str, sequence: str, verbose_name: object) -> list[Operation]:
    """Return the operations of the first migration: sequence, empty column, its default. No row is written."""
    return [
        migrations.RunSQL(f"CREATE SEQUENCE {sequence}", f"DROP SEQUENCE {sequence}"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        f"ALTER TABLE {table} ADD COLUMN {COLUMN} bigint",
                        f"ALTER TABLE {table} ALTER COLUMN {COLUMN} SET DEFAULT nextval('{sequence}')",
                    ],
                    f"ALTER TABLE {table} DROP COLUMN {COLUMN}",
                )
            ],
            state_operations=[
                migrations.AddField(
                    model, COLUMN, PublicNumberField(sequence=sequence, verbose_name=verbose_name)
                )
            ],
        ),
    ]


def number_rows(table: str, sequence: str) -> migrations.RunPython:
    """Return the operation of the next migration, which has `atomic = False`; interrupted, it may be repeated.

    Numbers the rows there are in batches, builds the unique index concurrently, and has NOT NULL checked while
    everybody writes.
    """
    run: Callable[[Any, Any], None] = partial(_number_rows, table, sequence)
    return migrations.RunPython(run, migrations.RunPython.noop)


def _number_rows(table: str, sequence: str, _apps: Any, schema_editor: Any) -> None:
    own = schema_editor.connection
    in_batches(own, table, assign=f"{COLUMN} = nextval('{sequence}')", where=f"row.{COLUMN} IS NULL")
    index, check = f"{table}_{COLUMN}_once", f"{table}_{COLUMN}_there"
    statements = []
    is_valid = is_valid_index(own, index)
    if is_valid is False:
        statements.append(f"DROP INDEX CONCURRENTLY {index}")
    if not is_valid:
        statements.append(f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({COLUMN})")
    statements += [
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}",
        f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({COLUMN} IS NOT NULL) NOT VALID",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}",
        # PostgreSQL sees the check and reads no row.
        f"ALTER TABLE {table} ALTER COLUMN {COLUMN} SET NOT NULL",
        f"ALTER TABLE {table} DROP CONSTRAINT {check}",
    ]
    with own.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
