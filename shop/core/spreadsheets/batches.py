"""Long lists read a batch at a time, whatever their length, by a cursor of the server.

`QuerySet.iterator()` would fetch everything at once: `DISABLE_SERVER_SIDE_CURSORS` is set, because a cursor outside a
transaction does not survive behind PgBouncer. Inside one it does, so these require a transaction.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from django.db import connection, models
from django.db.models.query import ModelIterable
from django.db.transaction import TransactionManagementError

SIZE: Final = 500
Row = TypeVar("Row", bound=models.Model)


def of_models(rows: "models.QuerySet[Row]") -> Iterator[list[Row]]:
    """Yield the rows of a query in their order, as they were when it began; without what it prefetches.

    Raises: TransactionManagementError outside a transaction.
    """
    _demand_transaction()
    found: Iterator[Row] = iter(ModelIterable(rows, chunked_fetch=True, chunk_size=SIZE))
    while batch := list(islice(found, SIZE)):
        yield batch


def of_statement(statement: str, params: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement one by one, as they were when it began.

    Raises: TransactionManagementError outside a transaction.
    """
    _demand_transaction()
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, params)
        while batch := cursor.fetchmany(SIZE):
            yield from batch


def _demand_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("A list is read in batches inside a transaction only.")
