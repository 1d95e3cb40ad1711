"""Queries of the ORM whose SQL is written once in a process, and then only filled in.

Django writes the SQL of a queryset again for each call, which for a row with its relations takes longer than PostgreSQL
takes to answer. What a `KeptQuery` asks has the same SQL each time, and its rows become the same objects. Several of
them are asked in one round trip by `together`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar, cast
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connection, connections, router
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery
from django.db.transaction import TransactionManagementError
from psycopg.sql import Literal

from shop.core.database.column_values import Column, columns_of, values_of
from shop.core.database.postgresql.base import DatabaseWrapper, default_database
from shop.core.database.postgresql.prepared import KeptSql, joined, kept, write_alone

M = TypeVar("M")
Value: TypeAlias = UUID | str | int | datetime | Collection[UUID] | Collection[int] | None
# Kinds of values: of lists, what they are of (`list`: keys; `list[int]`).
_SAMPLES: Final[dict[Any, Callable[[], Any]]] = {
    UUID: uuid4,
    str: lambda: uuid4().hex,
    datetime: lambda: datetime.fromtimestamp(uuid4().int % 10**9, tz=UTC),
    list: lambda: [uuid4()],
    int: lambda: uuid4().int % 10**9,
    list[int]: lambda: [uuid4().int % 10**9],
}
_LISTS: Final = (list, list[int])


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement, its parameters (for each its place among the values), and how its rows are read."""

    alias: str
    sql: KeptSql
    places: tuple[int, ...]
    converters: dict[int, Any]
    # None: the rows are tuples (`values_list`).
    model: type[Model] | None
    names: Sequence[str]
    begin: int
    end: int
    annotations: Mapping[str, int]
    relations: Sequence[Any]
    is_locking: bool


@dataclass(frozen=True, slots=True)
class Asked(Generic[M]):
    """A statement with its parameters, which `together` asks, and what becomes of its rows."""

    sql: KeptSql
    parameters: Sequence[Any]
    # None: rows stay tuples.
    read: Callable[[list[tuple[Any, ...]]], list[M]] | None = None
    is_locking: bool = False
    alias: str = DEFAULT_DB_ALIAS


# What several statements of different kinds are, and their rows.
Several: TypeAlias = tuple[Asked[Any], ...]
Rows: TypeAlias = Sequence[list[Any]]


def together(*asked: Asked[Any]) -> list[list[Any]]:
    """Ask several statements of one database in one round trip, one after the other; return the rows of each.

    Each sees what was committed before it began, as if it had been asked by itself: after one that locks, the others
    read what there is under its lock. The clock is another matter: `statement_timestamp()` is the beginning of the
    first for all of them, so that nothing which asks for the time stands after what may wait for a lock.

    Raises:
        TransactionManagementError: one of them locks, and no transaction is open.
    """
    database = cast(DatabaseWrapper, connections[asked[0].alias])
    if any(one.is_locking for one in asked) and database.get_autocommit():
        raise TransactionManagementError("a query that locks outside of a transaction")
    text = asked[0].sql if len(asked) == 1 else joined(*[one.sql for one in asked])
    values = [value for one in asked for value in one.parameters]
    found = database.ask(text, values, answers=len(asked))
    return [one.read(rows) if one.read else rows for one, rows in zip(asked, found, strict=True)]


def write(*asked: Asked[Any]) -> None:
    """Ask writes whose answers nobody waits for, of the default database.

    Within a transaction they go with its next statement, or with its `COMMIT`: what refuses one is told there. Nothing
    that they return is read.
    """
    for one in asked:
        default_database().tell(write_alone(one.sql), one.parameters)


_NAMED: Final = re.compile(r"%\((\w+)\)s")


def named(sql: str, values: Mapping[str, Any]) -> Asked[tuple[Any, ...]]:
    """Return a statement whose parameters have names, to be asked `together` with others."""
    text, names = _placed(sql)
    given = [values[name] for name in names]
    return Asked(kept(text, *map(type, given)), given)


