"""Change a big table during concurrent writes (docs/migrations.md)."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql


class EnsureIndex(AddIndexConcurrently):
    """Build an index that the models have already, concurrently, where it is not there yet.

    For indexes that were removed from an older migration: shops that ran it have them. One left invalid by an
    interrupted build is dropped and built again. Needs `atomic = False`.
    """

    def state_forwards(self, app_label: str, state: object) -> None:
        """Change nothing: the older migration has set the state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Build it unless a valid one is there."""
        is_valid = is_valid_index(schema_editor.connection, self.index.name)
        if is_valid:
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        self._ensure_not_in_transaction(schema_editor)
        if is_valid is False:
            schema_editor.remove_index(model, self.index, concurrently=True)
        schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: object, from_state: object, to_state: object
    ) -> None:
        """Leave it: the older migration drops it."""

    def describe(self) -> str:
        """Describe the operation."""
        return f"Ensure the index {self.index.name} of {self.model_name}"


def is_valid_index(connection: BaseDatabaseWrapper, name: str) -> bool | None:
    """Return whether the index is valid; None when it does not exist."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid"
            " WHERE c.relname = %s AND pg_table_is_visible(c.oid)",
            [name],
        )
        row = cursor.fetchone()
    return bool(row[0]) if row else None


def in_batches(
    connection: BaseDatabaseWrapper,
    table: str,
    *,
    assign: str,
    where: str,
    size: int = 10_000,
    most: int | None = None,
) -> int:
    """Run `UPDATE table AS row SET assign WHERE where` for one batch after another; return the number of rows visited.

    The table is read by its primary key `id`, `size` rows at a time (`most` in all, for a trial); each batch is a
    transaction, so that its row locks are short. To be called outside a transaction (`atomic = False`); the change must
    be safe to repeat. `assign` and `where` are SQL of the migration's own, which may use `row`.
    """
    statement = sql.SQL(
        "WITH batch AS (SELECT id FROM {table} WHERE {begun} ORDER BY id LIMIT {size}), done AS ("
        "UPDATE {table} AS row SET {assign} FROM batch WHERE row.id = batch.id AND ({where}))"
        " SELECT count(*), (array_agg(id ORDER BY id DESC))[1] FROM batch"
    )
    walked, last = 0, None
    while most is None or walked < most:
        begun = sql.SQL("TRUE") if last is None else sql.SQL("id > {}").format(sql.Literal(last))
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(
                statement.format(
                    table=sql.Identifier(table),
                    begun=begun,
                    size=sql.Literal(size),
                    assign=sql.SQL(assign),
                    where=sql.SQL(where),
                )
            )
            count, last = cursor.fetchone()
        walked += count
        if count < size:
            break
    return walked
