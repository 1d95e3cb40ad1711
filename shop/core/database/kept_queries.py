"""Queries of the ORM whose SQL is written once in a process, and then only filled in.

Django writes the SQL of a queryset anew for each call, which for a row with its relations takes longer than PostgreSQL
takes to answer. What a `KeptQuery` asks has the same SQL each time, and its rows become the same objects.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement, its parameters (for each its place among the values, or None), and how its rows are read."""

    sql: str
    parameters: tuple[tuple[int | None, Any], ...]
    converters: dict[int, Any]
    model: type[Model]
    names: Sequence[str]
    begin: int
    end: int
    relations: Sequence[Any]
    is_locking: bool


class KeptQuery(Generic[M]):
    """Asks what `write` asks, of the default database; `write` is called once, with a sample of each value.

    Values are keys or texts, each used as it is: `filter(token=token)`, never a slice, a list or a pattern made of it.
    """

    def __init__(self, write: Callable[..., QuerySet[M]], *kinds: type[UUID] | type[str]) -> None:
        self._write = write
        self._kinds: Final = kinds
        self._written: _Written | None = None

    def __call__(self, *values: UUID | str | None) -> list[M]:
        """Return the rows for these values, one statement.

        Raises:
            TransactionManagementError: the query locks, and no transaction is open.
        """
        written = self._written or self._compile()
        if written.is_locking and connection.get_autocommit():
            raise TransactionManagementError("a query that locks outside of a transaction")
        given = [value if place is None else values[place] for place, value in written.parameters]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, given)
            rows = cursor.fetchall()
        return [self._object(written, row) for row in _converted(rows, written.converters)]

    def first(self, *values: UUID | str | None) -> M | None:
        """Return the first row, or None."""
        return next(iter(self(*values)), None)

    def _object(self, written: _Written, row: Sequence[Any]) -> M:
        made = written.model.from_db(connection.alias, written.names, row[written.begin : written.end])
        for relation in written.relations:
            relation.populate(row, made)
        return made  # type: ignore[return-value]

    def _compile(self) -> _Written:
        samples = [uuid4() if kind is UUID else uuid4().hex for kind in self._kinds]
        query = self._write(*samples).query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        klass_info, select = compiler.klass_info, compiler.select
        places = [samples.index(value) if value in samples else None for value in parameters]
        if set(places) - {None} != set(range(len(samples))):
            raise ValueError("a value of a kept query is changed on its way into the statement")
        columns = klass_info["select_fields"]
        begin, end = columns[0], columns[-1] + 1
        self._written = _Written(
            sql=sql,
            parameters=tuple(zip(places, parameters, strict=True)),
            converters=compiler.get_converters([column[0] for column in select]),
            model=klass_info["model"],
            names=[column[0].target.attname for column in select[begin:end]],
            begin=begin,
            end=end,
            relations=get_related_populators(klass_info, select, connection.alias),
            is_locking=query.select_for_update,
        )
        return self._written


def remember(row: Model, name: str, related: Iterable[Model]) -> None:
    """Let `row.<name>.all()` return what was read of it, as Django's `prefetch_related` does."""
    found = getattr(row, name).get_queryset()
    found._result_cache, found._prefetch_done = list(related), True
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found


def _converted(rows: list[tuple[Any, ...]], converters: dict[int, Any]) -> Iterable[Sequence[Any]]:
    if not converters:
        return rows
    changed = [list(row) for row in rows]
    for place, (functions, expression) in converters.items():
        for row in changed:
            for function in functions:
                row[place] = function(row[place], expression, connection)
    return changed