@cache
def _placed(sql: str) -> tuple[str, list[str]]:
    return _NAMED.sub("%s", sql), _NAMED.findall(sql)


def update(row: Model, names: Sequence[str]) -> Asked[tuple[Any, ...]]:
    """Return the statement of `row.save(update_fields=names)`, to be asked `together` with others; one row, or none.

    The caller has locked the row. Values are as they are: no expressions.
    """
    sql, columns = _update(type(row), tuple(names))
    return Asked(sql, [*values_of(row, columns, is_new=False), row.pk])


@cache
def _update(model: type[Model], names: tuple[str, ...]) -> tuple[KeptSql, Sequence[Column]]:
    fields: tuple[Any, ...] = tuple(model._meta.get_field(name) for name in dict.fromkeys(names))
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    key = quote(str(model._meta.pk.column))
    text = f"UPDATE {quote(model._meta.db_table)} SET {columns} WHERE {key} = %s RETURNING {key}"  # noqa: S608
    return kept(text), columns_of(fields)


class KeptQuery(Generic[M]):
    """Asks what `write` asks, of the database that its model is read from (what locks, of the default one).

    `write` is called once for each database, with a sample of each value. Values are keys, numbers, texts and instants,
    each used as it is: `filter(token=token)`, never a pattern made of it; and lists of keys (`list`) or of numbers
    (`list[int]`), for `…__in` alone. Rows have their relations and annotations; of `values_list` they are tuples.
    """

    _is_read: ClassVar = True

    def __init__(self, write: Callable[..., QuerySet[Any, M]], *kinds: Any) -> None:
        self._write = write
        self._kinds: Final = kinds
        self._model: type[Model] | None = None
        self._written: dict[str, _Written] = {}

    def __call__(self, *values: Value) -> list[M]:
        """Return the rows for these values, one statement.

        Raises:
            TransactionManagementError: the query locks, and no transaction is open.
        """
        return together(self.asked(*values))[0]

    def asked(self, *values: Value) -> Asked[M]:
        """Return the statement for these values, to be asked `together` with others."""
        alias = router.db_for_read(self._model) if self._model else DEFAULT_DB_ALIAS
        written = self._written.get(alias) or self._compile(alias)
        given = [_given(values[place]) for place in written.places]
        return Asked(written.sql, given, partial(self._objects, written), written.is_locking, written.alias)

    def first(self, *values: Value) -> M | None:
        """Return the first row, or None."""
        return next(iter(self(*values)), None)

    @staticmethod
    def _objects(written: _Written, rows: list[tuple[Any, ...]]) -> list[M]:
        found: Iterable[Sequence[Any]] = _converted(rows, written)
        if written.model is None:
            return [tuple(row) for row in found]  # type: ignore[misc]
        made: list[Any] = []
        alias, names, begin, end = written.alias, written.names, written.begin, written.end
        for row in found:
            one = written.model.from_db(alias, names, row[begin:end])
            for relation in written.relations:
                relation.populate(row, one)
            for name, place in written.annotations.items():
                setattr(one, name, row[place])
            made.append(one)
        return made

    def _compile(self, alias: str) -> _Written:
        samples = [_SAMPLES[kind]() for kind in self._kinds]
        known = [value[0] if isinstance(value, list) else value for value in samples]
        rows = self._write(*samples)
        query, is_of_objects = rows.query, issubclass(rows._iterable_class, ModelIterable)
        if self._is_read and self._model is None and not query.select_for_update:
            # Known from now on, so that the router is asked before each statement.
            self._model, alias = rows.model, router.db_for_read(rows.model)
        compiler = query.get_compiler(connection=connections[alias])
        sql, parameters = self._statement(query, compiler)
        places = [known.index(value) if value in known else None for value in parameters]
        if set(places) - {None} != set(range(len(samples))):
            raise ValueError("a value of a kept query is changed on its way into the statement")
        text = _with_constants(sql, list(zip(places, parameters, strict=True)))
        asked = tuple(place for place in places if place is not None)
        info, select = compiler.klass_info if is_of_objects else None, compiler.select
        columns = info["select_fields"] if info else [0]
        begin, end = columns[0], columns[-1] + 1
        written = self._written[alias] = _Written(
            alias=alias,
            sql=kept(_with_lists(text, [self._kinds[place] in _LISTS for place in asked])),
            places=asked,
            converters=compiler.get_converters([column[0] for column in select]),
            model=info["model"] if info else None,
            names=[column[0].target.attname for column in select[begin:end]] if info else (),
            begin=begin,
            end=end,
            annotations=compiler.annotation_col_map,
            relations=get_related_populators(info, select, alias) if info else (),  # type: ignore[call-arg]
            is_locking=query.select_for_update,
        )
        return written

    def _statement(self, query: Any, compiler: Any) -> tuple[str, Sequence[Any]]:
        return compiler.as_sql()  # type: ignore[no-any-return]


