"""Queries of the ORM whose SQL is written once in a process, and then only filled in.

Django writes the SQL of a queryset again for each call, which for a row with its relations takes longer than PostgreSQL
takes to answer. What a `KeptQuery` asks has the same SQL each time, and its rows become the same objects.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.transaction import TransactionManagementError

M = TypeVar("M")
Value: TypeAlias = UUID | str | datetime | Collection[UUID] | None
_SAMPLES: Final[dict[type, Callable[[], Any]]] = {
    UUID: uuid4,
    str: lambda: uuid4().hex,
    datetime: lambda: datetime.fromtimestamp(uuid4().int % 10**9, tz=UTC),
    list: lambda: [uuid4()],
}


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement, its parameters (for each its place among the values, or None), and how its rows are read."""

    sql: str
    parameters: tuple[tuple[int | None, Any], ...]
    converters: dict[int, Any]
    # None: the rows are tuples (`values_list`).
    model: type[Model] | None
    names: Sequence[str]
    begin: int
    end: int
    annotations: Mapping[str, int]
    relations: Sequence[Any]
    is_locking: bool


class KeptQuery(Generic[M]):
    """Asks what `write` asks, of the default database; `write` is called once, with a sample of each value.

    Values are keys, texts and instants, each used as it is: `filter(token=token)`, never a pattern made of it; and
    lists of keys (`list`), for `…__in` alone. Rows have their relations and annotations; of `values_list` they are
    tuples.
    """

    def __init__(self, write: Callable[..., QuerySet[Any, M]], *kinds: type) -> None:
        self._write = write
        self._kinds: Final = kinds
        self._written: _Written | None = None

    def __call__(self, *values: Value) -> list[M]:
        """Return the rows for these values, one statement.

        Raises:
            TransactionManagementError: the query locks, and no transaction is open.
        """
        written = self._written or self._compile()
        if written.is_locking and connection.get_autocommit():
            raise TransactionManagementError("a query that locks outside of a transaction")
        given = [value if place is None else _given(values[place]) for place, value in written.parameters]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, given)
            rows = cursor.fetchall()
        return [self._object(written, row) for row in _converted(rows, written.converters)]

    def first(self, *values: Value) -> M | None:
        """Return the first row, or None."""
        return next(iter(self(*values)), None)

    def _object(self, written: _Written, row: Sequence[Any]) -> M:
        if written.model is None:
            return tuple(row)  # type: ignore[return-value]
        made = written.model.from_db(connection.alias, written.names, row[written.begin : written.end])
        for relation in written.relations:
            relation.populate(row, made)
        for name, place in written.annotations.items():
            setattr(made, name, row[place])
        return made  # type: ignore[return-value]

    def _compile(self) -> _Written:
        samples = [_SAMPLES[kind]() for kind in self._kinds]
        known = [value[0] if isinstance(value, list) else value for value in samples]
        rows = self._write(*samples)
        query, is_of_objects = rows.query, issubclass(rows._iterable_class, ModelIterable)
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        places = [known.index(value) if value in known else None for value in parameters]
        if set(places) - {None} != set(range(len(samples))):
            raise ValueError("a value of a kept query is changed on its way into the statement")
        info, select = compiler.klass_info if is_of_objects else None, compiler.select
        columns = info["select_fields"] if info else [0]
        begin, end = columns[0], columns[-1] + 1
        self._written = _Written(
            sql=_with_lists(sql, [place is not None and self._kinds[place] is list for place in places]),
            parameters=tuple(zip(places, parameters, strict=True)),
            converters=compiler.get_converters([column[0] for column in select]),
            model=info["model"] if info else None,
            names=[column[0].target.attname for column in select[begin:end]] if info else (),
            begin=begin,
            end=end,
            annotations=compiler.annotation_col_map,
            relations=get_related_populators(info, select, connection.alias) if info else (),  # type: ignore[call-arg]
            is_locking=query.select_for_update,
        )
        return self._written


def remember(row: Model, name: str, related: Iterable[Model]) -> None:
    """Let `row.<name>.all()` return what was read of it, as Django's `prefetch_related` does."""
    found = getattr(row, name).get_queryset()
    found._result_cache, found._prefetch_done = list(related), True
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found


def is_remembered(row: Model, name: str) -> bool:
    """Say whether `row.<name>.all()` asks the database no more."""
    return name in getattr(row, "_prefetched_objects_cache", {})


def _given(value: Value) -> Any:
    return value if value is None or isinstance(value, UUID | str | datetime) else list(value)


def _with_lists(sql: str, are_lists: Sequence[bool]) -> str:
    """Return a statement that takes a whole list where it was written for a list of one."""
    parts = sql.split("%s")
    for place, is_list in enumerate(are_lists):
        if is_list:
            if not (parts[place].endswith(" IN (") and parts[place + 1].startswith(")")):
                raise ValueError("a list of a kept query is used otherwise than in `…__in`")
            parts[place] = f"{parts[place].removesuffix(' IN (')} = ANY ("
    return "%s".join(parts)


def _converted(rows: list[tuple[Any, ...]], converters: dict[int, Any]) -> Iterable[Sequence[Any]]:
    if not converters:
        return rows
    changed = [list(row) for row in rows]
    for place, (functions, expression) in converters.items():
        for row in changed:
            for function in functions:
                row[place] = function(row[place], expression, connection)
    return changed
