"""Inserts of several rows whose SQL is written once in a process, to be asked `together` with other statements.

As `kept_writes.KeptInsert`, what is written is what Django writes, and its signals are not sent. A column whose value
is its default of the database is left out, and filled in by what the database wrote.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from shop.core.database.column_values import columns_of, values_of
from shop.core.database.kept_queries import Asked
from shop.core.database.postgresql.prepared import KeptSql, kept


def insert(
    rows: Sequence[Model], *, written: Mapping[str, str] | None = None, returning: Sequence[str] = ()
) -> Asked[tuple[object, ...]]:
    """Return the statement that inserts rows of one model, and returns the columns `returning` of each.

    `written`: columns whose value is an expression in SQL, the same for all rows. The rows count as saved from now on:
    the caller lets an error undo its transaction.
    """
    model, texts = type(rows[0]), dict(written or {})
    fields = model._meta.local_concrete_fields
    left_out = [
        field
        for field in fields
        if field.name not in texts and isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    ]
    names = tuple(field.name for field in fields if field not in left_out)
    plain = columns_of(field for field in fields if field.name in names and field.name not in texts)
    values: list[object] = []
    for row in rows:
        values += values_of(row, plain, is_new=True)
        row._state.adding, row._state.db = False, connection.alias
    asked, filled = tuple(returning or [model._meta.pk.attname]), [field.attname for field in left_out]
    back = (*asked, *(field.name for field in left_out))

    def read(found: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        for row, known in zip(rows, found, strict=True):
            for name, value in zip(filled, known[len(asked) :], strict=True):
                setattr(row, name, value)
        return [known[: len(asked)] for known in found]

    return Asked(_sql(model, names, len(rows), tuple(texts.items()), back), values, read)


@lru_cache(maxsize=512)
def _sql(
    model: type[Model],
    names: tuple[str, ...],
    number: int,
    texts: tuple[tuple[str, str], ...],
    returning: tuple[str, ...],
) -> KeptSql:
    meta, quote, given = model._meta, connection.ops.quote_name, dict(texts)
    columns_of = {field.name: quote(str(field.column)) for field in meta.local_concrete_fields}
    row = f"({', '.join(given.get(name, '%s') for name in names)})"
    columns = ", ".join(columns_of[name] for name in names)
    back = ", ".join(columns_of[name] for name in returning)
    values = ", ".join([row] * number)
    table = quote(meta.db_table)
    return kept(f"INSERT INTO {table} ({columns}) VALUES {values} RETURNING {back}")  # noqa: S608  (names of our own)