class KeptUpdate(KeptQuery[M]):
    """Changes what `write` finds, of one table, and returns the rows as they are then: one statement.

    `changes`: values and expressions, the same each time. It waits for a locked row, and looks at it again then.
    """

    _is_read: ClassVar = False

    def __init__(
        self, write: Callable[..., QuerySet[Any, M]], changes: Mapping[str, object], *kinds: Any
    ) -> None:
        super().__init__(write, *kinds)
        self._changes: Final = changes

    def _statement(self, query: Any, compiler: Any) -> tuple[str, Sequence[Any]]:
        compiler.as_sql()  # Chooses the columns.
        columns = ", ".join(sql for _column, (sql, _parameters), _alias in compiler.select)
        update = query.chain(UpdateQuery)
        update.add_update_values(dict(self._changes))
        sql, parameters = update.get_compiler(connection=compiler.connection).as_sql()
        return f"{sql} RETURNING {columns}", parameters


def remember(row: Model, name: str, related: Iterable[Model]) -> None:
    """Let `row.<name>.all()` return what was read of it, as Django's `prefetch_related` does.

    `name`: what points to the row by its key. The relation's condition is not compiled until something else is asked.
    """
    manager: Any = getattr(row, name)
    found = super(type(manager), manager).get_queryset()
    found._add_hints(instance=row)
    found._deferred_filter = (False, (), manager.core_filters)
    found._known_related_objects = {manager.field: {row.pk: row}}
    found._result_cache, found._prefetch_done = list(related), True
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found


def remembered(row: Model, name: str) -> list[Any] | None:
    """Return what `row.<name>.all()` has without asking the database, None where it would ask."""
    found = row.__dict__.get("_prefetched_objects_cache", {}).get(name)
    return None if found is None else list(found)


def _given(value: Value) -> Any:
    return value if value is None or isinstance(value, UUID | str | int | datetime) else list(value)


def _with_constants(sql: str, parameters: Sequence[tuple[int | None, Any]]) -> str:
    """Return a statement in which what is the same each time is written out."""
    parts = sql.split("%s")
    written = [
        Literal(value).as_string(None).replace("%", "%%") if place is None else "%s"
        for place, value in parameters
    ]
    return "".join(chain.from_iterable(zip(parts, [*written, ""], strict=True)))


def _with_lists(sql: str, are_lists: Sequence[bool]) -> str:
    """Return a statement that takes a whole list where it was written for a list of one."""
    parts = sql.split("%s")
    for place, is_list in enumerate(are_lists):
        if is_list:
            if not (parts[place].endswith(" IN (") and parts[place + 1].startswith(")")):
                raise ValueError("a list of a kept query is used otherwise than in `…__in`")
            parts[place] = f"{parts[place].removesuffix(' IN (')} = ANY ("
    return "%s".join(parts)


def _converted(rows: list[tuple[Any, ...]], written: _Written) -> Iterable[Sequence[Any]]:
    if not written.converters:
        return rows
    database = connections[written.alias]
    changed = [list(row) for row in rows]
    for place, (functions, expression) in written.converters.items():
        for row in changed:
            for function in functions:
                row[place] = function(row[place], expression, database)
    return changed
