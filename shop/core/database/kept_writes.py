"""Inserts and updates of single rows whose SQL is written once in a process, beside `kept_queries`.

What is written is what Django writes; its signals are not sent (the shop has no receiver of them), and values that are
expressions (`Now()`, `F("tries") + 1`) are left to Django.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from django.db import connection
from django.db.models import Model

from shop.core.database.column_values import Column, as_sent, columns_of, values_of
from shop.core.database.postgresql.base import default_database
from shop.core.database.postgresql.prepared import KeptSql, kept, write_alone

M = TypeVar("M", bound=Model)


class KeptInsert(Generic[M]):
    """Inserts a row of `model` by one statement.

    `unless_there`: not where a unique key has its value already. `is_awaited` False: nobody waits for its answer, so
    that within a transaction it goes with the next statement; what refuses it is told there, or by the commit.
    """

    def __init__(self, model: type[M], *, unless_there: bool = False, is_awaited: bool = True) -> None:
        self._model: Final = model
        self._is_awaited: Final = is_awaited or unless_there
        self._unless_there: Final = unless_there
        self._sql: KeptSql | None = None
        self._columns: Sequence[Column] | None = None

    def __call__(self, row: M) -> bool:
        """Write the row; False: it is there already (`unless_there`), once a concurrent transaction has ended.

        Raises:
            IntegrityError: the database refuses it.
        """
        if self._columns is None:
            self._columns = columns_of(self._model._meta.local_concrete_fields)
        values = values_of(row, self._columns, is_new=True)
        sql = self._sql or self._written(list(self._model._meta.local_concrete_fields))
        if not default_database().tell(sql, values) and self._is_awaited:
            return False
        row._state.adding, row._state.db = False, connection.alias
        return True

    def _written(self, fields: list[Any]) -> KeptSql:
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in fields)
        conflict = " ON CONFLICT DO NOTHING" if self._unless_there else ""
        places = ", ".join(["%s"] * len(fields))
        table = quote(self._model._meta.db_table)
        text = f"INSERT INTO {table} ({columns}) VALUES ({places}){conflict}"  # noqa: S608  (names of our own)
        self._sql = kept(text) if self._is_awaited else write_alone(kept(text))
        return self._sql


def update(row: Model, changes: Mapping[str, Any], *, only_if: Mapping[str, Any]) -> bool:
    """Write columns of a row by its key where it still has the values of `only_if`; return whether it had.

    `row` in memory is left as it is.
    """
    model = type(row)
    if any(hasattr(value, "resolve_expression") for value in changes.values()) or not _is_plain(model):
        return bool(model._default_manager.filter(pk=row.pk, **only_if).update(**changes))
    sql, columns = _written(model, tuple(changes), tuple(only_if))
    values = [*changes.values(), row.pk, *only_if.values()]
    sent = [_value(column, value) for column, value in zip(columns, values, strict=True)]
    return bool(default_database().tell(sql, sent))


def _value(column: Column, value: Any) -> Any:
    # As `Model.objects.update` does: a related row stands for its key.
    if hasattr(value, "prepare_database_save"):
        value = value.prepare_database_save(column[0])
    return as_sent(value, column)


@lru_cache(maxsize=512)
def _written(
    model: type[Model], names: tuple[str, ...], conditions: tuple[str, ...]
) -> tuple[KeptSql, Sequence[Column]]:
    meta, quote = model._meta, connection.ops.quote_name
    changed: list[Any] = [meta.get_field(name) for name in names]
    asked: list[Any] = [meta.pk, *(meta.get_field(name) for name in conditions)]
    sets = ", ".join(f"{quote(field.column)} = %s" for field in changed)
    where = " AND ".join(f"{quote(field.column)} = %s" for field in asked)
    text = f"UPDATE {quote(meta.db_table)} SET {sets} WHERE {where}"  # noqa: S608  (names of our own)
    return kept(text), columns_of([*changed, *asked])


@lru_cache(maxsize=128)
def _is_plain(model: type[Model]) -> bool:
    """Return whether the model's rows are of one table, and its manager leaves none of them out."""
    return not model._meta.parents and not model._default_manager.all().query.where
